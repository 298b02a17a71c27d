import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificates, type NodeClientOptions } from '../../src/node/index.js'
import { kamailioInstalled } from '../kit/kamailio.js'
import { KamailioWorld, type Party, until } from '../kit/kamailio-world.js'
import { sha1 } from '../kit/temp-folder.js'

type Transport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'

describe.skipIf(!kamailioInstalled())('through a real Kamailio over each transport', () => {
  let world: KamailioWorld
  let pairs = 0

  beforeAll(async () => {
    world = await KamailioWorld.start()
  })
  afterAll(() => world.close())

  const pair = async (transport: Transport, options: Partial<NodeClientOptions> = {}) => {
    const party = async (user: string) => (await world.party(user, transport, options)).acceptAll()
    return [await party(`alice${++pairs}`), await party(`bob${pairs}`)] as const
  }

  /** The caller sends two files that arrive whole, then releases the session. */
  const call = async (from: Party, to: Party) => {
    const { folder, log } = world.kamailio
    const name = `from-${from.client.aor.slice('sip:'.length).split('@')[0]}`
    const files = [folder.file(`${name}.bin`, randomBytes(300_000)), folder.file(`${name}.txt`, 'through Kamailio\n')]
    const report = await from.client.send(to.client.aor, files).done
    expect(
      report.files.map(({ state, error }) => [state, error?.message]),
      log,
    ).toEqual(files.map(() => ['done', undefined]))
    for (const file of files) expect(sha1(join(to.inbox, basename(file)))).toBe(sha1(file))
    const byes = () => to.starts('in').filter(start => start.startsWith('BYE '))
    await until(() => byes().length === 1, 10_000, 'BYE')
  }

  const contactOf = (party: Party) => {
    const register = party.messages('sip', 'out').find(text => text.startsWith('REGISTER '))
    return register?.match(/^Contact: (.*)$/m)?.[1] ?? ''
  }
  const transportsOf = (party: Party) => [
    ...new Set(party.entries.filter(({ protocol }) => protocol === 'sip').map(entry => entry.transport)),
  ]

  for (const [transport, contact] of [
    ['udp', /^<sip:alice\d+@127\.0\.0\.1:\d+;transport=udp>/],
    ['tcp', /^<sip:alice\d+@127\.0\.0\.1:\d+;transport=tcp>/],
    ['tls', /^<sip:alice\d+@127\.0\.0\.1:\d+;transport=tls>.*;reg-id=1$/],
    ['ws', /^<sip:alice\d+@[a-z0-9]{12}\.invalid;transport=ws>.*;reg-id=1$/],
    ['wss', /^<sip:alice\d+@[a-z0-9]{12}\.invalid;transport=ws>.*;reg-id=1$/],
  ] as const)
    it(`registers, calls and is called over ${transport} @req SIP-1 SIP-2 SIP-5 SIP-28 SIP-33 CON-5`, async () => {
      const [alice, bob] = await pair(transport)
      await Promise.all([alice.client.ready, bob.client.ready])
      await call(alice, bob)
      await call(bob, alice)
      expect(contactOf(alice)).toMatch(contact)
      // An INVITE with files is too large for a datagram
      expect(transportsOf(alice).sort()).toEqual(transport === 'udp' ? ['tcp', 'udp'] : [transport])
      for (const text of [...alice.messages('sip', 'out'), ...bob.messages('sip', 'out')])
        if (transport === 'udp' && text.startsWith('INVITE ')) expect(text.length).toBeGreaterThan(1300)
    })

  it('calls from one transport to another @req SIP-5 SIP-33', async () => {
    const alice = (await world.party('mixed-alice', 'ws')).acceptAll()
    const bob = (await world.party('mixed-bob', 'tls')).acceptAll()
    await Promise.all([alice.client.ready, bob.client.ready])
    await call(alice, bob)
    await call(bob, alice)
    expect([transportsOf(alice), transportsOf(bob)]).toEqual([['ws'], ['tls']])
  })

  for (const transport of ['tls', 'wss'] as const)
    it(`keeps to TLS from end to end over ${transport}, without a listener of its own @req SEC-7 CON-40`, async () => {
      const [alice, bob] = await pair(transport, { profile: 'secure' })
      await Promise.all([alice.client.ready, bob.client.ready])
      await call(alice, bob)
      await call(bob, alice)
      for (const party of [alice, bob]) {
        expect(transportsOf(party)).toEqual([transport])
        expect(party.client.contact).toBe(party.client.aor)
        expect(party.entries.some(({ protocol }) => protocol === 'msrp')).toBe(true)
        const offer = party.messages('sip', 'out').find(text => text.startsWith('INVITE ')) ?? ''
        expect(offer).toMatch(/^m=message \d+ TCP\/TLS\/MSRP \*$/m)
        expect(offer).toMatch(/^a=path:msrps:\/\/127\.0\.0\.1:\d+\/\w+;tcp$/m)
        expect(offer).toMatch(/^a=fingerprint:SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}$/im)
        expect(offer).not.toContain('msrp:')
      }
    })

  for (const transport of ['tls', 'wss'] as const)
    it(`registers over ${transport} only where the certificate is vouched for`, async () => {
      const strangers = await makeCertificates({ into: world.kamailio.folder.join(`strangers-${transport}`), names: ['127.0.0.1'] })
      const alice = await world.party('stranger', transport, { tls: { ca: readFileSync(strangers.ca, 'utf8') } })
      await expect(alice.client.ready).rejects.toMatchObject({ code: 'tls' })
      expect(alice.messages('sip', 'out')).toEqual([])
    })

  it('says that the password is wrong, also over wss @req SIP-2', async () => {
    const alice = await world.party('alice', 'wss', { password: 'wrong' })
    await expect(alice.client.ready).rejects.toMatchObject({ code: 'auth-failed' })
  })
})
