import { beforeEach, describe, expect, it } from 'vitest'
import type { ProxyCommand } from '../../src/sip/index.js'
import { DeskKit, DOMAIN, type Sent, START } from '../kit/desk-kit.js'

let kit: DeskKit
beforeEach(() => {
  kit = new DeskKit()
  kit.addUser('alice', 'Alice Reed')
  kit.addUser('bob')
  kit.addUser('carol')
  kit.bind('bob')
  kit.groups.add(`sip:team@${DOMAIN}`)
})

const BOB = `sip:bob@${DOMAIN}`
const OUTSIDER = { from: 'sip:mallory@evil.example' }
const as = (user: string, more: Sent = {}): Sent => ({ from: `sip:${user}@${DOMAIN}`, login: user, ...more })
const outcome = (command: ProxyCommand) =>
  command.name === 'respond' ? command.status : command.targets.map(target => target.flow ?? target.uri)
const ask = async (method: string, uri: string, sent: Sent = {}) => outcome(await kit.send(method, uri, sent))
const added = (command: ProxyCommand, name: string) =>
  command.name === 'forward' ? (command.add ?? []).filter(([key]) => key === name).map(([, value]) => value) : []
const removed = (command: ProxyCommand) => (command.name === 'forward' ? [...(command.remove ?? [])].sort() : [])
const header = (command: ProxyCommand, name: string) =>
  command.name === 'respond' ? (command.headers ?? []).filter(([key]) => key === name).map(([, value]) => value) : []

describe('who may reach what', () => {
  const FACTORY = `sip:conference-factory@${DOMAIN}`
  const rows: [what: string, uri: string, user: unknown, claimed: unknown, outside: unknown, trusted: unknown][] = [
    ['the server', `sip:${DOMAIN}`, 200, 200, 200, 200],
    ['the conference factory', FACTORY, ['focus'], 407, 403, ['focus']],
    ['a conference', `sip:ft-8Jq2Lx71Zk@${DOMAIN}`, ['focus'], 407, 403, ['focus']],
    ['a group', `sip:TEAM@${DOMAIN};x=y`.replace('TEAM', 'team'), ['focus'], 407, 403, ['focus']],
    ['a user', `sips:bob@${DOMAIN.toUpperCase()}`, ['sip:bob@192.0.2.50'], 407, ['sip:bob@192.0.2.50'], ['sip:bob@192.0.2.50']],
    ['a user without devices', `sip:carol@${DOMAIN}`, 480, 407, 480, 480],
    ['an unknown user', `sip:nobody@${DOMAIN}`, 404, 407, 404, 404],
    ['an address that we never gave', `sip:bob@${DOMAIN};gr`, 404, 407, 404, 404],
    ['another domain', 'sip:dan@other.example', ['sip:dan@other.example'], 407, 403, ['sip:dan@other.example']],
    ['a number of nobody', 'tel:+123456', 404, 407, 404, 404],
    ['a local number', 'tel:123;phone-context=x.example', 404, 407, 404, 404],
    ['another scheme', 'http://example.org/', 416, 416, 416, 416],
  ]
  it.each(rows)('%s @req GRP-14 GRP-41 SEC-5', async (_, uri, user, claimed, outside, trusted) => {
    expect(await ask('OPTIONS', uri, as('alice'))).toEqual(user)
    expect(await ask('OPTIONS', uri)).toEqual(claimed)
    expect(await ask('OPTIONS', uri, OUTSIDER)).toEqual(outside)
    expect(await ask('OPTIONS', uri, { ...OUTSIDER, flow: 'focus' })).toEqual(trusted)
  })

  it('in dialogs whoever knows the tags goes on, but never to other domains', async () => {
    const inside = { toTag: 'x' }
    expect(await ask('BYE', FACTORY, { ...OUTSIDER, ...inside })).toEqual(['focus'])
    expect(await ask('BYE', BOB, inside)).toEqual(['sip:bob@192.0.2.50'])
    expect(await ask('BYE', 'sip:dan@other.example', { ...OUTSIDER, ...inside })).toBe(403)
    expect(await ask('BYE', 'sip:dan@other.example', { ...inside, flow: 'focus' })).toEqual(['sip:dan@other.example'])
    expect(await ask('BYE', `sip:x@${DOMAIN};gr`, inside)).toBe(404)
  })

  it('anonymous callers are asked who they are @req SIP-29', async () => {
    const anonymous = { from: 'sip:anonymous@anonymous.invalid' }
    expect(await ask('INVITE', BOB, anonymous)).toBe(407)
    const command = await kit.send('INVITE', BOB, { ...anonymous, login: 'alice', fields: ['Privacy: id'] })
    expect(outcome(command)).toEqual(['sip:bob@192.0.2.50'])
    expect(added(command, 'P-Asserted-Identity')).toEqual([])
  })

  it('nothing else is served by the domain itself', async () => {
    const refused = await kit.send('INVITE', `sip:${DOMAIN}`)
    expect([outcome(refused), header(refused, 'Allow')]).toEqual([405, ['OPTIONS, REGISTER']])
    expect(header(await kit.send('OPTIONS', `sip:${DOMAIN}`), 'Supported')).toEqual(['path, outbound, gruu'])
  })

  it('without a focus there are no groups', async () => {
    kit = new DeskKit({ focus: undefined })
    kit.addUser('alice')
    expect(await ask('INVITE', FACTORY, as('alice'))).toBe(404)
  })
})

describe('identity', () => {
  it('is put in by us, and what others put in is taken out @req SIP-28 SEC-5', async () => {
    const fields = [
      'P-Asserted-Identity: <sip:boss@example.org>',
      'P-Asserted-Service: urn:urn-7:3gpp-service.x',
      'P-Preferred-Identity: <sip:alice@example.org>',
    ]
    const command = await kit.send('INVITE', BOB, as('alice', { fields }))
    expect(added(command, 'P-Asserted-Identity')).toEqual(['"Alice Reed" <sip:alice@example.org>'])
    expect(removed(command)).toEqual(['P-Asserted-Identity', 'P-Asserted-Service', 'P-Preferred-Identity', 'Proxy-Authorization'])
    const stranger = await kit.send('INVITE', BOB, { ...OUTSIDER, fields: ['P-Asserted-Identity: <sip:boss@example.org>'] })
    expect([added(stranger, 'P-Asserted-Identity'), removed(stranger)]).toEqual([[], ['P-Asserted-Identity']])
  })

  it('of another is refused', async () => {
    expect(await ask('INVITE', BOB, as('alice', { from: `sip:carol@${DOMAIN}` }))).toBe(403)
    expect(
      await ask(
        'INVITE',
        BOB,
        as('alice', { from: 'sip:anonymous@anonymous.invalid', fields: ['P-Preferred-Identity: <sip:boss@bank.example>'] }),
      ),
    ).toBe(403)
    expect(await ask('INVITE', BOB, as('alice', { fields: ['P-Preferred-Identity: <sip:carol@example.org>'] }))).toBe(403)
    expect(kit.counted.filter(text => text === 'refused policy')).toHaveLength(3)
  })

  it('that the user prefers counts beside another From @req SIP-29', async () => {
    const command = await kit.send('INVITE', BOB, {
      ...as('alice', { from: 'sip:desk@office.example', fields: ['P-Preferred-Identity: <sip:alice@example.org>'] }),
    })
    expect(added(command, 'P-Asserted-Identity')).toEqual(['"Alice Reed" <sip:alice@example.org>'])
  })

  it('of a trusted sender stays, and stays private to users', async () => {
    const fields = ['P-Asserted-Identity: <sip:alice@example.org>']
    const open = await kit.send('INVITE', BOB, { flow: 'focus', fields })
    expect([removed(open), added(open, 'P-Asserted-Identity')]).toEqual([[], []])
    const closed = await kit.send('INVITE', BOB, { flow: 'focus', fields: [...fields, 'Privacy: user;id'] })
    expect(removed(closed)).toEqual(['P-Asserted-Identity'])
    const inner = await kit.send('INVITE', `sip:team@${DOMAIN}`, as('alice', { fields: ['Privacy: id'] }))
    expect(added(inner, 'P-Asserted-Identity')).toEqual(['"Alice Reed" <sip:alice@example.org>'])
  })

  it('comes with the service the user asks for (RFC 6050)', async () => {
    const service = 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm.filetransfer'
    const command = await kit.send('INVITE', BOB, as('alice', { fields: [`P-Preferred-Service: ${service}`] }))
    expect(added(command, 'P-Asserted-Service')).toEqual([service])
    const other = await kit.send('INVITE', BOB, as('alice', { fields: ['P-Preferred-Service: urn:example:x'] }))
    expect(added(other, 'P-Asserted-Service')).toEqual([])
    const stranger = await kit.send('INVITE', BOB, { ...OUTSIDER, fields: [`P-Preferred-Service: ${service}`] })
    expect([added(stranger, 'P-Asserted-Service'), removed(stranger)]).toEqual([[], ['P-Preferred-Service']])
  })

  it('credentials for other proxies travel on', async () => {
    const other = 'Digest username="a", realm="other.example", nonce="1", uri="sip:x", response="2"'
    const command = await kit.send('INVITE', 'sip:dan@other.example', as('alice', { fields: [`Proxy-Authorization: ${other}`] }))
    expect(added(command, 'Proxy-Authorization')).toEqual([other])
  })
})

describe('devices', () => {
  it('are all tried, the better ones first, one flow for each @req RCS-11', async () => {
    kit.bind('carol', { q: 0.5 })
    kit.bind('carol', { instance: 'urn:uuid:1', node: 'n1', flow: 'in-7', regId: 1, expires: START + 1000 })
    kit.bind('carol', { instance: 'urn:uuid:1', node: 'n1', flow: 'in-8', regId: 2, expires: START + 2000 })
    kit.bind('carol', { instance: 'urn:uuid:2', node: 'n2', flow: 'in-9', path: ['<sip:t@n2.example;lr;ob>;x=y', 'sip:p.example;lr'] })
    const command = await kit.send('INVITE', `sip:carol@${DOMAIN}`, as('alice'))
    expect(command).toMatchObject({
      targets: [
        { uri: 'sip:carol@192.0.2.52', q: 1, flow: 'in-8' },
        { uri: 'sip:carol@192.0.2.53', q: 1, route: ['<sip:t@n2.example;lr;ob>', '<sip:p.example;lr>'] },
        { uri: 'sip:carol@192.0.2.50', q: 0.5 },
      ],
    })
  })

  it('that the caller does not want are left out @req SIP-31', async () => {
    kit.bind('carol', { parameters: ';+g.x="a,b"' })
    kit.bind('carol', { parameters: ';+g.x="c"' })
    const call = (...fields: string[]) => ask('INVITE', `sip:carol@${DOMAIN}`, as('alice', { fields }))
    expect(await call('Accept-Contact: *;+g.x="B";require;explicit')).toEqual(['sip:carol@192.0.2.50'])
    expect(await call('Reject-Contact: *;+g.x="a"')).toEqual(['sip:carol@192.0.2.51'])
    expect(await call('Accept-Contact: *;+g.x="d";require;explicit')).toBe(480)
  })

  it('have addresses of their own (RFC 5627)', async () => {
    const aor = `sip:carol@${DOMAIN}`
    kit.bind('carol', { instance: 'urn:uuid:1', callId: 'one' })
    kit.bind('carol', { instance: 'urn:uuid:2', callId: 'two' })
    expect(await ask('INVITE', kit.gruus.publicOf(aor, 'urn:uuid:2'), as('alice'))).toEqual(['sip:carol@192.0.2.51'])
    expect(await ask('INVITE', kit.gruus.temporaryOf(aor, 'urn:uuid:1', 'one'), as('alice'))).toEqual(['sip:carol@192.0.2.50'])
    expect(await ask('INVITE', kit.gruus.temporaryOf(aor, 'urn:uuid:1', 'earlier'), as('alice'))).toBe(404)
    expect(await ask('INVITE', kit.gruus.publicOf(aor, 'urn:uuid:3'), as('alice'))).toBe(480)
  })
})

describe('the registrar', () => {
  const DOMAIN_URI = `sip:${DOMAIN}`
  const own = as('alice', { to: `sip:alice@${DOMAIN}`, fields: ['Contact: <sip:alice@192.0.2.9:5070>'] })

  it('lets a user register the own address only @req SIP-3', async () => {
    expect(await ask('REGISTER', DOMAIN_URI, { ...own, login: '' })).toBe(401)
    const command = await kit.send('REGISTER', DOMAIN_URI, own)
    expect([outcome(command), header(command, 'P-Associated-URI')]).toEqual([200, ['<sip:alice@example.org>']])
    expect(kit.bindings.get(`sip:alice@${DOMAIN}`)).toMatchObject([{ contact: 'sip:alice@192.0.2.9:5070' }])
    expect(await ask('REGISTER', DOMAIN_URI, { ...own, to: BOB })).toBe(403)
    expect(await ask('REGISTER', DOMAIN_URI, { ...own, to: 'sip:alice@other.example' })).toBe(404)
    expect(await ask('REGISTER', DOMAIN_URI, { ...own, to: 'tel:+1555' })).toBe(403)
    expect(await ask('REGISTER', DOMAIN_URI, { ...own, password: 'guess' })).toBe(401)
    expect(await ask('REGISTER', 'sip:other.example', own)).toEqual(['sip:other.example'])
    expect(kit.counted).toContain('registered')
  })

  it('tells of a removed binding and of a refused one', async () => {
    await kit.send('REGISTER', DOMAIN_URI, own)
    await kit.send('REGISTER', DOMAIN_URI, { ...own, fields: ['Contact: *', 'Expires: 0'], callId: 'c2' })
    expect(await ask('REGISTER', DOMAIN_URI, { ...own, fields: ['Contact: *'] })).toBe(400)
    expect(kit.counted.filter(text => /^(registered|removed|refused)$/.test(text))).toEqual(['registered', 'removed', 'refused'])
  })

  it('forgets bindings over a connection that closes @req SIP-4', async () => {
    await kit.send('REGISTER', DOMAIN_URI, { ...own, flow: 'in-5', fields: ['Contact: <sip:alice@10.0.0.1>'] })
    expect(kit.bindings.get(`sip:alice@${DOMAIN}`)).toMatchObject([{ flow: 'in-5', node: 'n1' }])
    await kit.desk.flowClosed('in-5')
    expect(kit.bindings.get(`sip:alice@${DOMAIN}`)).toEqual([])
    kit.delay = Promise.reject(new Error('gone'))
    await kit.desk.flowClosed('in-6')
  })

  it('does not keep a binding whose connection closed while it was written', async () => {
    const [one, two] = [
      { ...own, flow: 'in-5' },
      { ...own, flow: 'in-5', callId: 'c2' },
    ].map(sent => ({ ...sent, fields: ['Contact: <sip:alice@10.0.0.1>'] }))
    kit = new DeskKit({ authentication: 'open' })
    let go = () => {}
    kit.delay = new Promise(resolve => (go = resolve))
    kit.desk.take(kit.event('REGISTER', DOMAIN_URI, one as Sent))
    kit.desk.take(kit.event('REGISTER', DOMAIN_URI, two as Sent))
    await new Promise(resolve => setTimeout(resolve, 5))
    await kit.desk.flowClosed('in-5')
    go()
    await new Promise(resolve => setTimeout(resolve, 5))
    expect(kit.counted.filter(text => text === 'registered')).toHaveLength(2)
    expect(kit.bindings.get(`sip:alice@${DOMAIN}`)).toEqual([])
  })

  it('open to all believes what it is told, for its own domain', async () => {
    kit = new DeskKit({ authentication: 'open' })
    kit.bind('bob')
    const zoe = { from: `sip:zoe@${DOMAIN}`, to: `sip:zoe@${DOMAIN}`, fields: ['Contact: <sip:zoe@192.0.2.9>'] }
    expect(await ask('REGISTER', DOMAIN_URI, zoe)).toBe(200)
    expect(await ask('REGISTER', DOMAIN_URI, { ...zoe, to: 'sip:zoe@other.example' })).toBe(404)
    const command = await kit.send('INVITE', BOB, { from: `sip:zoe@${DOMAIN}` })
    expect(added(command, 'P-Asserted-Identity')).toEqual([`<sip:zoe@${DOMAIN}>`])
    const hidden = await kit.send('INVITE', `sip:conference-factory@${DOMAIN}`, { from: 'sip:anonymous@anonymous.invalid' })
    expect(added(hidden, 'P-Asserted-Identity')).toEqual([`<sip:zoe@${DOMAIN}>`])
    const unknown = await kit.send('INVITE', BOB, { from: 'sip:anonymous@anonymous.invalid', flow: 'in-99' })
    expect(added(unknown, 'P-Asserted-Identity')).toEqual([])
    expect(await ask('INVITE', 'sip:dan@other.example', OUTSIDER)).toBe(403)
    expect(await ask('INVITE', `sip:nobody@${DOMAIN}`, zoe)).toBe(480)
  })
})

describe('limits', () => {
  it('a flood from one address is told to come back later, others go on @req SEC-12', async () => {
    const flood: ProxyCommand[] = []
    for (let count = 0; count < 150; count++) flood.push(await kit.send('OPTIONS', `sip:${DOMAIN}`))
    expect(flood.filter(command => outcome(command) === 200)).toHaveLength(100)
    expect(header(flood[149] as ProxyCommand, 'Retry-After')).toEqual(['1'])
    expect(outcome(flood[149] as ProxyCommand)).toBe(503)
    expect(await ask('OPTIONS', `sip:${DOMAIN}`, { remote: '192.0.2.77' })).toBe(200)
    kit.time += 1000
    expect(await ask('OPTIONS', `sip:${DOMAIN}`)).toBe(200)
    expect(await ask('OPTIONS', `sip:${DOMAIN}`, { flow: 'focus' })).toBe(200)
  })

  it('loopback is not counted unless the configuration says so', async () => {
    kit = new DeskKit({ limits: { requests: { rate: 1, burst: 1 }, limitsLoopback: false, failedLogins: { rate: 1, burst: 3 } } })
    for (let count = 0; count < 5; count++) expect(await ask('OPTIONS', `sip:${DOMAIN}`, { remote: '127.0.0.1' })).toBe(200)
    expect([await ask('OPTIONS', `sip:${DOMAIN}`), await ask('OPTIONS', `sip:${DOMAIN}`)]).toEqual([200, 503])
  })

  it('who guesses passwords is slowed down, and only he @req SEC-13', async () => {
    const wrong = as('alice', { password: 'guess' })
    for (let count = 0; count < 3; count++) expect(await ask('INVITE', BOB, wrong)).toBe(407)
    const blocked = await kit.send('INVITE', BOB, as('alice'))
    expect([outcome(blocked), header(blocked, 'Retry-After')]).toEqual([503, ['1']])
    expect(await ask('INVITE', BOB, as('alice', { remote: '192.0.2.77' }))).toEqual(['sip:bob@192.0.2.50'])
    kit.time += 1000
    expect(await ask('INVITE', BOB, as('alice'))).toEqual(['sip:bob@192.0.2.50'])
  })

  it('nobody is locked out by wrong passwords that only pretend to come from his address @req SEC-13', async () => {
    const uri = BOB
    const line = (nonce: string) =>
      `Proxy-Authorization: Digest username="alice", realm="${DOMAIN}", nonce="${nonce}", uri="${uri}", response="0", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c"`
    const nonceOf = (command: ProxyCommand) => /nonce="([^"]+)"/.exec(header(command, 'Proxy-Authenticate')[0] ?? '')?.[1] ?? ''
    const heard = nonceOf(await kit.send('INVITE', BOB, { remote: '192.0.2.66' }))
    const guess = (nonce: string, remote = '192.0.2.9') => kit.send('INVITE', BOB, { remote, fields: [line(nonce)] })
    // neither a made up nonce nor one that the sender was given at his own address
    for (let count = 0; count < 5; count++)
      for (const nonce of ['made-up', heard]) {
        const answer = await guess(nonce)
        expect([outcome(answer), header(answer, 'Proxy-Authenticate')[0]]).toEqual([407, expect.stringContaining('stale=true')])
      }
    expect(await ask('INVITE', BOB, as('alice'))).toEqual(['sip:bob@192.0.2.50'])
    // from his own address it counts
    for (let count = 0; count < 3; count++) expect(outcome(await guess(heard, '192.0.2.66'))).toBe(407)
    expect(outcome(await guess(heard, '192.0.2.66'))).toBe(503)
  })

  it('an unknown user is challenged like one with a wrong password', async () => {
    expect(await ask('INVITE', BOB, { from: `sip:ghost@${DOMAIN}`, login: 'ghost' })).toBe(407)
  })

  it('an old nonce is replaced without counting as a guess @req SIP-2', async () => {
    for (let count = 0; count < 5; count++) {
      kit.pause = 400_000
      const command = await kit.send('INVITE', BOB, as('alice'))
      expect([outcome(command), header(command, 'Proxy-Authenticate')[0]]).toEqual([407, expect.stringContaining('stale=true')])
    }
    kit.pause = 0
    expect(await ask('INVITE', BOB, as('alice'))).toEqual(['sip:bob@192.0.2.50'])
  })

  it('while draining no session begins, but those that run go on', async () => {
    kit.desk.drain(30_000)
    const refused = await kit.send('INVITE', BOB, as('alice'))
    expect([outcome(refused), header(refused, 'Retry-After')]).toEqual([503, ['30']])
    expect(await ask('INVITE', BOB, as('alice', { toTag: 'x' }))).toEqual(['sip:bob@192.0.2.50'])
    expect(await ask('MESSAGE', BOB, as('alice'))).toEqual(['sip:bob@192.0.2.50'])
    expect(await ask('INVITE', BOB, { flow: 'focus' })).toEqual(['sip:bob@192.0.2.50'])
  })

  it('a database that fails is our trouble, not an answer about users', async () => {
    kit.delay = Promise.reject(Object.assign(new Error('/secret/path'), { code: 'store' }))
    const command = await kit.send('INVITE', BOB, OUTSIDER)
    expect([outcome(command), header(command, 'Retry-After')]).toEqual([503, ['10']])
  })

  it('nothing is said about a request that was withdrawn meanwhile', async () => {
    let go = () => {}
    kit.delay = new Promise(resolve => (go = resolve))
    const event = kit.event('INVITE', BOB, OUTSIDER)
    kit.desk.take(event)
    expect(kit.desk.pending).toBe(1)
    kit.desk.cancelled(event.id)
    go()
    await new Promise(resolve => setTimeout(resolve, 5))
    expect(kit.commands).toEqual([])
    expect(kit.desk.pending).toBe(0)
  })

  it('sessions that begin are counted', async () => {
    await kit.send('INVITE', BOB, OUTSIDER)
    await kit.send('INVITE', BOB, { ...OUTSIDER, toTag: 'x' })
    await kit.send('MESSAGE', BOB, OUTSIDER)
    expect(kit.counted.filter(text => text.startsWith('began'))).toHaveLength(1)
  })
})
