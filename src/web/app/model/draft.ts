import type { GroupView } from '../../protocol/index.js'
import { FILES_PER_TRANSFER } from '../../protocol/limits.js'
import { Store } from './store.js'

export type CopyControl = 'to' | 'cc' | 'bcc'

/** Somebody, or a group of the server, that files are to go to. */
export interface Recipient {
  readonly uri: string
  readonly name: string | undefined
  readonly copyControl: CopyControl
  /** Set for a group that has an address of its own. */
  readonly group?: GroupView | undefined
}

export interface DraftFile {
  readonly key: number
  readonly file: File
}

/** What is about to be sent. It is kept while one looks at other places. */
export interface Draft {
  readonly isOpen: boolean
  readonly files: readonly DraftFile[]
  readonly recipients: readonly Recipient[]
  readonly subject: string
  readonly oneByOne: boolean
  /** More files were dropped than one transfer may have; the rest was left out. */
  readonly tooMany: boolean
}

export const EMPTY_DRAFT: Draft = { isOpen: false, files: [], recipients: [], subject: '', oneByOne: false, tooMany: false }

export const draft = new Store<Draft>(EMPTY_DRAFT)

let lastKey = 0

/** Adds files to the draft and opens it; returns how many were taken. The same file a second time is left out. */
export function addFiles(files: readonly File[]): number {
  const before = draft.get()
  const known = new Set(before.files.map(({ file }) => keyOf(file)))
  const fresh = files.filter(file => {
    const key = keyOf(file)
    return !known.has(key) && known.add(key)
  })
  const room = Math.max(0, FILES_PER_TRANSFER - before.files.length)
  const taken = fresh.slice(0, room).map(file => ({ key: ++lastKey, file }))
  draft.set({ ...before, isOpen: true, files: [...before.files, ...taken], tooMany: fresh.length > room })
  return taken.length
}

function keyOf({ name, size, lastModified, webkitRelativePath }: File): string {
  return `${size}-${lastModified}-${webkitRelativePath}/${name}`
}
