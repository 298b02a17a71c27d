import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src/client/index.js'
import { pipe } from '../../src/server/pipe.js'
import { SessionCount } from '../../src/server/session-count.js'
import { TokenBuckets } from '../../src/server/token-buckets.js'

const soon = () => new Promise(resolve => setTimeout(resolve, 5))

/** One end, and all that happened there. */
function listen(connection: Connection) {
  const seen = { text: '', written: 0, closed: 0 }
  connection.start({
    onBytes: bytes => (seen.text += new TextDecoder().decode(bytes)),
    onWritten: length => (seen.written += length),
    onClosed: () => seen.closed++,
  })
  return seen
}
const text = (value: string) => [new TextEncoder().encode(value)]

describe('a pipe', () => {
  it('carries octets both ways, in order, never within the call', async () => {
    const [a, b] = pipe('focus')
    expect([a.local, a.remote]).toEqual([
      { host: 'focus.invalid', port: 1 },
      { host: 'focus.invalid', port: 2 },
    ])
    expect([b.local, b.remote]).toEqual([a.remote, a.local])
    const [near, far] = [listen(a), listen(b)]
    a.write(text('one '))
    a.write([...text('two '), ...text('three')])
    b.write(text('back'))
    expect(far.text).toBe('')
    await soon()
    expect([far.text, near.text, near.written, far.written]).toEqual(['one two three', 'back', 13, 4])
  })

  it('keeps what was written before the other end listens, and says that it ends after that', async () => {
    const [a, b] = pipe('x')
    const near = listen(a)
    a.write(text('early'))
    a.end()
    a.write(text('too late'))
    await soon()
    expect(near.closed).toBe(1)
    const far = listen(b)
    await soon()
    expect(far).toEqual({ text: 'early', written: 0, closed: 1 })
    b.destroy()
    b.write(text('nobody'))
    await soon()
    expect([near.closed, far.closed]).toEqual([1, 1])
  })

  it('holds back its writer when the reader pauses', async () => {
    const [a, b] = pipe('x')
    const [near, far] = [listen(a), listen(b)]
    b.pause()
    const block = 'x'.repeat(100_000)
    for (let count = 0; count < 5; count++) a.write(text(block))
    await soon()
    expect([far.text.length, near.written]).toEqual([0, 200_000])
    b.resume()
    await soon()
    expect([far.text.length, near.written]).toEqual([500_000, 500_000])
  })

  it('ends at both ends when one is destroyed', async () => {
    const [a, b] = pipe('x')
    const [near, far] = [listen(a), listen(b)]
    b.destroy()
    await soon()
    expect([near.closed, far.closed]).toEqual([1, 1])
  })
})

describe('counting', () => {
  it('buckets fill again with time, and the longest quiet address is forgotten first', () => {
    const buckets = new TokenBuckets({ rate: 2, burst: 2 }, 2)
    expect([0, 0, 0].map(() => buckets.take('a', 1000))).toEqual([0, 0, 500])
    expect(buckets.wait('a', 1000)).toBe(500)
    expect(buckets.wait('a', 1500)).toBe(0)
    expect(buckets.wait('b', 0)).toBe(0)
    expect(buckets.take('a', 1500)).toBe(0)
    expect(buckets.take('a', 1500)).toBe(500)
    buckets.take('b', 1500)
    buckets.take('c', 1500)
    expect(buckets.take('a', 1500)).toBe(0)
  })

  it('sessions last from the answer to the BYE', () => {
    const sessions = new SessionCount()
    const finished = (id: string, status: number) => sessions.finished({ name: 'finished', id, method: 'INVITE', status })
    sessions.began('r1', 'call-1')
    sessions.began('r2', 'call-2')
    expect([sessions.count, sessions.open]).toEqual([2, 0])
    finished('r1', 200)
    finished('r2', 486)
    finished('r9', 200)
    expect([sessions.count, sessions.open]).toEqual([1, 1])
    sessions.passed({ method: 'UPDATE', callId: 'call-1' })
    sessions.passed({ method: 'BYE', callId: 'other' })
    expect(sessions.open).toBe(1)
    sessions.passed({ method: 'BYE', callId: 'call-1' })
    expect(sessions.count).toBe(0)
  })
})
