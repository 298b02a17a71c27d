import type { FileSource } from '../node/index.js'

/** The same file from a disk that takes its time. @param wait milliseconds that a read of so many octets takes */
export function slowSource(file: FileSource, wait: (octets: number) => number): FileSource {
  let turn: Promise<void> = Promise.resolve()
  const read = async (position: number, length: number) => {
    turn = turn.then(() => new Promise(resolve => setTimeout(resolve, wait(length))))
    await turn
    return file.read(position, length)
  }
  const { name, type, size, path, modified, created } = file
  return {
    name,
    type,
    size,
    read,
    release: block => file.release?.(block),
    hash: options => file.hash(options),
    close: () => file.close(),
    ...(path === undefined ? {} : { path }),
    ...(modified === undefined ? {} : { modified }),
    ...(created === undefined ? {} : { created }),
  }
}
