import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { NodePlaces } from '../../src/server/node-places.js'
import { parseNameAddress, parseSipUri, type ProxyCommand, SipHeaders } from '../../src/sip/index.js'
import { DeskKit, DOMAIN } from '../kit/desk-kit.js'

const hash = (_: string, bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const ADDRESSES: Readonly<Record<string, string>> = { n1: 'sip:10.0.0.1;transport=tcp', n2: 'sip:10.0.0.2;transport=tcp' }
const CONFERENCE = `sip:ft-n2-8Jq2Lx71Zk@${DOMAIN}`

let alive: Set<string>

function kitOf(id: string): DeskKit {
  const nodes = new NodePlaces({
    id,
    address: ADDRESSES[id] as string,
    directory: { find: async node => (alive.has(node) ? ADDRESSES[node] : undefined) },
    secret: new Uint8Array(32).fill(9),
    hash,
  })
  const kit = new DeskKit({ node: id, nodes, isTrusted: event => event.flow === 'focus' || nodes.isSealed(event) })
  for (const user of ['alice', 'bob']) kit.addUser(user, user === 'alice' ? 'Alice' : undefined)
  return kit
}

/** The request as it leaves one server and comes to the other. */
function passedOn(from: DeskKit, command: ProxyCommand, forge?: string) {
  if (command.name !== 'forward') throw new Error(`not passed on: ${JSON.stringify(command)}`)
  const [target] = command.targets
  const routeUser = parseSipUri(parseNameAddress(target?.route?.[0] ?? '')?.uri ?? '')?.user
  const event = from.last
  const headers = new SipHeaders(event.request.headers)
  for (const name of command.remove ?? []) headers.delete(name)
  for (const [name, value] of command.add ?? []) headers.append(name, value)
  if (forge !== undefined) headers.set('P-Asserted-Identity', forge)
  return { ...event, request: { ...event.request, headers }, ...(routeUser !== undefined && { routeUser }) }
}

describe('a server among others of one database', () => {
  beforeEach(() => {
    alive = new Set(['n1', 'n2'])
  })

  it('sends what is for a conference of another one there, with who it is from, and asks for no second proof @req GRP-14 SEC-15', async () => {
    const [here, there] = [kitOf('n1'), kitOf('n2')]
    const command = await here.send('SUBSCRIBE', CONFERENCE, { login: 'alice' })
    expect(command).toMatchObject({
      name: 'forward',
      targets: [{ uri: CONFERENCE, route: [expect.stringMatching(/^<sip:n-[0-9a-f]{32}@10\.0\.0\.2;transport=tcp;lr>$/)] }],
      add: [['P-Asserted-Identity', `"Alice" <sip:alice@${DOMAIN}>`]],
    })
    expect(await there.take(passedOn(here, command))).toMatchObject({
      name: 'forward',
      targets: [{ uri: CONFERENCE, flow: 'focus' }],
      remove: [],
    })
    const forged = passedOn(here, command, `<sip:bob@${DOMAIN}>`)
    expect(await there.take(forged)).toMatchObject({ name: 'respond', status: 407 })
  })

  it('proves who somebody is before anything goes to another one @req GRP-14', async () => {
    const here = kitOf('n1')
    expect(await here.send('SUBSCRIBE', CONFERENCE)).toMatchObject({ name: 'respond', status: 407 })
    expect(await here.send('SUBSCRIBE', CONFERENCE, { from: 'sip:eve@elsewhere.example' })).toMatchObject({ status: 403 })
  })

  it('says that a conference is gone with its server', async () => {
    alive.delete('n2')
    const here = kitOf('n1')
    expect(await here.send('SUBSCRIBE', CONFERENCE, { login: 'alice' })).toMatchObject({ name: 'respond', status: 404 })
    expect(await here.send('BYE', CONFERENCE, { toTag: '2' })).toMatchObject({ name: 'respond', status: 481 })
  })

  it('passes nothing on that another one took for its own', async () => {
    const [here, third] = [kitOf('n1'), kitOf('n1')]
    const command = await here.send('SUBSCRIBE', CONFERENCE, { login: 'alice' })
    expect(await third.take(passedOn(here, command))).toMatchObject({ name: 'respond', status: 404 })
  })

  it('keeps its own conferences, and makes those that are asked of it', async () => {
    const here = kitOf('n2')
    for (const uri of [CONFERENCE, `sip:ft-8Jq2Lx71Zk@${DOMAIN}`, `sip:conference-factory@${DOMAIN}`])
      expect(await here.send('INVITE', uri, { login: 'alice' })).toMatchObject({ targets: [{ uri, flow: 'focus' }] })
  })

  it('leads the others to devices over its connections, and leaves out those of a dead one', async () => {
    const here = kitOf('n1')
    const path = ['<sip:p-in-9-00@10.0.0.2;transport=tcp;lr;ob>']
    here.bind('bob', { node: 'n1', flow: 'in-7', path: ['<sip:p-in-7-00@10.0.0.1;transport=tcp;lr;ob>'] })
    here.bind('bob', { node: 'n2', flow: 'in-9', path })
    const invite = () => here.send('INVITE', `sip:bob@${DOMAIN}`, { login: 'alice' })
    expect(await invite()).toMatchObject({
      targets: [
        { uri: 'sip:bob@192.0.2.50', flow: 'in-7' },
        { uri: 'sip:bob@192.0.2.51', route: path },
      ],
    })
    alive.delete('n2')
    expect(await invite()).toMatchObject({ targets: [{ uri: 'sip:bob@192.0.2.50', flow: 'in-7' }] })
    here.bindings.delete(`sip:bob@${DOMAIN}`)
    here.bind('bob', { node: 'n2', flow: 'in-9', path })
    expect(await invite()).toMatchObject({ name: 'respond', status: 480 })
  })

  it('puts itself into the Path of who registers over a connection, and of nobody else', async () => {
    const here = kitOf('n1')
    const register = (contact: string) =>
      here.send('REGISTER', `sip:${DOMAIN}`, { to: `sip:alice@${DOMAIN}`, login: 'alice', fields: [`Contact: ${contact}`] })
    expect(await register('<sip:alice@x1.invalid;transport=ws>')).toMatchObject({ status: 200 })
    expect(here.bindings.get(`sip:alice@${DOMAIN}`)).toMatchObject([
      { node: 'n1', flow: 'in-1', path: ['<sip:token-in-1@10.0.0.1;transport=tcp;lr;ob>'] },
    ])
    here.bindings.clear()
    expect(await register('<sip:alice@192.0.2.9:5071;transport=tcp>')).toMatchObject({ status: 200 })
    expect(here.bindings.get(`sip:alice@${DOMAIN}`)).toMatchObject([{ path: [] }])
  })

  it('says that a connection is gone which a Path of before led to', async () => {
    const here = kitOf('n1')
    const event = { ...here.event('INVITE', 'sip:bob@192.0.2.50', {}), routeUser: 'p-in-7-00' }
    expect(await here.take(event)).toMatchObject({ name: 'respond', status: 430 })
  })

  it('counts what a proxy of ours brings by where that got it @req SEC-12', async () => {
    const limits = { requests: { rate: 0.001, burst: 1 }, limitsLoopback: true, failedLogins: { rate: 0.001, burst: 1 } }
    const kit = new DeskKit({ edges: new Set(['192.0.2.9']), limits })
    kit.addUser('alice')
    const options = (client: string) =>
      kit.send('OPTIONS', `sip:${DOMAIN}`, { fields: [`Via: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK0;received=${client}`] })
    expect(await options('203.0.113.1')).toMatchObject({ status: 200 })
    expect(await options('203.0.113.2')).toMatchObject({ status: 200 })
    expect(await options('203.0.113.1')).toMatchObject({ status: 503 })
  })
})
