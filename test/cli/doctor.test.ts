import { mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hopOf, inspectDns, inspectHop, inspectListener } from '../../src/cli/inspect-network.js'
import { CpmftError } from '../../src/client/errors.js'
import { makeCertificates } from '../../src/node/dev-certificates.js'
import type { TraceEntry } from '../../src/trace/entry.js'
import { freePort } from '../kit/command-line.js'
import { TempFolder } from '../kit/temp-folder.js'
import { CommandLine } from './command-line.js'

let folder: TempFolder
beforeEach(() => {
  folder = new TempFolder()
})
afterEach(() => folder.remove())

const NOW = 1_700_000_000_000
const answer = (date: number): TraceEntry => ({
  v: 1,
  kind: 'message',
  time: 1,
  protocol: 'sip',
  direction: 'in',
  transport: 'tcp',
  party: 'a',
  local: '',
  remote: '',
  bodyLength: 0,
  text: `SIP/2.0 200 OK\r\nDate: ${new Date(date).toUTCString()}\r\n\r\n`,
})

/** Status of each check, in order. */
const findings = (line: CommandLine) =>
  line.events.filter(({ event }) => event === 'finding').map(({ check, status }) => `${String(check)} ${String(status)}`)

describe('doctor', () => {
  it('looks at this machine only when there is nobody to ask, and leaves with 0 when all is well', async () => {
    const line = new CommandLine()
    expect(await line.run('doctor', '--into', folder.path, '--json')).toBe(0)
    expect(findings(line).slice(0, 3)).toEqual(['config ok', 'folder ok', 'store ok'])
    expect(findings(line).some(text => text.startsWith('media'))).toBe(true)
    expect(line.clientOptions).toEqual([])
  })

  it('registers, asks the peer, compares the clock, and leaves with 3 and a fix when something fails', async () => {
    const port = await freePort()
    const args = [
      '--as',
      'sip:a@127.0.0.1',
      '--proxy',
      `sip:127.0.0.1:${port};transport=tcp`,
      '--into',
      folder.path,
      '--to',
      'sip:b@127.0.0.1',
    ]
    const fine = new CommandLine({ entries: [answer(NOW)] }, { env: { CPMFT_PASSWORD: 'x' } })
    Object.assign(fine.context, {
      createClient: async (options: never) => {
        const client = await new CommandLine({ entries: [answer(NOW - 600_000)] }).context.createClient(options)
        return Object.assign(client, {
          capabilities: async () => ({ fileTransfer: true, maxSize: 5_000_000, tags: [], uri: '', learned: 0 }),
        })
      },
    })
    expect(await fine.run('doctor', ...args, '--json')).toBe(0)
    expect(findings(fine).slice(3)).toEqual(['dns ok', 'connect warn', 'media ok', 'register ok', 'peer ok', 'clock warn'])
    expect(JSON.stringify(fine.events)).toContain('5.0 MB')
    expect(JSON.stringify(fine.events)).toContain('600 s ahead of')

    const ready = Promise.reject(new CpmftError('auth-failed', undefined, 403))
    ready.catch(() => {})
    const refused = new CommandLine({ ready }, { env: { CPMFT_PASSWORD: 'x' } })
    expect(await refused.run('doctor', ...args)).toBe(3)
    expect(refused.stdout.text).toMatch(/^fail {2}register +The user name or password was not accepted\.\n +-> Check CPMFT_PASSWORD/m)
    expect(refused.stdout.text).not.toContain('peer ')
    expect(refused.client?.closed).toBe(1)
  })

  it('names a folder that is not there, a store that cannot be opened, and a mistake in the configuration', async () => {
    const line = new CommandLine({}, { openStore: async () => Promise.reject(new CpmftError('store')) })
    expect(await line.run('doctor', '--into', folder.join('none'), '--json')).toBe(3)
    expect(findings(line).slice(0, 3)).toEqual(['config ok', 'folder fail', 'store fail'])
    mkdirSync(folder.join('.config/cpmft'), { recursive: true })
    writeFileSync(folder.join('.config/cpmft/config.toml'), 'max-sise = 1\n')
    expect(await new CommandLine({}, { home: folder.path }).run('doctor')).toBe(2)
  })

  it('tells a key that belongs to another certificate, and a certificate that is over soon', async () => {
    const one = await makeCertificates({ into: folder.join('a'), names: ['localhost'], days: 2 })
    const other = await makeCertificates({ into: folder.join('b'), names: ['localhost'] })
    const status = async (cert: string, key: string) => {
      const line = new CommandLine({}, { date: () => Date.now() })
      await line.run('doctor', '--tls-cert', cert, '--tls-key', key, '--into', folder.path, '--json')
      return findings(line).find(text => text.startsWith('certificate'))
    }
    expect(await status(one.cert, one.key)).toBe('certificate warn')
    expect(await status(other.cert, other.key)).toBe('certificate ok')
    expect(await status(other.cert, one.key)).toBe('certificate fail')
  })
})

describe('the way to a server', () => {
  let server: Server | undefined
  afterEach(() => server?.close())

  it('is the port and transport of the address, or the standard ones', () => {
    expect(hopOf('sip:a@b.example', false)).toMatchObject({ host: 'b.example', port: 5060, tls: false, hasPort: false })
    expect(hopOf('sips:b.example', false)).toMatchObject({ host: 'b.example', port: 5061, tls: true })
    expect(hopOf('sip:b.example', true)).toMatchObject({ port: 5061, tls: true })
    expect(hopOf('sip:a@[::1]:7;transport=tls', false)).toMatchObject({ host: '::1', port: 7, tls: true, hasPort: true })
    expect(hopOf('sip:b.example;transport=tcp', true)).toMatchObject({ port: 5060, tls: false })
  })

  it('needs no DNS for addresses, and says when a name leads nowhere', async () => {
    expect((await inspectDns('sip:a@192.0.2.1', false)).finding.status).toBe('ok')
    expect((await inspectDns('sip:localhost:5060', false)).finding).toMatchObject({
      status: 'ok',
      text: expect.stringContaining('127.0.0.1'),
    })
    const nowhere = await inspectDns('sip:a@nobody.invalid:5060', false)
    expect(nowhere).toMatchObject({ hop: undefined, finding: { status: 'fail' } })
  })

  it('is judged by chain, name and end of the certificate', async () => {
    const paths = await makeCertificates({ into: folder.join('certs'), names: ['localhost'] })
    server = createServer({ cert: await readFile(paths.cert), key: await readFile(paths.key) }, socket => socket.on('error', () => {}))
    await new Promise<void>(resolve => server?.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const hop = { host: '127.0.0.1', port, tls: true, domain: 'localhost' }
    const ca = await readFile(paths.ca)
    const now = Date.now()
    expect(await inspectHop(hop, ca, now)).toMatchObject({ check: 'tls', status: 'ok' })
    expect(await inspectHop(hop, undefined, now)).toMatchObject({ status: 'fail', fix: expect.stringContaining('--tls-ca') })
    expect(await inspectHop({ ...hop, domain: 'other.example' }, ca, now)).toMatchObject({
      status: 'fail',
      text: expect.stringContaining('not for other.example'),
    })
    expect(await inspectHop(hop, ca, now + 40 * 86_400_000)).toMatchObject({ status: 'fail', fix: 'Renew the certificate.' })
    expect(await inspectHop({ ...hop, tls: false }, undefined, now)).toMatchObject({ check: 'connect', status: 'ok' })
    expect(await inspectHop({ ...hop, port: await freePort() }, ca, now)).toMatchObject({
      status: 'fail',
      fix: expect.stringContaining('Nobody listens'),
    })
  })

  it('back to us is open on loopback, and impossible at an address that is not ours', async () => {
    expect(await inspectListener('127.0.0.1')).toMatchObject({ status: 'ok' })
    expect(await inspectListener('192.0.2.77')).toMatchObject({ status: 'fail' })
  })
})
