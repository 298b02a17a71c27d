import { type DragEvent, useState } from 'react'
import { formatSize } from '../../../../trace/index.js'
import { strings } from '../../strings.js'
import type { WireStore } from './wire-store.js'

const words = strings.wire.file

/** Octets of a recording that is opened: about a million messages. */
const LARGEST_RECORDING = 512 * 1024 * 1024

interface OpenedFileTools {
  readonly problem: string | undefined
  readonly isOver: boolean
  readonly open: (file: File | null) => void
  readonly dismiss: () => void
  /** For the element that takes dropped recordings. */
  readonly dropTarget: {
    readonly onDragEnter: (event: DragEvent) => void
    readonly onDragOver: (event: DragEvent) => void
    readonly onDragLeave: (event: DragEvent) => void
    readonly onDrop: (event: DragEvent) => void
  }
}

/** Opens recordings that are picked or dropped. Elsewhere on the page a dropped file is one to send; here it is one to read. */
export function useOpenedFile(store: WireStore): OpenedFileTools {
  const [problem, setProblem] = useState<string>()
  const [depth, setDepth] = useState(0)
  const read = async (file: File): Promise<string | undefined> => {
    if (file.size > LARGEST_RECORDING) return words.tooLarge(file.name, formatSize(LARGEST_RECORDING))
    try {
      return store.open(file.name, await file.text()) ? undefined : words.nothing(file.name)
    } catch {
      return words.unreadable(file.name)
    }
  }
  const open = (file: File | null): void => {
    if (file !== null) void read(file).then(setProblem)
  }
  const ours = (event: DragEvent, change: (depth: number) => number): void => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    event.stopPropagation()
    setDepth(change)
  }
  return {
    problem,
    isOver: depth > 0,
    open,
    dismiss: () => setProblem(undefined),
    dropTarget: {
      onDragEnter: event => ours(event, before => before + 1),
      onDragOver: event => ours(event, before => before),
      onDragLeave: event => ours(event, before => before - 1),
      onDrop: event => {
        ours(event, () => 0)
        open(event.dataTransfer.files[0] ?? null)
      },
    },
  }
}
