import { fstat } from 'node:fs'
import { promisify } from 'node:util'
import { closeFile, readFully } from '../node/index.js'
import { decodeNote, type DepositNote } from './deposit-note.js'
import type { DepositSpool } from './deposit-spool.js'
import { DEPOSIT_NOTE, SPOOL_BLOCK } from './limits.js'

const statOf = promisify(fstat)

/** A kept message that is being delivered. Reads follow each other. */
export class DepositReader {
  readonly note: DepositNote
  readonly #fd: number
  readonly #octets: number
  #turn: Promise<unknown> = Promise.resolve()
  #closed: Promise<void> | undefined

  /** @param octets of the message. Rejects when the file is not there or damaged. */
  static async open(spool: DepositSpool, name: string, octets: number): Promise<DepositReader> {
    const fd = await spool.open(name)
    try {
      const length = (await statOf(fd)).size - octets
      if (length <= 0 || length > DEPOSIT_NOTE) throw new Error('The spool file is damaged.')
      const note = new Uint8Array(length)
      if ((await readFully(fd, note, octets)) < length) throw new Error('The spool file became shorter.')
      return new DepositReader(fd, octets, decodeNote(note))
    } catch (error) {
      await closeFile(fd).catch(() => undefined)
      throw error
    }
  }

  private constructor(fd: number, octets: number, note: DepositNote) {
    this.#fd = fd
    this.#octets = octets
    this.note = note
  }

  /** Gives the octets of the message from `position` on in blocks, in order. Rejects with the system's error. */
  read(position: number, length: number, give: (position: number, bytes: Uint8Array) => void): Promise<void> {
    const reading = this.#turn.then(async () => {
      const end = Math.min(position + length, this.#octets)
      for (let at = position; at < end && this.#closed === undefined; ) {
        // the transport keeps the view until it is written
        const view = new Uint8Array(Math.min(SPOOL_BLOCK, end - at))
        if ((await readFully(this.#fd, view, at)) < view.length) throw new Error('The spool file became shorter.')
        if (this.#closed === undefined) give(at, view)
        at += view.length
      }
    })
    this.#turn = reading.catch(() => undefined)
    return reading
  }

  close(): Promise<void> {
    this.#closed ??= this.#turn.then(() => closeFile(this.#fd)).catch(() => undefined)
    return this.#closed
  }
}
