import { close, fsync, ftruncate, open, read, write } from 'node:fs'

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

/** Writes all of `view` at `position`. */
export function writeFully(fd: number, view: Uint8Array, position: number, done: (error: Error | null) => void): void {
  let from = 0
  const next = (): void => {
    write(fd, view, from, view.length - from, position + from, (error, length) => {
      if (error) return done(error)
      from += length
      if (from === view.length) done(null)
      else next()
    })
  }
  next()
}
