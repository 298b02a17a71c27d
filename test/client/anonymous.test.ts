import { afterEach, expect, it } from 'vitest'
import { alice, finish, HELLO, pair, start } from '../kit/client-world.js'
import { header } from '../kit/wire-log.js'

afterEach(finish)

it('sends without a name: the proxy knows who asks, the receiver does not @req SIP-29 IMDN-1', async () => {
  await start({ alice: { anonymous: true, notifications: true, displayName: 'Alice Reed', releaseTimer: 0 } })
  pair.serve()
  const report = await pair.network.until(pair.alice.send(pair.bobUri, pair.file('hello.txt', HELLO)).done)
  await pair.network.run(500)
  expect(report.ok).toBe(true)
  const [invite = ''] = alice.texts('-> INVITE m')
  expect(header(invite, 'From')).toMatch(/^"Anonymous" <sip:anonymous@anonymous.invalid>;tag=/)
  expect(header(invite, 'Privacy')).toBe('id')
  expect(header(invite, 'P-Preferred-Identity')).toBe('<sip:alice@192.0.2.10:5060>')
  expect(header(alice.texts('-> BYE')[0] ?? '', 'From')).toMatch(/^"Anonymous"/)
  expect(pair.offers[0]?.from).toMatchObject({ identity: 'anonymous', uri: 'sip:anonymous@anonymous.invalid', displayName: undefined })
  expect(alice.labels.filter(text => text.includes('MESSAGE'))).toEqual([])
  const [send] = alice.messages.filter(({ protocol, text }) => protocol === 'msrp' && text.includes(' SEND'))
  expect(send?.text).not.toContain('Alice')
})
