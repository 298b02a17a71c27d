import { beforeEach, describe, expect, it } from 'vitest'
import { parseSipUri, type ProxyCommand, type SipUri, type Transport } from '../../src/sip/index.js'
import { ownAddress } from '../../src/server/own-address.js'
import { isTrustedSender } from '../../src/server/trusted-sender.js'
import { TokenBuckets } from '../../src/server/token-buckets.js'
import { DeskKit, DOMAIN, type Sent } from '../kit/desk-kit.js'

let kit: DeskKit
beforeEach(() => {
  kit = new DeskKit()
  kit.addUser('alice')
  kit.addUser('bob')
  kit.bind('bob')
})

const BOB = `sip:bob@${DOMAIN}`
const SERVER = `sip:${DOMAIN}`
const OUTSIDER = { from: 'sip:mallory@evil.example' }
const as = (user: string, more: Sent = {}): Sent => ({ from: `sip:${user}@${DOMAIN}`, login: user, ...more })
const statusOf = (command: ProxyCommand) => (command.name === 'respond' ? command.status : command.targets.map(({ uri }) => uri))
const removed = (command: ProxyCommand) => (command.name === 'forward' ? (command.remove ?? []) : [])

describe('a Route that the sender adds', () => {
  const route = { fields: ['Route: <sip:evil.example;lr>'] }

  it('leads nobody anywhere from an address of ours @req SEC-5', async () => {
    for (const sent of [OUTSIDER, { ...OUTSIDER, toTag: 'x' }, as('alice'), as('alice', { toTag: 'x' })]) {
      const command = await kit.send('INVITE', BOB, { ...sent, ...route })
      expect([statusOf(command), removed(command).includes('Route')]).toEqual([['sip:bob@192.0.2.50'], true])
    }
  })

  it('stays for other domains, which need an account, and for what is trusted', async () => {
    const abroad = 'sip:dan@other.example'
    expect(statusOf(await kit.send('INVITE', abroad, { ...OUTSIDER, ...route }))).toBe(403)
    expect(removed(await kit.send('INVITE', abroad, as('alice', route)))).not.toContain('Route')
    expect(removed(await kit.send('INVITE', BOB, { ...OUTSIDER, ...route, flow: 'focus' }))).not.toContain('Route')
  })
})

describe('another name', () => {
  it.each([
    ['in capitals', 'SIP:bob@EXAMPLE.ORG', 403],
    ['with an escape', `sip:%62ob@${DOMAIN}`, 403],
    ['with port and parameters', `sip:bob@${DOMAIN}:5090;transport=tcp`, 403],
    ['with a password', `sip:bob:x@${DOMAIN}`, 403],
    ['as sips', `sips:bob@${DOMAIN}`, 403],
    ['with the dot of the root', `sip:bob@${DOMAIN}.`, 403],
  ])('%s is known as one of ours, without credentials and with those of somebody else @req SEC-5', async (_, from, status) => {
    expect(statusOf(await kit.send('INVITE', BOB, { from }))).toBe(407)
    expect(statusOf(await kit.send('INVITE', BOB, { from, login: 'alice' }))).toBe(status)
    expect(
      statusOf(await kit.send('INVITE', BOB, { from, login: 'alice', fields: ['P-Preferred-Identity: <sip:alice@example.org>'] })),
    ).toBe(status)
  })
})

describe('who does not exist', () => {
  const credentials = (username: string, nonce: string) =>
    `Digest username="${username}", realm="${DOMAIN}", nonce="${nonce}", uri="${BOB}", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c"`

  it('cannot be told from who gives a wrong password by an answer that only an empty secret makes right @req SEC-13', async () => {
    // H(":nonce:nc:cnonce:qop:H(A2)"): what a server would compute that takes an empty text for the secret of nobody
    const { createHash } = await import('node:crypto')
    const hash = (text: string) => createHash('sha256').update(text).digest('hex')
    const seen = []
    for (const user of ['alice', 'ghost']) {
      const asked = await kit.send('INVITE', BOB, { from: `sip:alice@${DOMAIN}` })
      const nonce = (asked.name === 'respond' && /nonce="([^"]+)"/.exec(`${asked.headers?.[0]?.[1]}`)?.[1]) || ''
      const response = hash(`:${nonce}:00000001:c:auth:${hash(`INVITE:${BOB}`)}`)
      const fields = [`Proxy-Authorization: ${credentials(user, nonce)}, response="${response}"`]
      const command = await kit.send('INVITE', BOB, { ...OUTSIDER, fields })
      seen.push(command.name === 'respond' ? JSON.stringify([command.status, command.headers]).replaceAll(/nonce=[^,]+/g, '') : '')
    }
    expect(seen[0]).toContain('407')
    expect(seen[1]).toBe(seen[0])
  })
})

describe('registrations', () => {
  const isOwn = ownAddress([DOMAIN], [{ host: '192.0.2.1', port: 5060 }])
  const uri = (text: string) => parseSipUri(text) as SipUri

  it('a Contact that leads back to the server is known', () => {
    const own = ['sip:x@192.0.2.1', 'sip:192.0.2.1:5060', `sip:bob@${DOMAIN}`, `sip:bob@${DOMAIN.toUpperCase()}:5060`, `sips:x@${DOMAIN}`]
    expect(own.map(text => isOwn(uri(text)))).toEqual(own.map(() => true))
    const others = ['sip:x@192.0.2.1:5062', 'sips:x@192.0.2.1', `sip:x@${DOMAIN}:40000`, 'sip:x@192.0.2.2']
    expect(others.map(text => isOwn(uri(text)))).toEqual(others.map(() => false))
  })

  it('whose connection closes while the password is looked up are not kept @req SIP-4', async () => {
    let go = () => {}
    kit.delay = new Promise(resolve => (go = resolve))
    const answer = kit.send(
      'REGISTER',
      SERVER,
      as('alice', { to: `sip:alice@${DOMAIN}`, flow: 'in-5', fields: ['Contact: <sip:alice@10.0.0.1>'] }),
    )
    for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
    const closed = kit.desk.flowClosed('in-5')
    go()
    expect(statusOf(await answer)).toBe(200)
    await closed
    expect(kit.bindings.get(`sip:alice@${DOMAIN}`)).toEqual([])
  })
})

it('while the database hangs, requests do not pile up without end @req SEC-12', async () => {
  kit = new DeskKit({ limits: { requests: { rate: 1e6, burst: 1e6 }, limitsLoopback: true, failedLogins: { rate: 1, burst: 3 } } })
  kit.delay = new Promise(() => {})
  for (let count = 0; count < 10_000; count++) kit.desk.take(kit.event('INVITE', BOB, OUTSIDER))
  expect(kit.commands).toEqual([])
  kit.desk.take(kit.event('INVITE', BOB, OUTSIDER))
  expect(kit.commands).toMatchObject([{ name: 'respond', status: 503 }])
  expect(kit.counted).toContain('refused busy')
})

describe('an ACK that nobody routed', () => {
  const GRUU = `${BOB};gr=urn:uuid:1`
  const inside = { toTag: 'x' }

  it('goes to the device it is for, with old credentials too, and to no other domain @req SEC-5', async () => {
    kit.bind('bob', { instance: 'urn:uuid:1', contact: 'sip:bob@192.0.2.60' })
    expect(statusOf(await kit.send('ACK', GRUU, inside))).toEqual(['sip:bob@192.0.2.60'])
    await kit.send('INVITE', GRUU, as('alice'))
    const [credentials] = kit.last.request.headers.getAll('Proxy-Authorization')
    const fields = [`Proxy-Authorization: ${credentials}`]
    for (let count = 0; count < 5; count++)
      expect(statusOf(await kit.send('ACK', GRUU, { ...inside, fields }))).toEqual(['sip:bob@192.0.2.60'])
    expect(kit.counted).not.toContain('refused login')
    expect(statusOf(await kit.send('ACK', 'sip:dan@other.example', inside))).toBe(403)
    expect(kit.counted.filter(text => text.startsWith('ACK'))).toEqual([])
  })

  it('counts against the rate of its address @req SEC-12', async () => {
    kit = new DeskKit({ limits: { requests: { rate: 1, burst: 1 }, limitsLoopback: true, failedLogins: { rate: 1, burst: 3 } } })
    expect(statusOf(await kit.send('ACK', BOB, inside))).toBe(404)
    expect([statusOf(await kit.send('ACK', BOB, inside)), kit.counted]).toEqual([503, expect.arrayContaining(['refused rate'])])
  })
})

describe('what cannot be sent on', () => {
  it('is not copied from what a stranger says @req SEC-14', async () => {
    const other = 'Proxy-Authorization: Digest username="a\\\0", realm="other.example", nonce="1", uri="sip:x", response="2"'
    const service = 'P-Preferred-Service: urn:urn-7:3gpp-service.x\0'
    for (const sent of [OUTSIDER, as('alice'), { ...OUTSIDER, flow: 'focus' }]) {
      const command = await kit.send('INVITE', BOB, { ...sent, fields: [other, service] })
      const added = command.name === 'forward' ? (command.add ?? []) : []
      expect([statusOf(command), added.filter(([, value]) => value.includes('\0'))]).toEqual([['sip:bob@192.0.2.50'], []])
    }
  })

  it('is refused, and ends nothing else @req SEC-14', async () => {
    const answers: ProxyCommand[] = []
    kit = new DeskKit({
      command: command => {
        if (command.name === 'forward') throw new Error('cannot be written')
        answers.push(command)
      },
    })
    kit.bind('bob')
    kit.desk.take(kit.event('INVITE', BOB, OUTSIDER))
    for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
    expect(answers).toMatchObject([{ name: 'respond', status: 400 }])
    expect(kit.desk.pending).toBe(0)
  })
})

it('nobody is trusted for the address that a datagram of his bears, but on this machine @req SEC-5', () => {
  const trusted = new Set(['192.0.2.5', '127.0.0.1', '::1'])
  const isTrusted = (transport: Transport, host: string) => isTrustedSender(trusted, { transport, remote: { host, port: 5060 } })
  for (const transport of ['tcp', 'tls', 'ws', 'wss'] as const)
    expect([isTrusted(transport, '192.0.2.5'), isTrusted(transport, '192.0.2.6'), isTrusted(transport, '::1')]).toEqual([true, false, true])
  expect(['192.0.2.5', '192.0.2.6', '127.0.0.1', '127.0.0.2', '::1'].map(host => isTrusted('udp', host))).toEqual([
    false,
    false,
    true,
    false,
    true,
  ])
})

describe('rates', () => {
  it('are of a whole IPv6 network, since everybody there has as many addresses as he likes @req SEC-12', () => {
    const buckets = new TokenBuckets({ rate: 1, burst: 1 }, 100)
    const blocked = (address: string) => buckets.take(address, 0) > 0
    expect([blocked('2001:db8:0:1::1'), blocked('2001:DB8::1:ffff:2:3:4'), blocked('2001:0db8:0:1:2:3:4:5')]).toEqual([false, true, true])
    expect([blocked('2001:db8:0:2::1'), blocked('::1'), blocked('::'), blocked('fe80::')]).toEqual([false, false, true, false])
    expect([blocked('192.0.2.1'), blocked('192.0.2.2'), blocked('::ffff:192.0.2.1')]).toEqual([false, false, true])
    expect(buckets.wait('2001:db8:0:1:9::', 0)).toBe(1000)
  })
})
