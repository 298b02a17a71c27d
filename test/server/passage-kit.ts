import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import type { PassageCommand, PassageEvent } from '../../src/focus/index.js'
import { PassageHost, type PassageHostOptions } from '../../src/server/passage-host.js'

/** Repeatable contents without a period that divides a block. */
export function pattern(size: number, seed = 31): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let index = 0; index < size; index++) bytes[index] = (index * seed + (index >> 8)) % 251
  return bytes
}

export function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex')
}

export function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

/** A passage host with its events by passage and reader, and a promise for whatever is still to come. */
export class PassageBench {
  readonly host: PassageHost
  readonly events: PassageEvent[] = []
  readonly got = new Map<string, Uint8Array[]>()
  /** Promises the sender's connection was told to wait for. */
  readonly holds: Promise<void>[] = []
  readonly timers: { readonly milliseconds: number; readonly callback: () => void }[] = []
  /** Called with each event, after it was noted. */
  onEvent: (event: PassageEvent) => void = () => {}
  #waiting: { readonly accept: (event: PassageEvent) => boolean; readonly resolve: (event: PassageEvent) => void }[] = []

  constructor(options: Partial<PassageHostOptions> & { readonly folder: string }) {
    this.host = new PassageHost({
      hold: until => void this.holds.push(until),
      after: (milliseconds, callback) => {
        const timer = { milliseconds, callback }
        this.timers.push(timer)
        return () => void this.timers.splice(this.timers.indexOf(timer), 1)
      },
      ...options,
      onEvent: event => this.#note(event),
    })
  }

  do(...commands: PassageCommand[]): void {
    for (const command of commands) this.host.command(command)
  }

  /** The next event of this kind, or one that came already. */
  event<Name extends PassageEvent['name']>(name: Name, passage = 'p'): Promise<PassageEvent & { name: Name }> {
    const accept = (event: PassageEvent): boolean => event.name === name && event.passage === passage
    const known = this.events.find(accept)
    if (known !== undefined) return Promise.resolve(known as PassageEvent & { name: Name })
    return new Promise(resolve => this.#waiting.push({ accept, resolve: event => resolve(event as PassageEvent & { name: Name }) }))
  }

  /** Octets a reader got. */
  count(reader: string): number {
    return (this.got.get(reader) ?? []).reduce((length, piece) => length + piece.length, 0)
  }

  octets(reader: string): Uint8Array {
    return Buffer.concat(this.got.get(reader) ?? [])
  }

  #note(event: PassageEvent): void {
    if (event.name === 'octets') {
      const pieces = this.got.get(event.reader) ?? []
      // copied at once, as a socket does
      pieces.push(event.bytes.slice())
      this.got.set(event.reader, pieces)
    } else this.events.push(event)
    this.#waiting = this.#waiting.filter(({ accept, resolve }) => {
      if (!accept(event)) return true
      resolve(event)
      return false
    })
    this.onEvent(event)
  }
}
