import { afterEach, describe, expect, it, vi } from 'vitest'
import { Driver } from '../../src/client/driver.js'
import { FAULTS_FORGIVEN } from '../../src/client/limits.js'
import { CpmSession } from '../../src/cpm/index.js'
import { Endpoint } from '../../src/msrp/index.js'
import { UserAgent } from '../../src/sip/index.js'
import { virtualHost, VirtualNetwork } from '../../src/testkit/index.js'
import { LocalProtocolError } from '../../src/wire/index.js'
import { VirtualPair } from '../kit/virtual-pair.js'

type Machine = { prototype: { step(input: { readonly type: string }, now: number): unknown[] } }

/** Lets a machine throw, once, at the first input that `at` picks. */
function breakOnce(machine: Machine, at: (input: { readonly type: string }) => boolean): { thrown: boolean } {
  const step = Reflect.get(machine.prototype, 'step') as (this: unknown, input: unknown, now: number) => unknown[]
  const result = { thrown: false }
  vi.spyOn(machine.prototype, 'step').mockImplementation(function (this: unknown, input, now) {
    if (!result.thrown && at(input)) {
      result.thrown = true
      throw new TypeError('boom')
    }
    return step.call(this, input, now)
  })
  return result
}

const BIG = new Uint8Array(300_000)
let pair: VirtualPair

async function world(): Promise<{ traced: string[] }> {
  pair = await new VirtualPair(1).start({ alice: { releaseTimer: 0, chunkSize: 2048 }, transport: 'tcp' })
  pair.serve()
  const traced: string[] = []
  for (const client of [pair.alice, pair.bob])
    void (async () => {
      for await (const entry of client.trace()) if (entry.kind === 'state') traced.push(entry.state)
    })()
  return { traced }
}
const send = async (name: string) => (await pair.network.until(pair.alice.send(pair.bobUri, pair.file(name, BIG)).done, 300_000)).files[0]

describe('a machine that throws', () => {
  afterEach(async () => {
    vi.restoreAllMocks()
    await pair.close()
    await pair.network.run(100)
    expect(pair.network.openResources()).toEqual([])
  })

  it('ends its session and no other, and says so as an internal error with a line in the trace', async () => {
    const { traced } = await world()
    const broken = breakOnce(CpmSession, input => input.type === 'need-data')
    const file = await send('a.bin')
    expect([broken.thrown, file?.state, file?.error?.code, file?.error?.detail]).toEqual([true, 'failed', 'internal', 'boom'])
    expect(file?.id).not.toBe('')
    expect(traced).toContain('internal: TypeError: boom')
    // the receiver heard a BYE
    expect((await pair.network.until(pair.received[0]?.done as Promise<unknown>, 60_000)) !== undefined).toBe(true)
    expect(pair.received[0]?.files[0]?.state).toBe('failed')
    expect((await send('b.bin'))?.state).toBe('done')
  })

  it('of MSRP costs the connection that it happened on', async () => {
    const { traced } = await world()
    const broken = breakOnce(Endpoint, input => input.type === 'bytes')
    const file = await send('a.bin')
    expect([broken.thrown, file?.state, file?.error?.code]).toEqual([true, 'failed', 'connection-lost'])
    expect(traced).toContain('internal: TypeError: boom')
    expect((await send('b.bin'))?.state).toBe('done')
  })

  it('of SIP costs the connection that it happened on', async () => {
    const { traced } = await world()
    const broken = breakOnce(UserAgent, input => input.type === 'bytes')
    const file = await send('a.bin')
    expect([broken.thrown, file?.state]).toEqual([true, 'failed'])
    expect(traced).toContain('internal: TypeError: boom')
    expect((await send('b.bin'))?.state).toBe('done')
  })

  it.each([Endpoint, UserAgent])('at a timer only misses it', async machine => {
    const { traced } = await world()
    const broken = breakOnce(machine, input => input.type === 'timeout')
    await send('a.bin')
    await pair.network.run(200_000)
    expect([broken.thrown, traced.includes('internal: TypeError: boom')]).toEqual([true, true])
    expect((await send('b.bin'))?.state).toBe('done')
  })
})

describe('a driver', () => {
  const driver = (onFault?: (error: unknown, input: string) => boolean) => {
    const machine = {
      deadline: undefined,
      step: (input: string) => {
        if (input.startsWith('bad')) throw new LocalProtocolError('x', input)
        return [input]
      },
    }
    const handled: string[] = []
    const host = virtualHost(new VirtualNetwork(1), '192.0.2.10')
    const options = onFault === undefined ? {} : { onFault }
    return { handled, driver: new Driver(machine, host, 'timeout', (output: string) => void handled.push(output), options) }
  }

  it('goes on after a fault that somebody dealt with, and throws any other', () => {
    const { handled, driver: some } = driver((_, input) => input === 'bad')
    some.push('bad')
    some.push('good')
    expect(() => some.push('bad command')).toThrow(LocalProtocolError)
    some.push('better')
    expect(handled).toEqual(['good', 'better'])
    expect(() => driver().driver.push('bad')).toThrow(LocalProtocolError)
  })

  it('throws when faults do not end', () => {
    const { driver: some } = driver(() => true)
    for (let fault = 0; fault < FAULTS_FORGIVEN; fault++) some.push('bad')
    expect(() => some.push('bad')).toThrow(LocalProtocolError)
  })
})
