import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { EventHub } from '../../src/web/event-hub.js'
import { KEPT_EVENT_OCTETS, KEPT_EVENTS, LISTENER_BACKLOG, type PageChange } from '../../src/web/protocol/index.js'
import { TraceRing } from '../../src/web/trace-ring.js'

/** A page whose reading is in our hands. */
class Page extends EventEmitter {
  text = ''
  writableLength = 0
  destroyed = false
  ended = false
  reads = true
  writeHead() {}
  write(text: string) {
    if (this.reads) this.text += text
    else this.writableLength += text.length
  }
  end() {
    this.ended = true
    this.emit('close')
  }
  destroy() {
    this.destroyed = true
    this.emit('close')
  }
  get response() {
    return this as unknown as ServerResponse
  }
  get ids() {
    return [...this.text.matchAll(/^id: (.*)$/gm)].map(match => match[1])
  }
}

const PEOPLE: PageChange = { type: 'people' }
const make = (options: { now?: () => number; ring?: TraceRing; heartbeat?: number } = {}) => {
  const ring = options.ring ?? new TraceRing()
  return new EventHub({
    epoch: 'e',
    now: options.now ?? (() => 0),
    snapshot: () => ({ v: 1 }),
    trace: (after, characters) => ring.page(after, characters),
    ...(options.heartbeat !== undefined && { heartbeat: options.heartbeat }),
  })
}
const entry = (text: string) =>
  ({
    v: 1,
    kind: 'message',
    time: 1,
    protocol: 'sip',
    direction: 'out',
    transport: 'tcp',
    party: 'a',
    local: 'a:1',
    remote: 'b:1',
    text,
    bodyLength: 0,
  }) as const

describe('the hub of events', () => {
  it('begins with the state, numbers what follows, and gives what was missed', () => {
    const hub = make()
    const page = new Page()
    hub.attach(page.response, undefined, undefined)
    for (let count = 0; count < 3; count++) hub.publish({ event: 'changes', data: [PEOPLE] })
    expect(page.text.startsWith('id: e-0\nevent: snapshot\ndata: {"v":1}\n\n')).toBe(true)
    expect(page.ids).toEqual(['e-0', 'e-1', 'e-2', 'e-3'])
    const back = new Page()
    hub.attach(back.response, 'e-1', undefined)
    expect(back.ids).toEqual(['e-2', 'e-3'])
    const current = new Page()
    hub.attach(current.response, 'e-3', undefined)
    expect(current.text).toBe(': here\n\n')
    hub.close()
    expect(current.text).toContain('event: closing')
    expect(current.ended).toBe(true)
  })

  it('keeps so many events, and so many octets of them', () => {
    const hub = make()
    for (let count = 0; count < KEPT_EVENTS + 10; count++) hub.publish({ event: 'changes', data: [PEOPLE] })
    const [late, soon] = [new Page(), new Page()]
    hub.attach(late.response, 'e-9', undefined)
    expect(late.ids).toEqual([`e-${KEPT_EVENTS + 10}`])
    hub.attach(soon.response, 'e-10', undefined)
    expect(soon.ids).toHaveLength(KEPT_EVENTS)
    const large = { type: 'folder', folder: { path: 'x'.repeat(KEPT_EVENT_OCTETS / 2), free: 1 } } as const
    for (let count = 0; count < 3; count++) hub.publish({ event: 'changes', data: [large] })
    const lost = new Page()
    hub.attach(lost.response, `e-${KEPT_EVENTS + 10}`, undefined)
    expect(lost.text).toContain('event: snapshot')
    hub.close()
  })

  it('cuts off who does not read, and nobody else', () => {
    const hub = make()
    const [sleeper, reader] = [new Page(), new Page()]
    hub.attach(sleeper.response, undefined, undefined)
    hub.attach(reader.response, undefined, undefined)
    sleeper.reads = false
    const large = { type: 'folder', folder: { path: 'x'.repeat(LISTENER_BACKLOG / 4), free: 1 } } as const
    for (let count = 0; count < 8; count++) hub.publish({ event: 'changes', data: [large] })
    expect(sleeper.destroyed).toBe(true)
    expect(sleeper.writableLength).toBeLessThan(LISTENER_BACKLOG * 1.5)
    expect(reader.destroyed).toBe(false)
    expect(reader.ids).toHaveLength(9)
    expect(hub.size).toBe(1)
    hub.close()
  })

  it('gives no more trace than a page reads, and the rest when it has', () => {
    const ring = new TraceRing()
    for (let count = 0; count < 5_000; count++) ring.add(entry('x'.repeat(1000)))
    const hub = make({ ring })
    const page = new Page()
    page.reads = false
    hub.attach(page.response, undefined, 0)
    const held = page.writableLength
    expect(held).toBeLessThan(3_000_000)
    hub.traced()
    expect(page.writableLength).toBe(held)
    page.writableLength = 0
    page.reads = true
    page.emit('drain')
    const last = [...page.text.matchAll(/"seq":(\d+)/g)].map(match => Number(match[1]))
    expect(last.at(-1)).toBe(5_000)
    expect(page.text).not.toMatch(/^id: .*\nevent: trace/m)
    hub.close()
  })

  it('says something after a silence', async () => {
    let now = 0
    const hub = make({ now: () => now, heartbeat: 30 })
    const page = new Page()
    hub.attach(page.response, undefined, undefined)
    const length = page.text.length
    now = 100
    await new Promise(resolve => setTimeout(resolve, 60))
    expect(page.text.slice(length)).toMatch(/^(:\n\n)+$/)
    hub.close()
  })
})

describe('the ring of the trace', () => {
  it('keeps the latest by number and by characters, and says where it begins', () => {
    const ring = new TraceRing({ entries: 100, text: 1e9 })
    expect(ring.page(0)).toEqual({ entries: [], last: 0, oldest: 1 })
    for (let count = 0; count < 5_000; count++) ring.add(entry('x'))
    expect(ring.page(0)).toMatchObject({ oldest: 4_901, last: 5_000 })
    expect(ring.page(4_990).entries.map(({ seq }) => seq)).toEqual([4_991, 4_992, 4_993, 4_994, 4_995, 4_996, 4_997, 4_998, 4_999, 5_000])
    expect(ring.page(5_000)).toEqual({ entries: [], last: 5_000, oldest: 4_901 })
    expect(ring.page(9_999).entries).toEqual([])
    const short = new TraceRing({ entries: 1e9, text: 3_000 })
    for (let count = 0; count < 50; count++) short.add(entry('y'.repeat(1_000)))
    expect(short.page(0).entries.length).toBeLessThan(4)
    short.add(entry('z'.repeat(10_000)))
    expect(short.page(0).entries).toHaveLength(1)
    short.clear()
    short.add(entry('anew'))
    expect(short.page(0).entries.map(({ seq }) => seq)).toEqual([52])
  })

  it('shows no credentials @req SEC-9', () => {
    const ring = new TraceRing()
    ring.add(entry('REGISTER sip:a SIP/2.0\r\nAuthorization: Digest username="a", response="5ecret"\r\n\r\n'))
    expect(ring.page(0).entries[0]?.line).not.toContain('5ecret')
  })
})
