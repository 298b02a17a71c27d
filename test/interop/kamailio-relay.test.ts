import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeCertificates, type NodeClientOptions } from '../../src/node/index.js'
import { Kamailio, kamailioInstalled } from '../kit/kamailio.js'
import { KamailioWorld, type Party, until } from '../kit/kamailio-world.js'
import { sha1 } from '../kit/temp-folder.js'

describe.skipIf(!kamailioInstalled())("through a real MSRP relay: Kamailio's msrp module", () => {
  let world: KamailioWorld
  /** Another Kamailio, so that the relay can go away while SIP stays. */
  let relay: Kamailio

  beforeEach(async () => {
    world = await KamailioWorld.start()
    relay = await Kamailio.start()
  })
  afterEach(async () => {
    await world.close()
    await relay.close()
  })

  const party = (user: string, hasRelay: boolean, options: Partial<NodeClientOptions> = {}) =>
    world.party(user, 'tls', {
      profile: 'secure',
      tls: { ca: `${world.kamailio.ca}\n${relay.ca}` },
      ...(hasRelay ? { relay: { uri: relay.relay } } : {}),
      ...options,
    })

  /** Sends a file of many chunks, one of a few and an empty one. */
  const call = async (from: Party, to: Party) => {
    await Promise.all([from.client.ready, to.client.ready])
    const { folder } = world.kamailio
    const files = [folder.file('large.bin', randomBytes(400_000)), folder.file('small.txt', 'through a relay\n'), folder.file('empty', '')]
    const report = await from.client.send(to.client.aor, files).done
    expect(
      report.files.map(({ state, error, confirmed }) => [state, error?.message, confirmed]),
      relay.log,
    ).toEqual(files.map(() => ['done', undefined, true]))
    for (const file of files) expect(sha1(join(to.inbox, basename(file)))).toBe(sha1(file))
  }
  const peersOf = ({ entries }: Party) => [...new Set(entries.filter(({ protocol }) => protocol === 'msrp').map(({ remote }) => remote))]
  const heads = (party: Party, method: string) =>
    party.messages('msrp', 'out').filter(text => text.split('\r\n')[0]?.endsWith(` ${method}`))
  const bodiesOf = ({ entries }: Party) =>
    entries.filter(({ protocol, direction }) => protocol === 'msrp' && direction === 'out').map(({ bodyLength }) => bodyLength)

  it('carries files between two clients that connect to nobody else @req RLY-1 RLY-2 RLY-3 RLY-7', async () => {
    const alice = await party('alice', true)
    const bob = (await party('bob', true)).acceptAll()
    await call(alice, bob)
    const place = `127.0.0.1:${relay.tlsPort}`
    expect([peersOf(alice), peersOf(bob)]).toEqual([[place], [place]])
    // Three files, so three AUTHs that are challenged and answered (a nonce may serve again)
    const answered = heads(alice, 'AUTH').filter(text => text.includes('Authorization: Digest username="alice"'))
    expect(answered.length).toBe(3)
    for (const text of answered) expect(text).toMatch(/^To-Path: msrps:\/\/127\.0\.0\.1:\d+;tcp\r$/m)
    const invite = alice.messages('sip', 'out').find(text => text.startsWith('INVITE ')) ?? ''
    const paths = [...invite.matchAll(/^a=path:(.*)$/gm)].map(([, path]) => path?.trim().split(' ') ?? [])
    expect(paths.length).toBe(3)
    expect(new Set(paths.flat()).size).toBe(6)
    for (const [outer, own] of paths) expect([outer, own].map(uri => uri?.startsWith(`msrps://${place}/`))).toEqual([true, false])
    for (const text of heads(alice, 'SEND')) expect(text).toMatch(/^To-Path: (msrps:\S+;tcp ?){3}\r$/m)
    expect(Math.max(...bodiesOf(alice))).toBe(8192)
    expect(heads(alice, 'SEND').some(text => text.includes('Success-Report: yes'))).toBe(true)
    expect(heads(bob, 'REPORT').length).toBeGreaterThanOrEqual(3)
  })

  it('carries files of a client whose peer has no relay, with success reports whatever was asked for @req RLY-3 RLY-8 CON-24', async () => {
    const alice = await party('alice', true, { successReport: false })
    const bob = (await party('bob', false)).acceptAll()
    await call(alice, bob)
    expect(peersOf(alice)).toEqual([`127.0.0.1:${relay.tlsPort}`])
    expect(heads(bob, 'AUTH')).toEqual([])
    for (const text of heads(alice, 'SEND').filter(head => head.includes('Content-Type:'))) expect(text).toContain('Success-Report: yes')
  })

  it('carries files to a client whose peer has no relay @req RLY-7', async () => {
    const alice = await party('alice', false)
    const bob = (await party('bob', true)).acceptAll()
    await call(alice, bob)
    expect(peersOf(bob)).toEqual([`127.0.0.1:${relay.tlsPort}`])
    expect(peersOf(alice)).toEqual([`127.0.0.1:${relay.tlsPort}`])
    expect(heads(alice, 'AUTH')).toEqual([])
    expect(Math.max(...bodiesOf(alice))).toBe(8192)
  })

  it('is reached over WebSocket by a client whose address nobody learns @req WS-1 WS-3 RLY-3', async () => {
    const alice = (await party('alice', true, { relay: { uri: relay.relay.replace(';tcp', ';ws') } })).acceptAll()
    const bob = (await party('bob', true)).acceptAll()
    await call(alice, bob)
    await call(bob, alice)
    const place = `127.0.0.1:${relay.tlsPort}`
    expect(peersOf(alice)).toEqual([place])
    expect([...new Set(alice.entries.filter(({ protocol }) => protocol === 'msrp').map(({ transport }) => transport))]).toEqual(['wss'])
    const invite = alice.messages('sip', 'out').find(text => text.startsWith('INVITE ')) ?? ''
    expect(invite.match(/^m=message \d+ TCP\/TLS\/MSRP \*\r$/gm)).toHaveLength(3)
    for (const [, outer, own] of invite.matchAll(/^a=path:(\S+) (\S+)\r$/gm)) {
      expect(outer).toMatch(/^msrps:\/\/127\.0\.0\.1:\d+\/\w+;tcp$/)
      expect(own).toMatch(/^msrps:\/\/[a-z0-9]{12}\.invalid:2855\/\w+;ws$/)
    }
  })

  it('says what is wrong with the account, and calls nobody @req RLY-2', async () => {
    const alice = await party('alice', true, { relay: { uri: relay.relay, password: 'wrong' } })
    await alice.client.ready
    const report = await alice.client.send('sip:bob@example.test', world.kamailio.folder.file('a.txt', 'a')).done
    expect(report.files[0]?.error?.code).toBe('relay-failed')
    expect(report.files[0]?.error?.status).toBeUndefined()
    expect(heads(alice, 'AUTH').length).toBe(4)
    expect(alice.starts('out').some(start => start.startsWith('INVITE '))).toBe(false)
  })

  it('never asks a relay that nobody vouches for @req RLY-1 CON-42', async () => {
    const strangers = await makeCertificates({ into: relay.folder.join('strangers'), names: ['127.0.0.1'] })
    const ca = `${world.kamailio.ca}\n${readFileSync(strangers.ca, 'utf8')}`
    const alice = await party('alice', true, { tls: { ca } })
    await alice.client.ready
    const report = await alice.client.send('sip:bob@example.test', world.kamailio.folder.file('a.txt', 'a')).done
    expect(report.files[0]?.error?.code).toBe('relay-failed')
    expect(alice.messages('msrp', 'out')).toEqual([])
  })

  for (const inFlight of [true, false])
    it(`fails clearly when the relay goes away ${inFlight ? 'with octets on their way, and starts' : 'at rest, and goes on'} when it is back @req RLY-9${inFlight ? '' : ' RCS-1 RCS-2'}`, async () => {
      const { folder } = world.kamailio
      const alice = await party('alice', true, { store: folder.join('alice.db') })
      const bob = await party('bob', true, { store: folder.join('bob.db') })
      await Promise.all([alice.client.ready, bob.client.ready])
      const file = folder.file('large.bin', randomBytes(12 * 1024 * 1024))
      bob.acceptAll()
      const transfer = alice.client.send(bob.client.aor, file)
      const sent = () => transfer.files[0]?.bytes ?? 0
      await until(() => sent() > 2 * 1024 * 1024, 10_000, 'a part')
      if (!inFlight) {
        transfer.pause()
        await until(() => transfer.files[0]?.state === 'paused', 10_000, 'the pause')
        await new Promise(resolve => setTimeout(resolve, 500))
      }
      await relay.stop()
      const { files } = await transfer.done
      expect(files[0]?.state).toBe('failed')
      // Whoever loses the relay first tells the other, who may not have noticed yet
      expect(['connection-lost', 'aborted-by-peer']).toContain(files[0]?.error?.code)

      await relay.run()
      const [stored] = await alice.client.interrupted()
      if (stored === undefined) throw new Error('nothing to go on with')
      const again = await (await alice.client.resume(stored.id)).done
      expect(
        again.files.map(({ state, error }) => [state, error?.message]),
        relay.log,
      ).toEqual([['done', undefined]])
      // What a relay confirmed need not have arrived: then it is offered from further back
      if (!inFlight) expect(again.files[0]?.resumedAt).toBeGreaterThan(1024 * 1024)
      expect(sha1(join(bob.inbox, 'large.bin'))).toBe(sha1(file))
    })
})
