import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { headerOf, RawSip, statusOf } from '../kit/raw-sip.js'
import { sameOctets, ServerWorld, takeNext } from '../kit/server-world.js'

// A server with accounts; what callers send is written by hand, on sockets
const ICSI = 'urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer'
const FACTORY = 'sip:conference-factory@cpm.test'

let world: ServerWorld
const peers: RawSip[] = []
const port = (transport = 'tcp'): number => world.server.addresses.find(address => address.transport === transport)?.port ?? 0
const peer = async (transport: 'tcp' | 'udp' = 'tcp'): Promise<RawSip> => {
  const made = await RawSip[transport](port(transport))
  peers.push(made)
  return made
}
/** A member that counts what comes. */
const member = async (name: string): Promise<RawSip> => {
  await world.addUser(name)
  const made = await peer()
  made.onRequest = request => made.respond(request, '486 Busy Here')
  const done = await made.askAs(`${name}-secret`, {
    method: 'REGISTER',
    uri: 'sip:cpm.test',
    from: `${name}@cpm.test`,
    to: `sip:${name}@cpm.test`,
    headers: [`Accept-Contact: *;+g.3gpp.icsi-ref="${ICSI}"`, 'Expires: 600'],
  })
  expect(statusOf(done), done).toBe(200)
  return made
}

beforeEach(async () => {
  world = await ServerWorld.start({ openRegistration: false, listen: ['sip:127.0.0.1:*'] })
})
afterEach(async () => {
  for (const made of peers.splice(0)) made.close()
  await world[Symbol.asyncDispose]()
})

const SDP = [
  'v=0',
  'o=alice 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=message 2855 TCP/MSRP *',
  'a=sendonly',
  'a=setup:actpass',
  'a=accept-types:message/cpim *',
  'a=path:msrp://127.0.0.1:2855/rawsession0000000001;tcp',
  'a=file-selector:name:"a.txt" type:text/plain size:5',
  'a=file-transfer-id:f1Kx83LmQz0TtY7bWc5RnV2eHd9GjA64',
  '',
].join('\r\n')

const entries = (uris: readonly string[]): string =>
  `<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol"><list>${uris
    .map(uri => `<entry uri="${uri}" cp:copyControl="to"/>`)
    .join('')}</list></resource-lists>`

/** INVITE to the factory with this list. */
const invite = (from: string, list: string, headers: readonly string[] = []) => ({
  method: 'INVITE',
  uri: FACTORY,
  from,
  headers: [
    'Require: recipient-list-invite',
    `Accept-Contact: *;+g.3gpp.icsi-ref="${ICSI}"`,
    'Content-Type: multipart/mixed;boundary=b',
    ...headers,
  ],
  body: [
    '--b',
    'Content-Type: application/sdp',
    '',
    SDP,
    '--b',
    'Content-Type: application/resource-lists+xml',
    'Content-Disposition: recipient-list',
    '',
    list,
    '--b--',
    '',
  ].join('\r\n'),
})

/** Octets of memory in use after a collection, where the test may ask for one. */
const memory = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().rss
}

describe('an INVITE to the conference factory', { timeout: 30_000 }, () => {
  it.each(['tcp', 'udp'] as const)(
    'without proof over %s calls nobody: not one packet reaches a member @req GRP-14 GRP-41',
    async transport => {
      const bob = await member('bob')
      const before = bob.heard.length
      const list = entries(['sip:bob@cpm.test', 'sip:carol@cpm.test'])
      const stranger = await peer(transport)
      const answers = [
        await stranger.ask(invite('alice@cpm.test', list)),
        await stranger.ask(invite('mallory@elsewhere.example', list)),
        await stranger.ask(invite('anonymous@anonymous.invalid', list)),
        // words of a stranger about itself
        await stranger.ask(invite('alice@cpm.test', list, ['P-Asserted-Identity: <sip:alice@cpm.test>'])),
        await stranger.ask(invite('mallory@elsewhere.example', list, ['P-Asserted-Identity: <sip:alice@cpm.test>'])),
      ]
      expect(answers.map(statusOf)).toEqual([407, 403, 407, 407, 403])
      await world.addUser('alice')
      const guessed = await stranger.askAs('a wrong guess', invite('alice@cpm.test', list))
      expect(statusOf(guessed)).toBe(407)
      // long enough for a packet on loopback
      await new Promise(resolve => setTimeout(resolve, 300))
      expect(bob.heard.slice(before)).toEqual([])
    },
  )

  it('with a list of 10,000, or with an XML bomb, is refused in time and flat memory, and calls nobody @req GRP-15 SEC-11', async () => {
    const bob = await member('bob')
    const heard = bob.heard.length
    await world.addUser('alice')
    const bomb = Array.from({ length: 30 }, (_, index) => `<!ENTITY e${index + 1} "&e${index};&e${index};">`).join('')
    const few = entries(['sip:bob@cpm.test'])
    const lists = {
      many: entries(['sip:bob@cpm.test', ...Array.from({ length: 10_000 }, (_, index) => `sip:u${index}@cpm.test`)]),
      // short entries, so that it is their number and not their octets that is too much
      short: entries([...Array.from({ length: 2000 }, (_, index) => `sip:${index}@a`), 'sip:bob@cpm.test']),
      bomb: `<!DOCTYPE a [<!ENTITY e0 "aaaaaaaaaa">${bomb}]>${few.replace('sip:bob', '&e30;')}`,
      outside: `<!DOCTYPE a SYSTEM "file:///etc/passwd">${few}`,
      deep: `${'<a>'.repeat(2000)}${few}${'</a>'.repeat(2000)}`,
      same: entries(Array.from({ length: 3000 }, () => 'sip:bob@cpm.test')),
    }
    const before = memory()
    const statuses: Record<string, number> = {}
    for (const [name, list] of Object.entries(lists)) {
      const alice = await peer()
      const begin = performance.now()
      const answer = await alice.askAs('alice-secret', invite('alice@cpm.test', list))
      expect(performance.now() - begin, name).toBeLessThan(3000)
      statuses[name] = statusOf(answer)
    }
    expect(statuses).toEqual({ many: 413, short: 403, bomb: 400, outside: 400, deep: 413, same: 403 })
    expect(memory() - before).toBeLessThan(200e6)
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(bob.heard.slice(heard)).toEqual([])
    // and everything still works
    const good = (await peer()).askAs('alice-secret', invite('alice@cpm.test', entries(['sip:bob@cpm.test'])))
    expect(statusOf(await good)).toBe(486)
    expect(bob.requests('INVITE')).toHaveLength(1)
  })
})

describe('a registrar', { timeout: 30_000 }, () => {
  it('a storm of REGISTERs for one address leaves no more than its devices, and others served @req SIP-3 SEC-12', async () => {
    await world.addUser('alice')
    const bob = await member('bob')
    const storm = await Promise.all(Array.from({ length: 10 }, () => peer()))
    const register = (cseq: number, contact: number) => ({
      method: 'REGISTER',
      uri: 'sip:cpm.test',
      from: 'alice@cpm.test',
      to: 'sip:alice@cpm.test',
      cseq,
      headers: [`Contact: <sip:alice@192.0.2.9:${6000 + contact}>`, 'Expires: 600'],
    })
    const answers = storm.flatMap((flow, index) =>
      Array.from({ length: 40 }, (_, turn) => flow.askAs('alice-secret', register(1 + 2 * turn, index * 40 + turn))),
    )
    const begin = performance.now()
    const other = await bob.askAs('bob-secret', { method: 'REGISTER', uri: 'sip:cpm.test', from: 'bob@cpm.test', to: 'sip:bob@cpm.test' })
    expect(statusOf(other)).toBe(200)
    expect(performance.now() - begin).toBeLessThan(5000)
    const statuses = (await Promise.all(answers)).map(statusOf)
    expect(statuses.filter(status => status === 200).length).toBeGreaterThan(0)
    for (const status of statuses) expect([200, 403, 500, 503]).toContain(status)
    const kept = await world.server.database.bindings.of('sip:alice@cpm.test', Date.now())
    expect(kept.length).toBeLessThanOrEqual(10)
  })
})

it('is there to help: what these tests write by hand is a good call when the password is right', async () => {
  await world.addUser('carol')
  await world.addUser('dave')
  const carol = await world.client('carol')
  const dave = await world.client('dave')
  const source = await world.file('a.bin', 50_000)
  const taken = takeNext(dave)
  await carol.send(world.aor('dave'), source).done
  expect(await sameOctets((await taken).files[0]?.path, source)).toBe(true)
  const raw = await (await peer()).ask({ method: 'OPTIONS', uri: 'sip:cpm.test', from: 'x@elsewhere.example' })
  expect(statusOf(raw)).toBe(200)
  expect(headerOf(raw, 'Allow')).toContain('REGISTER')
}, 30_000)
