import type { FolderView, OfferedFileView, OfferView, PartyView } from '../../protocol/index.js'

/** The files that are ticked when the card opens: what can be accepted, but nothing dangerous from somebody unknown. */
export function firstChoice({ files, from }: Pick<OfferView, 'files' | 'from'>): ReadonlySet<string> {
  return new Set(files.filter(file => canAccept(file) && (!file.risky || from.known)).map(({ id }) => id))
}

export function canAccept({ unavailable }: Pick<OfferedFileView, 'unavailable'>): boolean {
  return unavailable === undefined
}

export interface ChoiceTotal {
  /** Octets of the chosen files, as far as they are known. */
  readonly bytes: number
  /** Some did not say how large they are. */
  readonly isMore: boolean
  /** Octets that stay free; negative when it does not fit; undefined when that is not known. */
  readonly freeAfter: number | undefined
}

/** What the chosen files come to. What is here already of a file takes no room any more. */
export function totalOf(files: readonly OfferedFileView[], chosen: ReadonlySet<string>, { free }: FolderView): ChoiceTotal {
  const taken = files.filter(({ id }) => chosen.has(id))
  const bytes = taken.reduce((sum, { size }) => sum + (size ?? 0), 0)
  const here = taken.reduce((sum, { resumesAt }) => sum + (resumesAt ?? 0), 0)
  return { bytes, isMore: taken.some(({ size }) => size === undefined), freeAfter: free === undefined ? undefined : free - (bytes - here) }
}

/** Somebody who says who they are, and is not trusted yet. */
export function canBeTrusted({ identity, trusted }: PartyView): boolean {
  return identity !== 'anonymous' && !trusted
}
