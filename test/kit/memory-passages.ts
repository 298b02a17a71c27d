import { createHash } from 'node:crypto'
import type { PassageCommand, PassageEvent } from '../../src/focus/index.js'

interface Passage {
  readonly pieces: Uint8Array[]
  readonly limit: number
  length: number
  content: number | undefined
  settled: boolean
  finished: boolean
  readonly readers: Set<string>
  readonly waiting: Map<string, { offset: number; length: number }>
}

/** Keeps the octets of passages as the contract says, and complains about every command that breaks it. */
export class MemoryPassages {
  readonly commands: PassageCommand[] = []
  /** Octets after which the keeper is full. */
  capacity = Number.POSITIVE_INFINITY
  /** `finish` is not answered. */
  holds = false
  readonly #passages = new Map<string, Passage>()
  readonly #lost = new Set<string>()
  readonly #tell: (event: PassageEvent) => void

  constructor(tell: (event: PassageEvent) => void) {
    this.#tell = tell
  }

  get open(): string[] {
    return [...this.#passages.keys()]
  }

  names(): string[] {
    return this.commands.filter(({ name }) => name !== 'read' && name !== 'write').map(({ name, passage }) => `${name} ${passage}`)
  }

  /** Whole contents so far, wrapper included. */
  bytes(passage: string): Uint8Array {
    return Buffer.concat(this.#passages.get(passage)?.pieces ?? [])
  }

  command(command: PassageCommand): void {
    this.commands.push(command.name === 'write' ? { ...command, bytes: new Uint8Array(0) } : command)
    const { passage: id } = command
    // Commands that crossed the news of its end mean nothing
    if (this.#lost.has(id)) return
    if (command.name === 'open') {
      if (this.#passages.has(id)) throw new Error('opened twice')
      const fresh = { pieces: [], limit: command.limit, length: 0, content: undefined, settled: !command.keep, finished: false }
      this.#passages.set(id, { ...fresh, readers: new Set(), waiting: new Map() })
      return
    }
    const passage = this.#passages.get(id)
    if (passage === undefined) throw new Error(`${command.name} of a passage that is not open: ${id}`)
    if (command.name === 'write') this.#write(id, passage, command.offset, command.bytes)
    else if (command.name === 'content-at') {
      if (passage.content !== undefined || command.offset < passage.length) throw new Error('content-at comes too late')
      passage.content = command.offset
    } else if (command.name === 'finish') this.#finish(id, passage)
    else if (command.name === 'settled') passage.settled = true
    else if (command.name === 'read') this.#read(id, passage, command)
    else if (command.name === 'leave') {
      passage.waiting.delete(command.reader)
      passage.readers.delete(command.reader)
    } else this.#passages.delete(id)
  }

  /** The keeper breaks down. */
  break(id: string, cause: 'full' | 'broken' = 'broken'): void {
    if (!this.#passages.delete(id)) return
    this.#lost.add(id)
    this.#tell({ name: 'failed', passage: id, cause, detail: 'test' })
  }

  #write(id: string, passage: Passage, offset: number, bytes: Uint8Array): void {
    if (offset !== passage.length || passage.finished) throw new Error('written out of order')
    passage.pieces.push(bytes.slice())
    passage.length += bytes.length
    if (passage.length > passage.limit) throw new Error('beyond the limit that was given')
    if (passage.length > this.capacity) return this.break(id, 'full')
    for (const [reader, ask] of [...passage.waiting]) this.#answer(id, passage, reader, ask)
  }

  #finish(id: string, passage: Passage): void {
    if (passage.finished) throw new Error('finished twice')
    passage.finished = true
    const content = Buffer.concat(passage.pieces).subarray(passage.content ?? 0)
    const sha1 = new Uint8Array(createHash('sha1').update(content).digest())
    if (!this.holds) this.#tell({ name: 'finished', passage: id, size: content.length, sha1 })
  }

  #read(id: string, passage: Passage, ask: { reader: string; offset: number; length: number }): void {
    const { reader } = ask
    if (passage.waiting.has(reader)) throw new Error('two questions at once')
    if (passage.settled && !passage.readers.has(reader)) throw new Error('a reader after all were settled')
    passage.readers.add(reader)
    this.#answer(id, passage, reader, ask)
  }

  #answer(id: string, passage: Passage, reader: string, ask: { offset: number; length: number }): void {
    if (ask.offset >= passage.length) {
      passage.waiting.set(reader, ask)
      return
    }
    passage.waiting.delete(reader)
    const bytes = Buffer.concat(passage.pieces).subarray(ask.offset, ask.offset + ask.length)
    this.#tell({ name: 'octets', passage: id, reader, offset: ask.offset, bytes })
  }
}
