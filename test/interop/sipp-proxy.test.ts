import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { installed } from '../kit/installed.js'
import { ProxyNode } from '../kit/proxy-node.js'
import { Sipp, type SippRun } from '../kit/sipp.js'
import { TempFolder } from '../kit/temp-folder.js'

const VALUES = { HEADER: 'Subject: through', BODY: '', HOPS: 70, TAG: '', USER: 'bob' }

describe.skipIf(!installed('sipp', '-v'))('SIPp calls SIPp through our proxy', () => {
  const folder = new TempFolder()
  const running: { stop(): Promise<void> }[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map(one => one.stop()))
  })
  afterAll(() => folder.remove())

  const sipp = async (run: Omit<SippRun, 'folder'>) => {
    const one = await Sipp.start({ folder, ...run })
    running.push(one)
    return one
  }
  const world = async (caller: string, transport: 'tcp' | 'udp', callees: readonly string[], values: SippRun['values'] = {}) => {
    const bobs = await Promise.all(callees.map(scenario => sipp({ scenario, transport })))
    const proxy = await ProxyNode.start(() => bobs.map(({ uri }) => ({ uri })))
    running.push(proxy)
    const alice = await sipp({ scenario: caller, transport, call: proxy.address, values: { ...VALUES, ...values } })
    for (const one of [...bobs, alice]) expect(await one.exit, one.complaints).toBe(0)
    return { alice, bobs, proxy }
  }

  for (const transport of ['tcp', 'udp'] as const) {
    it(`with Record-Route: ACK and BYE follow the route, over ${transport} @req SIP-33`, async () => {
      const { bobs, proxy } = await world('uac-proxied', transport, ['uas-proxied'])
      const [bob] = bobs
      const invite = bob?.messagesReceived[0] ?? ''
      expect(invite.match(/^Record-Route: /gm)?.length).toBeGreaterThan(0)
      expect(invite.match(/^Via: /gm)).toHaveLength(2)
      expect(invite).toMatch(/^Max-Forwards: 69\r$/m)
      for (const message of bob?.messagesReceived ?? []) expect(message).not.toMatch(/^Route: /m)
      expect(proxy.starts('out').filter(start => /^(ACK|BYE) /.test(start))).toHaveLength(2)
      expect(proxy.events.map(event => event.name).slice(0, 3)).toEqual(['request', 'finished', 'passed'])
    })

    it(`and the callee hangs up, over ${transport} @req SIP-33`, async () => {
      const { proxy } = await world('uac-proxied-hung-up', transport, ['uas-proxied-hangs-up'])
      expect(proxy.starts('in').filter(start => start.startsWith('BYE '))).toHaveLength(1)
    })

    it(`and the caller cancels, over ${transport}`, async () => {
      const { alice, bobs } = await world('uac-cancel', transport, ['uas-proxied-cancelled'])
      expect(alice.received).toContain('SIP/2.0 487 Request Terminated')
      expect(bobs[0]?.messages).toContain('Reason: SIP;cause=200;text="Call completed elsewhere"')
    })

    it(`forked to two, where the first to answer wins and the other is called off, over ${transport} @req RCS-11`, async () => {
      const { alice, bobs } = await world('uac-proxied', transport, ['uas-proxied', 'uas-proxied-cancelled'])
      const cancel = bobs[1]?.messagesReceived.find(message => message.startsWith('CANCEL ')) ?? ''
      expect(cancel).toMatch(/^Reason: SIP;cause=200;text="Call completed elsewhere"/m)
      expect(alice.received.filter(start => /^SIP\/2.0 [2-6]/.test(start))).toEqual(['SIP/2.0 200 From SIPp', 'SIP/2.0 200 OK'])
    })

    it(`forked to two, where one declines and the other takes it, over ${transport} @req RCS-11`, async () => {
      await world('uac-proxied', transport, ['uas-proxied', 'uas-proxied-final'])
    })

    it(`and both decline, over ${transport} @req RCS-11`, async () => {
      const { alice } = await world('uac-refused', transport, ['uas-proxied-final', 'uas-proxied-final'], { STATUS: 488 })
      expect(alice.received.filter(start => start.startsWith('SIP/2.0 488'))).toHaveLength(1)
    })
  }
})
