import { FILES_PER_TRANSFER } from '../../protocol/limits.js'

/** Files that were dropped or pasted; those inside of folders too, each by itself. Reads folders no further than one transfer can hold. */
export async function droppedFiles(data: DataTransfer): Promise<readonly File[]> {
  // The list is gone after the event, so that all of it is asked for at once
  const entries = [...data.items].filter(({ kind }) => kind === 'file').map(item => item.webkitGetAsEntry())
  const plain = [...data.files]
  if (!entries.some(entry => entry?.isDirectory === true)) return plain
  const files: File[] = []
  for (const entry of entries) if (entry !== null) await collect(entry, files)
  return files
}

async function collect(entry: FileSystemEntry, files: File[]): Promise<void> {
  if (files.length > FILES_PER_TRANSFER) return
  if (isFile(entry)) {
    const file = await new Promise<File | undefined>(resolve => entry.file(resolve, () => resolve(undefined)))
    if (file !== undefined) files.push(file)
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  for (;;) {
    // A browser gives a hundred at a time, and none at the end
    const part = await new Promise<readonly FileSystemEntry[]>(resolve => reader.readEntries(resolve, () => resolve([])))
    if (part.length === 0) return
    for (const inside of part) await collect(inside, files)
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}
