import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { ProxyTarget } from '../../src/sip/index.js'
import { installed } from '../kit/installed.js'
import { KamailioBetween } from '../kit/kamailio-between.js'
import { ProxyNode } from '../kit/proxy-node.js'
import { Sipp, type SippRun } from '../kit/sipp.js'
import { TempFolder } from '../kit/temp-folder.js'

const VALUES = { HEADER: 'Subject: through', BODY: '', HOPS: 70, TAG: '', USER: 'bob', STATUS: 488 }
const CALLS = [
  ['is answered, and the caller hangs up', 'uac-proxied', 'uas-proxied'],
  ['is answered, and the callee hangs up', 'uac-proxied-hung-up', 'uas-proxied-hangs-up'],
  ['is declined', 'uac-refused', 'uas-proxied-final'],
] as const

describe.skipIf(!installed('sipp', '-v') || !installed('kamailio', '-v'))('our proxy beside Kamailio', () => {
  const folder = new TempFolder()
  const running: { stop(): Promise<void> }[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map(one => one.stop()))
  })
  afterAll(() => folder.remove())

  const kept = <T extends { stop(): Promise<void> }>(one: T): T => {
    running.push(one)
    return one
  }
  const sipp = async (run: Omit<SippRun, 'folder'>) => kept(await Sipp.start({ folder, ...run }))
  const goesWell = async (...parties: readonly Sipp[]) => {
    for (const one of parties) expect(await one.exit, one.complaints).toBe(0)
  }

  for (const transport of ['tcp', 'udp'] as const)
    for (const [what, caller, callee] of CALLS) {
      it(`a call that came by Kamailio ${what}, over ${transport} @req SIP-33`, async () => {
        const bob = await sipp({ scenario: callee, transport })
        const proxy = kept(await ProxyNode.start(() => [{ uri: bob.uri }]))
        const kamailio = kept(await KamailioBetween.start(folder, `sip:${proxy.address};transport=${transport}`))
        const alice = await sipp({ scenario: caller, transport, call: kamailio.address, values: VALUES })
        await goesWell(bob, alice)
        expect(proxy.events.filter(event => event.name === 'request')).toHaveLength(1)
        const record = bob.messagesReceived[0]?.match(/^Record-Route: /gm) ?? []
        expect(record.length).toBeGreaterThan(1)
      })

      it(`a call that goes on by Kamailio ${what}, over ${transport} @req SIP-33`, async () => {
        const bob = await sipp({ scenario: callee, transport })
        const kamailio = kept(await KamailioBetween.start(folder, 'sip:127.0.0.1:9'))
        const target: ProxyTarget = { uri: bob.uri, route: [`<sip:${kamailio.address};transport=${transport};lr>`] }
        const proxy = kept(await ProxyNode.start(() => [target]))
        const alice = await sipp({ scenario: caller, transport, call: proxy.address, values: VALUES })
        await goesWell(bob, alice)
        expect(proxy.events.filter(event => event.name === 'request')).toHaveLength(1)
      })
    }
})
