import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { IncomingOffer } from '../../src/node/index.js'
import { kamailioInstalled } from '../kit/kamailio.js'
import { KamailioWorld, type Party, until } from '../kit/kamailio-world.js'
import { sha1 } from '../kit/temp-folder.js'

describe.skipIf(!kamailioInstalled())('two devices of one account at a real Kamailio, which forks', () => {
  let world: KamailioWorld
  let alice: Party
  let phone: Party
  let tablet: Party
  const offers = new Map<Party, IncomingOffer[]>()

  beforeEach(async () => {
    world = await KamailioWorld.start()
    alice = await world.party('alice', 'tcp')
    // One behind NAT, one that listens
    phone = await world.party('bob', 'ws')
    tablet = await world.party('bob', 'tcp')
    await Promise.all([alice, phone, tablet].map(({ client }) => client.ready))
    offers.clear()
    for (const device of [phone, tablet]) {
      const heard: IncomingOffer[] = []
      offers.set(device, heard)
      void (async () => {
        for await (const offer of device.client.offers()) heard.push(offer)
      })()
    }
  })
  afterEach(() => world.close())

  const ring = async (file: string) => {
    const transfer = alice.client.send('sip:bob@example.test', file)
    await until(() => [phone, tablet].every(device => offers.get(device)?.length === 1), 10_000, 'ringing on both')
    const [onPhone, onTablet] = [phone, tablet].map(device => offers.get(device)?.[0] as IncomingOffer)
    return { transfer, onPhone: onPhone as IncomingOffer, onTablet: onTablet as IncomingOffer }
  }

  it('the first to accept gets the files, the other is called off with the reason @req RCS-11', async () => {
    const file = world.kamailio.folder.file('a.bin', randomBytes(100_000))
    const { transfer, onPhone, onTablet } = await ring(file)
    onTablet.accept()
    const report = await transfer.done
    expect(report.files[0]?.error?.message).toBeUndefined()
    expect(report.ok).toBe(true)
    expect(sha1(join(tablet.inbox, 'a.bin'))).toBe(sha1(file))
    await until(() => onPhone.signal.aborted, 10_000, 'the end of the ringing')
    const cancel = phone.messages('sip', 'in').find(text => text.startsWith('CANCEL ')) ?? ''
    expect(cancel).toMatch(/^Reason: SIP;cause=200/m)
    expect(phone.starts('out').filter(start => start.startsWith('SIP/2.0 487'))).toHaveLength(1)
    expect(readdirSync(phone.inbox)).toEqual([])
    expect(() => onPhone.accept()).toThrow(expect.objectContaining({ code: 'withdrawn' }))
  })

  it('a decline on one does not end the other @req RCS-11', async () => {
    const file = world.kamailio.folder.file('b.bin', randomBytes(100_000))
    const { transfer, onPhone, onTablet } = await ring(file)
    await onTablet.decline()
    await until(() => tablet.starts('out').some(start => start.startsWith('SIP/2.0 488')), 10_000, '488')
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(onPhone.signal.aborted).toBe(false)
    onPhone.accept()
    expect((await transfer.done).ok).toBe(true)
    expect(sha1(join(phone.inbox, 'b.bin'))).toBe(sha1(file))
    expect(readdirSync(tablet.inbox)).toEqual([])
  })

  it('declines on both reach the caller @req RCS-11 SIP-34', async () => {
    const { transfer, onPhone, onTablet } = await ring(world.kamailio.folder.file('c.txt', 'c'))
    await onTablet.decline()
    await onPhone.decline()
    const [declined] = (await transfer.done).files
    expect([declined?.state, declined?.error?.code, declined?.error?.status]).toEqual(['declined', 'declined', 488])
  })

  it('the caller withdraws on both @req SND-10', async () => {
    const { transfer, onPhone, onTablet } = await ring(world.kamailio.folder.file('d.txt', 'd'))
    transfer.abort()
    await transfer.done
    await until(() => onPhone.signal.aborted && onTablet.signal.aborted, 10_000, 'the end of the ringing')
    for (const device of [phone, tablet]) expect(device.starts('out').filter(start => start.startsWith('SIP/2.0 487'))).toHaveLength(1)
  })
})
