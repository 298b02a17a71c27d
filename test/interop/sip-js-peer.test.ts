import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { SessionState } from 'sip.js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { BareMsrp } from '../kit/bare-msrp.js'
import { kamailioInstalled } from '../kit/kamailio.js'
import { KamailioWorld, type Party, until } from '../kit/kamailio-world.js'
import { SipJsPeer } from '../kit/sip-js-peer.js'
import { sha1 } from '../kit/temp-folder.js'

describe.skipIf(!kamailioInstalled())('SIP.js over WebSocket as the other user agent, Kamailio between', () => {
  let world: KamailioWorld
  let msrp: BareMsrp
  let alice: Party
  let bob: SipJsPeer
  const bobs = 'sip:bob@example.test'

  beforeEach(async () => {
    vi.stubGlobal('WebSocket', WebSocket)
    world = await KamailioWorld.start()
    msrp = await BareMsrp.start()
    const { kamailio } = world
    alice = await world.party('alice', 'ws')
    bob = new SipJsPeer(msrp, { aor: bobs, password: kamailio.password, server: `ws://127.0.0.1:${kamailio.port}` })
    await Promise.all([bob.start(), alice.client.ready])
  })
  afterEach(async () => {
    await bob.stop()
    await world.close()
    await msrp.close()
    vi.unstubAllGlobals()
  })

  it('takes a file of ours: its m-line, its MSRP, our closing offer and BYE @req CR-10 SIP-33 SDP-2 OA-8', async () => {
    const octets = randomBytes(200_000)
    const transfer = alice.client.send(bobs, world.kamailio.folder.file('to-sip-js.bin', octets))
    await until(() => bob.invitations.length === 1, 10_000, 'the call')
    const [invitation] = bob.invitations
    await invitation?.accept()
    const report = await transfer.done
    expect(report.files.map(({ state, error, confirmed }) => [state, error?.message, confirmed])).toEqual([['done', undefined, true]])
    const [received] = [...msrp.messages.values()]
    expect(received?.subarray(-octets.length).equals(octets)).toBe(true)
    await until(() => invitation?.state === SessionState.Terminated, 10_000, 'BYE')
    const [{ remote } = { remote: [] }] = bob.descriptions
    expect(remote.at(-1)).toMatch(/^m=message 0 TCP\/MSRP \*\r$/m)
    const [id, again] = [remote[0], remote.at(-1)].map(sdp => /^a=file-transfer-id:.*$/m.exec(sdp ?? '')?.[0])
    expect(id).toBeDefined()
    expect(again).toBe(id)
  })

  it('sends us a file, which is verified @req CR-18 CR-21 RCV-6 RCV-13', async () => {
    const octets = randomBytes(100_000)
    bob.file = { name: 'from sip.js.bin', octets }
    const done = (async () => {
      for await (const offer of alice.client.offers()) {
        expect(offer.files.map(({ name, size, unavailable }) => [name, size, unavailable])).toEqual([
          ['from sip.js.bin', 100_000, undefined],
        ])
        expect(offer.from).toMatchObject({ uri: bobs, identity: 'asserted' })
        return offer.accept().done
      }
      throw new Error('no offer')
    })()
    const { session, descriptions } = await bob.call(alice.client.aor)
    const answer = descriptions.remote[0] ?? ''
    expect(answer).toMatch(/^a=recvonly\r$/m)
    const to = /^a=path:(.*?)\r$/m.exec(answer)?.[1] ?? ''
    expect(await msrp.send({ from: descriptions.path, to }, 'application/octet-stream', octets)).toEqual(['200', '200', '200', '200'])
    const report = await done
    expect(report.files.map(({ state, error }) => [state, error?.message])).toEqual([['done', undefined]])
    expect(sha1(join(alice.inbox, 'from sip.js.bin'))).toBe(createHash('sha1').update(octets).digest('hex'))
    await until(() => msrp.heads.some(head => / REPORT\r\n/.test(head)), 10_000, 'the REPORT')
    await session.bye()
    await until(() => alice.starts('out').filter(start => start.startsWith('SIP/2.0 200')).length >= 2, 10_000, '200 to BYE')
  })

  it('hears 488 when we decline its file, and when it calls with audio @req CR-22 SDP-2', async () => {
    bob.file = { name: 'unwanted.bin', octets: randomBytes(100) }
    const declining = (async () => {
      for await (const offer of alice.client.offers()) return offer.decline()
    })()
    await expect(bob.call(alice.client.aor)).rejects.toThrow('488')
    await declining
    bob.file = undefined
    await expect(bob.call(alice.client.aor)).rejects.toThrow('488')
    expect(readdirSync(alice.inbox)).toEqual([])
  })

  it('says why it takes nothing, and stops ringing when we withdraw @req SND-10 SIP-34', async () => {
    const file = world.kamailio.folder.file('a.txt', 'a')
    const declined = alice.client.send(bobs, file)
    await until(() => bob.invitations.length === 1, 10_000, 'the call')
    await bob.invitations[0]?.reject({ statusCode: 486 })
    expect((await declined.done).files[0]?.error?.code).toBe('busy')
    const withdrawn = alice.client.send(bobs, file)
    await until(() => bob.invitations.length === 2, 10_000, 'the call')
    withdrawn.abort()
    expect((await withdrawn.done).files[0]?.state).toBe('cancelled')
    await until(() => bob.invitations[1]?.state === SessionState.Terminated, 10_000, 'CANCEL')
  })
})
