import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { SipDriver } from '../../src/client/sip-driver.js'
import { nodeHost } from '../../src/node/index.js'
import type { UserAgentEvent } from '../../src/sip/index.js'
import { freePort } from '../kit/command-line.js'
import { installed } from '../kit/installed.js'
import { Sipp } from '../kit/sipp.js'
import { TempFolder } from '../kit/temp-folder.js'

const ROSTER = { contentType: 'application/conference-info+xml', bytes: new TextEncoder().encode('<conference-info version="1"/>') }

describe.skipIf(!installed('sipp', '-v'))('SIPp and subscriptions', () => {
  const folder = new TempFolder()
  const running: { stop(): Promise<void> }[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map(one => one.stop()))
  })
  afterAll(() => folder.remove())

  /** Our user agent on sockets; events in the order they came. */
  const agent = async (react: (event: UserAgentEvent, driver: SipDriver) => void) => {
    const events: UserAgentEvent[] = []
    const driver: SipDriver = await SipDriver.open({
      host: nodeHost(),
      address: { host: '127.0.0.1', port: await freePort() },
      transports: ['tcp', 'udp'],
      agent: {
        aor: 'sip:conf@127.0.0.1',
        allow: ['OPTIONS', 'SUBSCRIBE', 'NOTIFY'],
        supported: [],
        accept: [],
        events: ['conference'],
      },
      onEvent: event => {
        events.push(event)
        react(event, driver)
      },
      onTrace: () => {},
    })
    running.push({ stop: () => driver.close() })
    return { driver, events }
  }

  for (const transport of ['tcp', 'udp'] as const) {
    it(`subscribes at SIPp, hears its state and takes the subscription back, over ${transport}`, async () => {
      const sipp = await Sipp.start({ folder, scenario: 'uas-notifier', transport })
      running.push(sipp)
      const { driver, events } = await agent(event => {
        if (event.name === 'notified' && event.state === 'active') driver.command({ name: 'unsubscribe', id: 's' })
      })
      driver.command({ name: 'subscribe', id: 's', target: sipp.uri, event: 'conference', expires: 600 })
      expect(await sipp.exit, sipp.complaints).toBe(0)
      await until(() => events.some(event => event.name === 'subscription-ended'))
      expect(events.flatMap(event => (event.name === 'notified' ? [[event.state, text(event.body?.bytes)]] : []))).toEqual([
        ['active', '<conference-info version="1"/>'],
        ['terminated', '<conference-info version="2"/>'],
      ])
      expect(events.at(-1)).toMatchObject({ name: 'subscription-ended', cause: 'local', reason: 'noresource' })
    })

    it(`tells SIPp its state at once and once more when it leaves, over ${transport}`, async () => {
      const { driver, events } = await agent(event => {
        if (event.name === 'subscription-requested') driver.command({ name: 'accept-subscription', id: event.id, body: ROSTER })
      })
      const call = `127.0.0.1:${driver.address.port}`
      const sipp = await Sipp.start({ folder, scenario: 'uac-subscriber', transport, call, values: { EVENT: 'conference;id=7' } })
      running.push(sipp)
      expect(await sipp.exit, sipp.complaints).toBe(0)
      await until(() => events.some(event => event.name === 'subscription-ended'))
      expect(events.at(-1)).toMatchObject({ name: 'subscription-ended', cause: 'remote', reason: 'timeout' })
    })
  }
})

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes).trim()

async function until(done: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !done(); tries++) await new Promise(resolve => setTimeout(resolve, 20))
}
