import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificates } from '../../src/node/index.js'
import { makeUser, openServerDatabase, serverDatabasePath } from '../../src/server/index.js'
import { SeededRandom } from '../../src/testkit/index.js'
import { CommandLine, freePort } from '../kit/command-line.js'
import { credentialsFor, headerOf, RawSip, statusOf } from '../kit/raw-sip.js'
import { TempFolder } from '../kit/temp-folder.js'

// One server process with accounts for all of this file; each test leaves it in service
const RATE = 200
let folder: TempFolder
let server: CommandLine
let port: number
let tlsPort: number
const sockets: Socket[] = []
const peers: RawSip[] = []
const SEED = Number(process.env['CPMFT_SEED'] ?? 20_261_123)

const peer = async (transport: 'tcp' | 'udp' = 'tcp', from = '127.0.0.1'): Promise<RawSip> => {
  const made = await RawSip[transport](port, from)
  peers.push(made)
  return made
}
/** Megabytes of memory that the server has. */
const memory = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.process.pid}/status`, 'utf8'))?.[1]) / 1024

const register = (user: string, more: readonly string[] = ['Expires: 600']) => ({
  method: 'REGISTER',
  uri: 'sip:lab.test',
  from: `${user}@lab.test`,
  to: `sip:${user}@lab.test`,
  headers: more,
})

/** Somebody who has nothing to do with the load registers and calls: both are answered in so many milliseconds. */
async function expectService(milliseconds: number): Promise<void> {
  const begin = performance.now()
  const [alice, bob] = [await peer(), await peer()]
  bob.onRequest = request => bob.respond(request, '486 Busy Here')
  const registered = await Promise.all([
    alice.askAs('alice-secret', register('alice'), milliseconds),
    bob.askAs('bob-secret', register('bob'), milliseconds),
  ])
  expect(registered.map(statusOf)).toEqual([200, 200])
  const called = await alice.askAs('alice-secret', { method: 'INVITE', uri: 'sip:bob@lab.test', from: 'alice@lab.test' }, milliseconds)
  expect(statusOf(called)).toBe(486)
  expect(performance.now() - begin).toBeLessThan(milliseconds)
  alice.close()
  bob.close()
}

/** A connection that says `text` and then nothing; gives when it is closed by the other side. */
async function open(to: number, text: string): Promise<{ readonly socket: Socket; readonly closed: Promise<number> }> {
  const socket = connect(to, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => {})
  await new Promise(resolve => socket.once('connect', resolve))
  const begin = performance.now()
  socket.resume()
  socket.write(text)
  return { socket, closed: new Promise(resolve => socket.once('close', () => resolve(performance.now() - begin))) }
}

beforeAll(async () => {
  folder = new TempFolder()
  ;[port, tlsPort] = [await freePort(), await freePort()]
  const paths = await makeCertificates({ into: folder.join('certificates'), names: ['127.0.0.1'] })
  const data = folder.join('data')
  const database = await openServerDatabase(serverDatabasePath(data))
  for (const user of ['alice', 'bob', ...Array.from({ length: 200 }, (_, index) => `u${index}`)])
    await database.users.put(makeUser({ aor: `sip:${user}@lab.test`, password: `${user}-secret`, created: 0, realm: 'lab.test' }))
  await database.close()
  const listen = ['--listen', `sip:127.0.0.1:${port}`, '--listen', `sips:127.0.0.1:${tlsPort}`]
  const tls = ['--tls-cert', paths.cert, '--tls-key', paths.key]
  server = new CommandLine([
    ...['server', ...listen, ...tls, '--data', data, '--domain', 'lab.test', '--metrics', 'none', '--log-level', 'error'],
  ])
  await server.says('lab.test', 30_000)
  await expectService(20_000)
}, 60_000)
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  for (const made of peers) made.close()
  await server.stop()
  folder.remove()
}, 30_000)

describe('a server under load', { timeout: 120_000 }, () => {
  /** What the first test opened and the last one looks at. */
  const slow: Promise<number>[] = []
  const mute: Promise<number>[] = []

  it('serves others while hundreds of connections bring their headers octet by octet, or end in the middle of a TLS handshake @req SEC-12', async () => {
    const headers = await Promise.all(
      Array.from({ length: 300 }, () => open(port, 'REGISTER sip:lab.test SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1')),
    )
    for (const { socket, closed } of headers) {
      slow.push(closed)
      const drip = setInterval(() => socket.write('a'), 1000)
      void closed.then(() => clearInterval(drip))
    }
    // The first octets of a ClientHello that never ends
    const hellos = await Promise.all(Array.from({ length: 150 }, () => open(tlsPort, '\x16\x03\x01\x02\x00\x01')))
    mute.push(...hellos.map(({ closed }) => closed))
    await expectService(10_000)
  })

  it('answers a thousand registrations a second for ten seconds', async () => {
    const flows = await Promise.all(Array.from({ length: 20 }, () => peer()))
    // A nonce is good for many requests: what is measured are registrations, not challenges
    const challenges = await Promise.all(flows.map((flow, index) => flow.ask(register(`u${index}`))))
    const [seconds, wanted] = [10, 1000]
    const answered: number[] = []
    const pending: Promise<void>[] = []
    const begin = performance.now()
    for (let sent = 0; sent < seconds * wanted; ) {
      const due = Math.min(seconds * wanted, Math.floor(((performance.now() - begin) * wanted) / 1000))
      for (; sent < due; sent++) {
        const user = `u${sent % 200}`
        const flow = flows[sent % flows.length] as RawSip
        const request = register(user, [`Contact: <sip:${user}@${flow.address}>`, 'Expires: 600'])
        const credentials =
          credentialsFor(challenges[sent % flows.length] as string, request, `${user}-secret`, 1 + Math.floor(sent / flows.length)) ?? ''
        const at = performance.now()
        const asked = flow.ask({ ...request, callId: `load-${user}`, cseq: 1 + sent, headers: [...request.headers, credentials] }, 60_000)
        pending.push(
          asked.then(response => {
            if (statusOf(response) === 200) answered.push(performance.now() - at)
          }),
        )
      }
      await sleep(5)
    }
    await Promise.all(pending)
    const took = (performance.now() - begin) / 1000
    const quick = answered.filter(time => time < 500).length
    const sorted = answered.sort((a, b) => a - b)
    const [half, most] = [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0]
    process.stderr.write(
      `${seconds * wanted} registrations offered in ${seconds} s: ${answered.length} answered in ${took.toFixed(1)} s, ${quick} within 0.5 s (median ${half.toFixed(0)} ms, longest ${most.toFixed(0)} ms), ${memory().toFixed(0)} MB\n`,
    )
    // every one is answered; how soon depends on who else uses this machine
    expect(answered.length).toBe(seconds * wanted)
    expect(took).toBeLessThan(70)
    expect(memory()).toBeLessThan(500)
    await expectService(10_000)
  })

  it('serves others while random octets and broken messages come from everywhere @req SEC-11 SEC-12', async () => {
    const random = new SeededRandom(SEED)
    const integer = (below: number): number => random.integer(0, below - 1)
    const good = [
      ['INVITE', 'sip:bob@lab.test'],
      ['INVITE', 'sip:conference-factory@lab.test'],
      ['REGISTER', 'sip:lab.test'],
      ['SUBSCRIBE', 'sip:ft-abc@lab.test'],
      ['OPTIONS', 'sip:lab.test'],
      ['MESSAGE', 'sip:carol@elsewhere.example'],
    ] as const
    const words = [
      '\r\n',
      '\0',
      '"',
      '<',
      '>',
      ';',
      ',',
      '%',
      '\xff\xfe',
      '99999999999999999999',
      'a'.repeat(5000),
      'Via: ',
      'sip:',
      '@',
      '-1',
    ]
    const garbage = (from: RawSip): string => {
      if (random.chance(0.1)) return Array.from({ length: integer(2000) }, () => String.fromCharCode(integer(256))).join('')
      const [method, uri] = good[integer(good.length)] ?? good[0]
      let text = from.request({ method, uri, from: 'alice@lab.test', body: random.chance(0.3) ? 'x'.repeat(integer(3000)) : '' })
      for (let edits = 1 + integer(5); edits > 0; edits--) {
        const at = integer(text.length)
        text = text.slice(0, at) + (words[integer(words.length)] ?? '') + text.slice(at + integer(20))
      }
      return text
    }
    const before = memory()
    const end = performance.now() + 20_000
    let sent = 0
    const noise = async (transport: 'tcp' | 'udp'): Promise<void> => {
      let from = await peer(transport)
      while (performance.now() < end) {
        for (let count = 0; count < 10; count++, sent++) from.say(garbage(from))
        await sleep(25)
        // the server closes a stream that it cannot follow any more
        if (from.closed || random.chance(0.02)) {
          from.close()
          from = await peer(transport)
        }
      }
    }
    const calls = async (): Promise<number> => {
      let served = 0
      for (; performance.now() < end; served++) await expectService(10_000)
      return served
    }
    const [served] = await Promise.all([calls(), noise('tcp'), noise('tcp'), noise('udp')])
    expect(served).toBeGreaterThan(0)
    expect(sent).toBeGreaterThan(1000)
    expect(server.process.exitCode).toBe(null)
    expect(memory() - before, `seed ${SEED}`).toBeLessThan(300)
  })

  it('closed every slow connection in its time @req SEC-12', async () => {
    for (const time of await Promise.all(mute)) expect(time).toBeLessThan(25_000)
    for (const time of await Promise.all(slow)) expect(time).toBeLessThan(60_000)
    expect([mute.length, slow.length]).toEqual([150, 300])
  })
})

describe('a server that counts requests by address', { timeout: 60_000 }, () => {
  it.each(['udp', 'tcp'] as const)(
    'tells one that floods over %s to come back later, and serves the others meanwhile @req SEC-12',
    async transport => {
      const own = await freePort()
      const data = folder.join(`data-${transport}`)
      const database = await openServerDatabase(serverDatabasePath(data))
      await database.users.put(makeUser({ aor: 'sip:alice@lab.test', password: 'alice-secret', created: 0, realm: 'lab.test' }))
      await database.close()
      const place = [
        '--listen',
        `sip:127.0.0.1:${own}`,
        '--data',
        data,
        '--domain',
        'lab.test',
        '--metrics',
        'none',
        '--log-level',
        'error',
      ]
      const counting = new CommandLine(['server', ...place, '--request-rate', `${RATE}`])
      const used: RawSip[] = []
      try {
        await counting.says('lab.test', 30_000)
        const flood = await Promise.all(Array.from({ length: 4 }, () => RawSip[transport](own, '127.0.0.2')))
        const alice = await RawSip.tcp(own, '127.0.0.1')
        used.push(...flood, alice)
        const resident = (): number =>
          Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${counting.process.pid}/status`, 'utf8'))?.[1]) / 1024
        const before = resident()
        const end = performance.now() + 4000
        let sent = 0
        const storm = async (from: RawSip): Promise<void> => {
          for (; performance.now() < end; await sleep(5))
            for (let count = 0; count < 20; count++, sent++)
              from.say(from.request({ method: 'INVITE', uri: 'sip:bob@lab.test', from: 'eve@lab.test' }))
        }
        const serve = async (): Promise<number[]> => {
          const times: number[] = []
          for (let at = performance.now(); performance.now() < end; at = performance.now()) {
            const response = await alice.askAs('alice-secret', register('alice'))
            expect(statusOf(response), response).toBe(200)
            times.push(performance.now() - at)
            await sleep(50)
          }
          return times
        }
        const [times] = await Promise.all([serve(), ...flood.map(storm)])
        expect(sent).toBeGreaterThan(4 * RATE)
        expect(Math.max(...times)).toBeLessThan(5000)
        const heard = flood.flatMap(from => from.heard)
        const refused = heard.filter(text => statusOf(text) === 503)
        expect(refused.length).toBeGreaterThan(0)
        for (const text of refused.slice(0, 100)) expect(Number(headerOf(text, 'Retry-After')), text).toBeGreaterThan(0)
        // nobody without a password got further than the challenge
        for (const text of heard) expect([0, 100, 407, 503]).toContain(statusOf(text))
        expect(resident() - before).toBeLessThan(300)
      } finally {
        for (const from of used) from.close()
        await counting.stop()
      }
    },
  )
})
