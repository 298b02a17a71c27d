import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../src/testkit/seeded-random.js'
import type { OutgoingFile } from '../../src/cpm/index.js'
import type { FileRange } from '../../src/sdp/index.js'
import { type End, response, SessionPair } from '../kit/session-pair.js'

const OVER = new Set(['declined', 'completed', 'failed', 'aborted', 'closed'])

/** Two ends, and a long row of things that users, peers and networks do to them. */
class Model {
  readonly pair: SessionPair
  readonly log: string[] = []
  readonly #random: SeededRandom
  #files = 0
  #lossy = false

  /** `plain`: pushes of whole files only; else also pulls, parts of files, pauses, slots, and addresses that are forbidden. */
  constructor(
    seed: number,
    readonly plain = false,
  ) {
    this.#random = new SeededRandom(seed)
    const releaseTimer = this.#below(3) === 0 ? 0 : 30_000
    const more = plain ? {} : { reuseSlots: this.#below(2) === 0, strictRange: this.#below(4) === 0 }
    this.pair = new SessionPair({ chunkSize: 4096, alice: { successReport: this.#below(4) !== 0, releaseTimer, ...more }, bob: more })
    const { alice, bob } = this.pair
    for (const end of [alice, bob]) {
      end.choose = event => {
        if (this.#below(8) !== 0) return event.files.filter(() => this.#below(4) !== 0).map(file => file.fileId)
        // Nobody answers: for a new session its ring time ends that, inside a dialog the SIP user agent does
        if (!event.first) this.pair.later(() => this.#unanswered(end))
        return undefined
      }
      end.judge = () => (['saved', 'saved', 'saved', 'hash-mismatch'] as const)[this.#below(4)]
    }
    this.pair.carry = () => !this.#lossy || this.#below(5) !== 0
    this.send()
  }

  #below(limit: number): number {
    const [a = 0, b = 0] = this.#random.bytes(2)
    return (a * 256 + b) % limit
  }

  #unanswered(end: End): void {
    this.pair.event(end, { name: 'offer-withdrawn', id: end.name })
    this.pair.event(this.pair.other(end), { name: 'refused', id: this.pair.other(end).name, status: 480, response: response(480) })
  }

  send(): void {
    const { pair } = this
    const count = 1 + this.#below(3)
    const end = this.#end()
    const files = Array.from({ length: count }, () => this.#file(end))
    this.log.push(`send ${count} by ${end.name}`)
    if (this.#mayBegin(end)) pair.send(end, files)
  }

  /** The called end adds files to a running session only. */
  #end(): End {
    return this.plain || this.pair.alice.session.state === 'idle' || this.#below(4) !== 0 ? this.pair.alice : this.pair.bob
  }

  #mayBegin({ name, session }: End): boolean {
    if (name === 'alice') return session.state === 'idle' || session.joinable
    return session.state === 'established' || session.state === 'releasing'
  }

  #file(end: End): OutgoingFile {
    const file = end.file(`${this.#files++}`, new Uint8Array(this.#below(20_000)))
    const size = file.selector.size ?? 0
    if (this.plain || size === 0 || this.#below(3) !== 0) return file
    return { ...file, range: this.#range(size) }
  }

  #range(size: number): FileRange {
    const start = 1 + this.#below(size)
    return { start, stop: this.#below(2) === 0 ? undefined : start + this.#below(size - start + 1) }
  }

  /** Files that the other end shares, or does not. */
  get(): void {
    const end = this.#end()
    const other = this.pair.other(end)
    if (!this.#mayBegin(end)) return
    const files = Array.from({ length: 1 + this.#below(3) }, () => {
      const size = 1 + this.#below(20_000)
      const file = other.file(`${this.#files++}`, new Uint8Array(size))
      if (this.#below(4) !== 0) other.shared.push(file)
      const range = this.#below(3) === 0 ? { range: this.#range(size + this.#below(10)) } : {}
      return {
        fileId: `wanted-${file.fileId}`,
        selector: { ...(file.selector.name && { name: file.selector.name }), hashes: [] },
        ...range,
      }
    })
    this.log.push(`get ${files.length} by ${end.name}`)
    this.pair.command(end, { name: 'get', files })
  }

  hold(end: End): void {
    const fileId = this.#anyFile(end)
    if (fileId !== undefined) this.pair.command(end, { name: this.#below(3) === 0 ? 'continue' : 'pause', fileId })
  }

  #anyFile(end: End): string | undefined {
    const ids = [...new Set(end.events.flatMap(event => (event.type === 'file' ? [event.fileId] : [])))]
    return ids[this.#below(Math.max(ids.length, 1))]
  }

  act(): void {
    const { pair } = this
    const end = this.#below(2) === 0 ? pair.alice : pair.bob
    const choice = this.#below(this.plain ? 14 : 22)
    this.log.push(`${choice} by ${end.name}`)
    if (choice < 3) this.send()
    else if (choice < 7) this.wait(this.#below(4) === 0 ? this.#below(60_000) : this.#below(200))
    else if (choice < 10) this.abort(end)
    else if (choice === 10) pair.cut()
    else if (choice === 11) this.#lossy = !this.#lossy
    else if (choice === 12) end.give = !end.give
    else if (choice === 13 && this.#below(4) === 0) pair.step(end, { type: 'command', command: { name: 'close' } })
    else if (choice > 13 && choice < 17) this.get()
    else if (choice > 16) this.hold(end)
  }

  wait(milliseconds: number): void {
    this.pair.run(milliseconds)
  }

  abort(end: End): void {
    const fileId = this.#anyFile(end)
    if (fileId === undefined) return
    const command = this.#below(3) === 0 ? { outcome: { code: 'file-changed' } as const } : {}
    this.pair.step(end, { type: 'command', command: { name: 'abort', fileId, ...command } })
  }

  /** Nothing more happens from outside; only clocks and the other end. Files that nobody reads or judges are the host's to end. */
  settle(): void {
    this.#lossy = false
    for (const end of [this.pair.alice, this.pair.bob]) {
      end.choose = () => []
      end.serve = () => []
      for (const event of end.events)
        if (event.type === 'file' && !OVER.has(end.states(event.fileId).at(-1) ?? ''))
          this.pair.step(end, { type: 'command', command: { name: 'abort', fileId: event.fileId } })
    }
    this.pair.run(1_200_000)
  }
}

describe('random events at both ends', () => {
  it.each([
    ['pushes', true, 60],
    ['pulls, parts of files, pauses and slots beside them', false, 60],
  ] as const)(
    'leave no stuck state with %s: every session ends terminated, every file is over and told once @req SND-1 SND-12 CR-12 CR-13',
    (_, plain, seeds) => {
      const reached = new Set<string>()
      for (let seed = 1; seed <= seeds; seed++) {
        const model = new Model(seed, plain)
        for (let count = 0; count < 25; count++) model.act()
        model.settle()
        for (const end of [model.pair.alice, model.pair.bob]) {
          const hint = `seed ${seed} ${end.name}: ${model.log.join(', ')}`
          expect(end.session.state, hint).toBe('terminated')
          expect(end.events.filter(event => event.type === 'ended').length, hint).toBe(1)
          expect(end.session.deadline, hint).toBeUndefined()
          for (const { type } of end.events) reached.add(`${end.name} ${type}`)
          for (const fileId of new Set(end.events.flatMap(event => (event.type === 'file' ? [event.fileId] : [])))) {
            const states = end.states(fileId)
            states.forEach(state => reached.add(`${end.name} ${state}`))
            expect(OVER.has(states.at(-1) ?? ''), `${hint} ${fileId} ${states.join(' ')}`).toBe(true)
            expect(states.filter(state => OVER.has(state)).length, `${hint} ${fileId} ${states.join(' ')}`).toBe(1)
          }
        }
      }
      for (const state of [
        'alice completed',
        'alice failed',
        'alice aborted',
        'alice declined',
        'bob completed',
        'bob failed',
        'bob aborted',
        'bob declined',
      ])
        expect(reached).toContain(state)
    },
  )

  it('never let a received file be called complete with other octets than were sent @req OA-46', () => {
    for (let seed = 1000; seed < 1030; seed++) {
      const model = new Model(seed, true)
      const { alice, bob } = model.pair
      bob.judge = () => 'saved'
      for (let count = 0; count < 15; count++) model.act()
      model.settle()
      const sent = [...alice.contents.values()].map(content => `${content.length}`)
      for (const event of bob.events)
        if (event.type === 'file' && event.state === 'completed') expect(sent).toContain(`${bob.received.get(event.fileId)?.length ?? 0}`)
    }
  })
})
