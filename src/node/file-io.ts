import { close, fsync, ftruncate, open, read, readSync, write, writeSync, writev, writevSync } from 'node:fs'

/** Descriptors are plain numbers here: worker threads use them too. Rejects with the system's error. */
export function openFile(path: string, flags: number, mode?: number): Promise<number> {
  return new Promise((resolve, reject) => open(path, flags, mode, (error, fd) => (error ? reject(error) : resolve(fd))))
}

export function closeFile(fd: number): Promise<void> {
  return new Promise((resolve, reject) => close(fd, error => (error ? reject(error) : resolve())))
}

export function syncFile(fd: number): Promise<void> {
  return new Promise((resolve, reject) => fsync(fd, error => (error ? reject(error) : resolve())))
}

export function truncateFile(fd: number, length: number): Promise<void> {
  return new Promise((resolve, reject) => ftruncate(fd, length, error => (error ? reject(error) : resolve())))
}

/** Fills `view` from `position` on and gives its length, or less at the end of the file. */
export function readFully(fd: number, view: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let done = 0
    const next = (): void => {
      read(fd, view, done, view.length - done, position + done, (error, length) => {
        if (error) return reject(error)
        done += length
        if (length === 0 || done === view.length) resolve(done)
        else next()
      })
    }
    if (view.length === 0) resolve(0)
    else next()
  })
}

/** The same on this thread. Throws the system's error. */
export function readNow(fd: number, view: Uint8Array, position: number): number {
  let done = 0
  while (done < view.length) {
    const length = readSync(fd, view, done, view.length - done, position + done)
    if (length === 0) break
    done += length
  }
  return done
}

/** Writes all of `view` from `position` on, on this thread. Throws the system's error. */
export function writeNow(fd: number, view: Uint8Array, position: number): void {
  for (let done = 0; done < view.length; ) done += writeSync(fd, view, done, view.length - done, position + done)
}

/** The same with `views` that follow each other. Throws the system's error. */
export function writeAllNow(fd: number, views: readonly Uint8Array[], position: number): void {
  let at = position
  for (let left = views; left.length > 0; ) {
    const length = writevSync(fd, left, at)
    at += length
    left = without(left, length)
  }
}

/** Writes all of `views`, one behind the other, from `position` on. */
export function writeFully(fd: number, views: readonly Uint8Array[], position: number, done: (error: Error | null) => void): void {
  let left = views
  let at = position
  const next = (): void => {
    const [first] = left
    if (first === undefined) return done(null)
    if (left.length === 1) write(fd, first, 0, first.length, at, written)
    else writev(fd, left, at, written)
  }
  const written = (error: Error | null, length: number): void => {
    if (error) return done(error)
    at += length
    left = without(left, length)
    next()
  }
  next()
}

/** What is left of `views` without their first `length` octets. */
function without(views: readonly Uint8Array[], length: number): readonly Uint8Array[] {
  let skipped = length
  for (const [index, view] of views.entries()) {
    if (skipped < view.length) return [view.subarray(skipped), ...views.slice(index + 1)]
    skipped -= view.length
  }
  return []
}
