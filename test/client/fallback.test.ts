import { afterEach, expect, it } from 'vitest'
import type { TransferEvent } from '../../src/client/index.js'
import { finish, HELLO, pair, start } from '../kit/client-world.js'

afterEach(finish)

it('names another way to a peer that cannot be reached, if it announced one @req RCS-13', async () => {
  await start({ remember: true })
  const uri = 'sip:nobody@192.0.2.99:5060;transport=tcp'
  const suggestions = async () => {
    const transfer = pair.alice.send(uri, pair.file('hello.txt', HELLO))
    const events: TransferEvent[] = []
    void (async () => {
      for await (const event of transfer) events.push(event)
    })()
    await pair.network.until(transfer.done)
    await pair.network.run(10)
    return events.flatMap(event => (event.type === 'warning' && event.code === 'fallback' ? [event.text] : []))
  }
  expect(await suggestions()).toEqual([])
  const tags = ['urn:urn-7:3gpp-application.ims.iari.rcs.ftsms']
  const learned = pair.hosts.alice.date()
  await pair.hosts.alice.store?.saveCapabilities({ uri, fileTransfer: true, maxSize: undefined, tags, learned })
  expect(await suggestions()).toEqual([`${uri} can be sent a link by text message; this client does neither.`])
  expect(await suggestions()).toHaveLength(1)
})
