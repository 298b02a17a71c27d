import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Connection, LiveConnection, retryDelay, SILENCE } from '../../src/web/app/model/live-connection.js'
import type { PageEvent } from '../../src/web/protocol/index.js'

interface Asked {
  readonly url: string
  readonly headers: Record<string, string>
  readonly signal: AbortSignal
  say(text: string): void
  end(): void
}

const asked: Asked[] = []
let status = 200

beforeEach(() => {
  vi.useFakeTimers()
  asked.length = 0
  status = 200
  vi.stubGlobal('sessionStorage', { getItem: () => 'secret', setItem: () => undefined })
  vi.stubGlobal('location', { hash: '', pathname: '/', search: '' })
  vi.stubGlobal('fetch', async (url: string, { headers, signal }: { headers: Record<string, string>; signal: AbortSignal }) => {
    if (status === 0) throw new TypeError('refused')
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    signal.addEventListener('abort', () => void writer.abort(signal.reason).catch(() => undefined))
    asked.push({ url, headers, signal, say: text => void writer.write(new TextEncoder().encode(text)), end: () => void writer.close() })
    return new Response(readable, { status })
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function begin(): { readonly live: LiveConnection; readonly events: PageEvent[]; readonly states: Connection['state'][] } {
  const events: PageEvent[] = []
  const states: Connection['state'][] = []
  const live = new LiveConnection({ event: event => events.push(event), connection: ({ state }) => states.push(state) })
  live.connect()
  return { live, events, states }
}

const soon = (milliseconds = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds)

describe('LiveConnection', () => {
  it('comes back where it was after a break', async () => {
    const { live, events, states } = begin()
    await soon()
    expect(asked[0]).toMatchObject({ url: '/api/events', headers: { authorization: 'Bearer secret' } })
    expect(asked[0]?.headers['last-event-id']).toBeUndefined()
    asked[0]?.say('id: 4f2a-17\nevent: changes\ndata: [{"type":"people"}]\n\n')
    await soon()
    expect(events).toEqual([{ event: 'changes', data: [{ type: 'people' }] }])
    asked[0]?.end()
    await soon()
    expect(states).toEqual(['connecting', 'live', 'offline'])
    await soon(retryDelay(1))
    expect(asked[1]?.headers['last-event-id']).toBe('4f2a-17')
    expect(states.at(-1)).toBe('live')
    live.close()
  })

  it('waits longer each time, and not for ever', async () => {
    const { live, states } = begin()
    await soon()
    status = 0
    asked[0]?.end()
    await soon(120_000)
    expect(new Set(states)).toEqual(new Set(['connecting', 'live', 'offline']))
    expect([1, 2, 3, 20].map(retryDelay)).toEqual([500, 1000, 2000, 15_000])
    status = 200
    await soon(15_000)
    expect(states.at(-1)).toBe('live')
    live.close()
  })

  it('gives up a connection that has gone silent', async () => {
    const { live, states } = begin()
    await soon(SILENCE - 1000)
    asked[0]?.say(': still here\n')
    await soon(SILENCE - 1000)
    expect(states.at(-1)).toBe('live')
    await soon(2000)
    expect(asked[0]?.signal.aborted).toBe(true)
    expect(states).toContain('offline')
    live.close()
  })

  it('does not try a server again that does not know the token', async () => {
    status = 401
    const { states } = begin()
    await soon(60_000)
    expect(states).toEqual(['connecting', 'unauthorized'])
    expect(asked).toHaveLength(1)
  })

  it('says that the server closed in good order', async () => {
    const { live, states } = begin()
    await soon()
    asked[0]?.say('event: closing\ndata: {}\n\n')
    asked[0]?.end()
    await soon()
    expect(states.at(-1)).toBe('closed')
    live.close()
  })

  it('asks for the trace while somebody looks, and goes on after its last entry', async () => {
    const { live } = begin()
    await soon()
    live.trace(0)
    await soon()
    expect(asked[1]?.url).toBe('/api/events?trace=0')
    asked[1]?.say('event: trace\ndata: {"entries":[],"last":41,"oldest":1}\n\n')
    await soon()
    asked[1]?.end()
    await soon(retryDelay(1))
    expect(asked[2]?.url).toBe('/api/events?trace=41')
    live.trace(undefined)
    await soon()
    expect(asked[3]?.url).toBe('/api/events')
    live.close()
  })
})
