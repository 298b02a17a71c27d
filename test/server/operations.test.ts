import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeCertificates } from '../../src/node/index.js'
import {
  checkServer,
  loadServerConfig,
  parseListenAddress,
  pinoLog,
  type ServerLog,
  type ServerOptions,
  startServer,
} from '../../src/server/index.js'
import { freePort } from '../kit/command-line.js'
import { sameOctets, ServerWorld, takeNext } from '../kit/server-world.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cpmft-operations-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const METRICS = { metrics: { host: '127.0.0.1', port: 0 } }
const get = async (world: ServerWorld, path: string, init: RequestInit = {}) => {
  const response = await fetch(`${world.server.metrics}${path}`, init)
  return { status: response.status, text: await response.text() }
}

describe('watching a server', () => {
  it('counts what happened', async () => {
    await using world = await ServerWorld.start(METRICS)
    const bob = await world.client('bob')
    const alice = await world.client('alice')
    const taken = takeNext(bob)
    await alice.send(world.aor('bob'), await world.file('a.bin', 10_000)).done
    await taken
    const { status, text } = await get(world, '/metrics')
    expect(status).toBe(200)
    for (const line of [
      'cpmft_sip_requests_total{method="REGISTER"} 2',
      'cpmft_sip_responses_total{method="REGISTER",class="2xx"} 2',
      'cpmft_sip_responses_total{method="INVITE",class="2xx"}',
      'cpmft_registrations_total{outcome="registered"} 2',
      'cpmft_bindings 2',
      'cpmft_sip_sessions 1',
      'nodejs_eventloop_lag_seconds',
    ])
      expect(text).toContain(line)
    expect(text).not.toContain('alice')
  })

  it('answers only what it has, and only to GET', async () => {
    await using world = await ServerWorld.start(METRICS)
    expect(await get(world, '/healthz')).toEqual({ status: 200, text: 'ready\n' })
    expect((await get(world, '/healthz?x=y', { method: 'HEAD' })).status).toBe(200)
    expect((await get(world, '/')).status).toBe(404)
    expect((await get(world, '/metrics', { method: 'POST' })).status).toBe(405)
  })

  it('drains: no new sessions, and an end once the running ones have ended', async () => {
    await using world = await ServerWorld.start(METRICS)
    const bob = await world.client('bob')
    const alice = await world.client('alice', { releaseTimer: 1 })
    const path = await world.file('a.bin', 10_000)
    const taken = takeNext(bob)
    await alice.send(world.aor('bob'), path).done
    await taken
    let drained = false
    const draining = world.server.drain(20_000).then(() => (drained = true))
    expect(await get(world, '/healthz')).toEqual({ status: 503, text: 'draining\n' })
    expect(drained).toBe(false)
    const carol = await world.client('carol')
    // which waits as long as it is told and asks again
    const waiting = carol.send(world.aor('bob'), path)
    while (!(await get(world, '/metrics')).text.includes('cpmft_refused_total{reason="draining"} 1'))
      await new Promise(resolve => setTimeout(resolve, 20))
    waiting.abort()
    await draining
    expect(drained).toBe(true)
  })

  it('waits no longer than told, and closes twice without harm', async () => {
    await using world = await ServerWorld.start()
    const bob = await world.client('bob')
    const alice = await world.client('alice', { releaseTimer: 60 })
    const taken = takeNext(bob)
    await alice.send(world.aor('bob'), await world.file('a.bin', 10_000)).done
    await taken
    const before = performance.now()
    await world.server.drain(300)
    expect(performance.now() - before).toBeGreaterThan(290)
    await Promise.all([world.server.close(), world.server.close()])
  })

  it('logs events without passwords, contents and paths @req SEC-9', async () => {
    const lines: string[] = []
    const log = pinoLog({ level: 'debug', stream: { write: text => lines.push(text) }, forPeople: false })
    {
      await using world = await ServerWorld.start({ openRegistration: false, log })
      await world.addUser('alice')
      await world.client('alice')
    }
    const all = lines.join('')
    expect(lines.map(line => (JSON.parse(line) as { msg: string }).msg)).toEqual(
      expect.arrayContaining(['server started', 'registration', 'server ended']),
    )
    for (const secret of ['alice-secret', tmpdir(), 'nonce']) expect(all).not.toContain(secret)
  })

  it('logs short lines on a terminal', () => {
    const lines: string[] = []
    const log: ServerLog = pinoLog({ level: 'warn', stream: { write: text => lines.push(text) }, forPeople: true })
    log.info({}, 'unheard')
    log.warn({ remote: '192.0.2.7', count: 3 }, 'wrong credentials')
    expect(lines).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d warn {2}wrong credentials {2}remote=192\.0\.2\.7 {2}count=3\n$/)])
  })
})

describe('protecting a server', () => {
  it('a client behind its own connection is reached over it alone, and not once that is gone', async () => {
    await using world = await ServerWorld.start({ ...METRICS, storeAndForward: false })
    const bob = await world.client('bob')
    expect((await get(world, '/metrics')).text).toContain('cpmft_bindings 1')
    const alice = await world.client('alice')
    await bob.close()
    const report = await alice.send(world.aor('bob'), await world.file('a.bin', 100)).done
    expect(report.files[0]?.error?.status).toBe(480)
    expect((await get(world, '/metrics')).text).toContain('cpmft_bindings 1')
  })

  it('a flood of requests gets 503 with Retry-After @req SEC-12', async () => {
    await using world = await ServerWorld.start({ ...METRICS, limits: { requests: { rate: 5, burst: 20 } } })
    const { host, port } = world.server.addresses[0] ?? { host: '', port: 0 }
    const socket = createConnection({ host, port })
    let heard = ''
    socket.on('data', data => (heard += data.toString('latin1')))
    const request = (index: number) =>
      [
        `OPTIONS sip:${world.server.domain} SIP/2.0`,
        `Via: SIP/2.0/TCP 127.0.0.1:5;branch=z9hG4bKflood${index}`,
        `From: <sip:x@evil.example>;tag=${index}`,
        `To: <sip:${world.server.domain}>`,
        `Call-ID: flood-${index}`,
        'CSeq: 1 OPTIONS',
        'Max-Forwards: 70',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n')
    socket.write(Array.from({ length: 200 }, (_, index) => request(index)).join(''))
    const count = (what: string) => heard.split(what).length - 1
    while (count('SIP/2.0 ') < 200) await new Promise(resolve => setTimeout(resolve, 20))
    socket.destroy()
    expect(count('SIP/2.0 200')).toBeGreaterThanOrEqual(20)
    expect(count('SIP/2.0 200')).toBeLessThan(40)
    expect(count('SIP/2.0 503')).toBe(200 - count('SIP/2.0 200'))
    expect(count('Retry-After: ')).toBe(count('SIP/2.0 503'))
    expect((await get(world, '/metrics')).text).toContain(`cpmft_refused_total{reason="rate"} ${count('SIP/2.0 503')}`)
  })

  it('TLS and WebSocket clients call each other @req SIP-5 WS-1', async () => {
    const paths = await makeCertificates({ into: folder, names: ['127.0.0.1'] })
    const tls = { cert: await readFile(paths.cert), key: await readFile(paths.key), ca: await readFile(paths.ca) }
    await using world = await ServerWorld.start({ listen: ['sips:127.0.0.1:*', 'sip:127.0.0.1:*;transport=ws', 'sip:127.0.0.1:*'], tls })
    const bob = await world.client('bob', { proxy: world.proxy('ws') })
    const alice = await world.client('alice', {
      proxy: world.proxy('tls').replace(/^sips?:([^;]+).*$/, 'sip:$1;transport=tls'),
      tls: { ca: tls.ca },
    })
    const path = await world.file('a.bin', 20_000)
    const taken = takeNext(bob)
    expect((await alice.send(world.aor('bob'), path).done).ok).toBe(true)
    expect(await sameOctets((await taken).files[0]?.path, path)).toBe(true)
  })
})

describe('starting a server', () => {
  it('keeps its secret for itself', async () => {
    const options: ServerOptions = { listen: ['sip:127.0.0.1:*'], data: folder, openRegistration: true }
    await (await startServer(options)).close()
    const secret = join(folder, 'secret')
    expect((await stat(secret)).mode & 0o777).toBe(0o600)
    const before = await readFile(secret)
    await (await startServer(options)).close()
    expect(await readFile(secret)).toEqual(before)
    await writeFile(secret, 'short')
    await expect(startServer(options)).rejects.toMatchObject({ name: 'HostError', code: 'store' })
  })

  it('leaves nothing open when it cannot', async () => {
    const port = await freePort()
    const taken = await startServer({ listen: [`sip:127.0.0.1:${port}`], data: folder })
    await expect(startServer({ listen: [`sip:127.0.0.1:${port}`], data: join(folder, 'b') })).rejects.toMatchObject({
      code: 'address-in-use',
    })
    await taken.close()
    await (await startServer({ listen: [`sip:127.0.0.1:${port}`], data: join(folder, 'b') })).close()
  })

  it.each([
    [{ listen: ['sip:192.0.2.1:5060'], openRegistration: true, domains: ['a.example'] }, 'Open registration'],
    [{ listen: ['sip:[::]:5060'] }, 'its domain'],
    [{ listen: ['nothing'] }, 'no address to listen at'],
    [{ listen: ['sip:127.0.0.1;transport=tls'] }, 'needs a certificate'],
    [{ domains: ['not a domain'] }, 'is no domain'],
    [{ publicHost: 'not a host' }, 'is no host'],
    [{ factory: 'a b' }, 'no user part'],
  ] as [ServerOptions, string][])('refuses %j', async (options, words) => {
    await expect(startServer({ ...options, data: folder })).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining(words),
    })
    expect(await checkServer({ ...options, data: folder })).toMatchObject([{ check: 'config', status: 'fail' }])
  })

  it('is checked before', async () => {
    const find = async (options: ServerOptions, check: string) =>
      (await checkServer({ listen: ['sip:127.0.0.1:*'], data: folder, ...options })).filter(finding => finding.check === check)
    expect(await find({}, 'listen')).toMatchObject([{ status: 'ok' }, { status: 'ok' }])
    expect(await find({}, 'users')).toMatchObject([{ status: 'warn', fix: 'Add users: cpmft user add sip:alice@cpm.test' }])
    expect(await find({ openRegistration: true }, 'users')).toEqual([])
    expect(await find({ listen: ['sip:192.0.2.1:5070'], domains: ['a.example'] }, 'listen')).toMatchObject([
      { status: 'fail' },
      { status: 'fail' },
    ])
    await writeFile(join(folder, 'file'), '')
    expect(await find({ data: join(folder, 'file', 'x') }, 'disk')).toMatchObject([{ status: 'fail' }])
    expect(await find({ database: 'postgres://127.0.0.1:1/none' }, 'database')).toMatchObject([{ status: 'fail' }])
    const mine = await makeCertificates({ into: join(folder, 'a'), names: ['a.example'] })
    const other = await makeCertificates({ into: join(folder, 'b'), names: ['b.example'] })
    const [cert, key, wrong] = [await readFile(mine.cert), await readFile(mine.key), await readFile(other.key)]
    expect(await find({ tls: { cert, key } }, 'certificate')).toMatchObject([{ status: 'ok' }])
    expect(await find({ tls: { cert, key: wrong } }, 'certificate')).toMatchObject([{ status: 'fail' }])
    expect(await find({ tls: { cert: 'x', key: 'y' } }, 'certificate')).toMatchObject([{ status: 'fail' }])
  })
})

describe('configuration', () => {
  it('flags win over the environment, that over the file', async () => {
    const file = join(folder, 'server.toml')
    await writeFile(
      file,
      'domain = ["a.example", "b.example"]\nlisten = "sip:127.0.0.1:1"\ndata = "data"\nmax-bindings = 3\nopen-registration = true\n',
    )
    const env = {
      CPMFT_SERVER_LISTEN: 'sip:127.0.0.1:2, sip:127.0.0.1:3',
      CPMFT_SERVER_DRAIN_LIMIT: '2m',
      CPMFT_SERVER_OPEN_REGISTRATION: 'false',
    }
    const { values } = await loadServerConfig({ file, env, flags: { drainLimit: '30', logLevel: 'warn', other: 1 } })
    expect(values).toEqual({
      domain: ['a.example', 'b.example'],
      listen: ['sip:127.0.0.1:2', 'sip:127.0.0.1:3'],
      data: join(folder, 'data'),
      'max-bindings': 3,
      'open-registration': false,
      'drain-limit': 30,
      'log-level': 'warn',
    })
  })

  it('is found where it usually is, and may be absent there', async () => {
    const env = { XDG_CONFIG_HOME: folder }
    expect(await loadServerConfig({ env })).toEqual({ values: {}, file: undefined })
    await expect(loadServerConfig({ env: { CPMFT_SERVER_CONFIG: join(folder, 'none.toml') } })).rejects.toThrow('cannot be read')
  })

  it.each([
    ['lissen = "x"', 'has no setting lissen'],
    ['listen = 5', 'listen in the file must be a text, or several'],
    ['listen = []', 'listen in the file must be'],
    ['max-bindings = 0', 'must be a whole number above 0'],
    ['drain-limit = "1 year"', 'must be a time'],
    ['open-registration = "maybe"', 'must be true or false'],
    ['log-level = "loud"', 'must be one of'],
    ['data = ""', 'must be a path'],
    ['node = 1', 'must be a text'],
    ['a = [', 'Line 1'],
    [`# ${'x'.repeat(2 ** 20)}`, 'too large'],
  ])('refuses %.30s', async (text, words) => {
    const file = join(folder, 'server.toml')
    await writeFile(file, text)
    await expect(loadServerConfig({ file, env: {} })).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining(words),
    })
  })

  it.each([
    ['sip:127.0.0.1', { host: '127.0.0.1', port: 5060, transports: ['udp', 'tcp'] }],
    ['sips:[::1]:7', { host: '::1', port: 7, transports: ['tls'] }],
    ['sips:a.example;transport=ws', { host: 'a.example', port: 5061, transports: ['wss'] }],
    ['sip:127.0.0.1:*;transport=UDP', { host: '127.0.0.1', port: 0, transports: ['udp'] }],
    ['sip:127.0.0.1;transport=tls', { host: '127.0.0.1', port: 5061, transports: ['tls'] }],
    ['sips:127.0.0.1;transport=udp', undefined],
    ['sip:bob@127.0.0.1', undefined],
    ['sip:127.0.0.1;transport=pigeon', undefined],
    ['tel:+1', undefined],
  ])('listens at %s', (text, expected) => expect(parseListenAddress(text)).toEqual(expected))
})
