import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type CpimMessage,
  decodeCpimMessage,
  encodeCpimMessage,
  encodeImdn,
  type Imdn,
  type ImdnHeaders,
  mimeHeader,
  type NotifiedMessage,
  notificationFor,
  readImdnHeaders,
  readNotifications,
} from '../../src/cpim/index.js'
import { encodeMultipart, encodeUtf8, RemoteProtocolError } from '../../src/wire/index.js'

const ORIGINAL: NotifiedMessage = {
  messageId: 'Vb2k9QwLx73TfRe1',
  from: 'sip:alice@home1.example',
  to: 'sip:bob@home2.example',
  dateTime: '2024-05-04T12:16:49Z',
  recordRoute: [],
}
const OWN = { messageId: 'zT5kWq8RmN2xYv7B', dateTime: '2024-05-04T12:17:03Z' }
const DELIVERED = { kind: 'delivery', status: 'delivered' } as const

/** Over the wire and back. */
const received = (message: CpimMessage) => decodeCpimMessage(encodeCpimMessage(message), { strict: true })

describe('a notification', () => {
  it('goes back to the sender as a CPIM message with its own id, which asks for nothing @req IMDN-4', () => {
    const { target, message } = notificationFor(ORIGINAL, DELIVERED, OWN)
    expect(target).toBe('sip:alice@home1.example')
    const { head, body } = received(message)
    expect(head.from).toEqual({ uri: 'sip:bob@home2.example' })
    expect(head.to).toEqual([{ uri: 'sip:alice@home1.example' }])
    expect(head.dateTime).toBe('2024-05-04T12:17:03Z')
    expect(readImdnHeaders(head)).toEqual({ messageId: 'zT5kWq8RmN2xYv7B', wanted: [], recordRoute: [], route: [] })
    expect(mimeHeader(head, 'Content-Type')).toBe('message/imdn+xml')
    expect(mimeHeader(head, 'Content-Disposition')).toBe('notification')
    expect(mimeHeader(head, 'Content-Length')).toBe(`${body.length}`)
    expect(readNotifications(received(message))).toEqual([
      { ...DELIVERED, messageId: 'Vb2k9QwLx73TfRe1', dateTime: '2024-05-04T12:16:49Z', recipientUri: 'sip:bob@home2.example' },
    ])
  })

  it('names the list the message was for when a server said so @req IMDN-4', () => {
    const { message } = notificationFor(
      { ...ORIGINAL, originalTo: 'sip:team@home1.example' },
      { kind: 'display', status: 'displayed' },
      OWN,
    )
    expect(readNotifications(received(message))[0]).toMatchObject({
      kind: 'display',
      status: 'displayed',
      recipientUri: 'sip:bob@home2.example',
      originalRecipientUri: 'sip:team@home1.example',
    })
  })

  it('follows the recorded routes in their order, beginning with the first @req IMDN-6', () => {
    const recordRoute = ['sip:as2.home2.example', 'sip:as1.home1.example;lr']
    const { target, message } = notificationFor({ ...ORIGINAL, recordRoute }, DELIVERED, OWN)
    expect(target).toBe('sip:as2.home2.example')
    const { head } = received(message)
    expect(readImdnHeaders(head).route).toEqual(recordRoute)
    expect(head.extensions?.filter(([name]) => name.includes('Record-Route'))).toEqual([])
    expect(head.to).toEqual([{ uri: 'sip:alice@home1.example' }])
  })

  it('says its own time for a message without one, and our name when we have one', () => {
    const { message } = notificationFor({ ...ORIGINAL, dateTime: undefined }, DELIVERED, { ...OWN, displayName: 'Bob "B"' })
    expect(received(message).head.from.displayName).toBe('Bob "B"')
    expect(readNotifications(message)[0]?.dateTime).toBe('2024-05-04T12:17:03Z')
  })
})

describe('whatever a message asks for', () => {
  it('can be written into a notification, and is read back the same @req IMDN-4 IMDN-6 SEC-14', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'imdn',
        '.',
        'Message-ID: ',
        'Disposition-Notification: display',
        'Original-To: <',
        'IMDN-Record-Route: <',
        'sip:a',
        '>',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }).map(text => text.replaceAll('\n', '')),
    )
    const line = fc.array(piece, { maxLength: 4 }).map(pieces => pieces.join(''))
    const named = fc
      .tuple(fc.constantFrom('Message-ID', 'Original-To', 'IMDN-Record-Route'), fc.string({ unit: 'binary', maxLength: 4 }))
      .map(([name, text]) => `imdn.${name}: ${name === 'Message-ID' ? text : `<${text}>`}`.replaceAll('\n', ''))
    let asked = 0
    fc.assert(
      fc.property(fc.array(fc.oneof(line, named), { maxLength: 4 }), lines => {
        const envelope = ['From: <sip:a@x>', 'To: <sip:b@x>', 'NS: imdn <urn:ietf:params:imdn>', 'imdn.Message-ID: m', ...lines]
        let wishes: ImdnHeaders
        try {
          wishes = readImdnHeaders(decodeCpimMessage(encodeUtf8(`${envelope.join('\r\n')}\r\n\r\n\r\n`)).head)
        } catch (error) {
          // The lines were no headers at all
          expect(error).toBeInstanceOf(RemoteProtocolError)
          return
        }
        const { messageId, originalTo, recordRoute } = wishes
        if (messageId === undefined) return
        asked++
        const { message } = notificationFor({ ...ORIGINAL, messageId, originalTo, recordRoute }, DELIVERED, OWN)
        const back = received(message)
        expect(readNotifications(back)[0]).toMatchObject({
          messageId,
          ...(originalTo === undefined ? {} : { originalRecipientUri: originalTo }),
        })
        expect(readImdnHeaders(back.head).route).toEqual(recordRoute)
      }),
      { numRuns: 1000 },
    )
    expect(asked).toBeGreaterThan(50)
  })
})

describe('readNotifications', () => {
  const imdn: Imdn = { ...DELIVERED, messageId: 'm', dateTime: '2024-05-04T12:16:49Z' }
  const body = encodeImdn(imdn)
  const message = (type: string, disposition: string | undefined, content = body): CpimMessage => ({
    head: {
      ...notificationFor(ORIGINAL, DELIVERED, OWN).message.head,
      mime: [['Content-Type', type], ...(disposition === undefined ? [] : [['Content-Disposition', disposition] as const])],
    },
    body: content,
  })

  it('tells a notification by type and disposition together, in any case @req IMDN-4', () => {
    for (const [type, disposition] of [
      ['message/imdn+xml', 'notification'],
      ['Message/IMDN+xml; charset=utf-8', 'Notification; handling=optional'],
    ] as const)
      expect(readNotifications(message(type, disposition))).toEqual([imdn])
    for (const [type, disposition] of [
      ['message/imdn+xml', undefined],
      ['message/imdn+xml', 'attachment'],
      ['text/plain', 'notification'],
      ['nonsense', 'notification'],
      ['', 'notification'],
    ] as const)
      expect(readNotifications(message(type, disposition)), `${type} ${disposition}`).toEqual([])
    const { head } = message('message/imdn+xml', undefined)
    expect(readNotifications({ head: { ...head, mime: [['Content-Disposition', 'notification']] }, body })).toEqual([])
  })

  it('takes gathered notifications apart and skips what is none @req IMDN-4', () => {
    const part = (type: string) => ({ headers: [['Content-type', type]] as const, body })
    const parts = [part('message/imdn+xml'), part('text/plain'), { headers: [], body }, part('message/IMDN+XML;charset=utf-8')]
    const gathered = encodeMultipart(parts, 'b')
    expect(readNotifications(message('multipart/mixed;boundary="b"', 'notification', gathered))).toEqual([imdn, imdn])
    expect(() => readNotifications(message('multipart/mixed', 'notification', gathered))).toThrow(RemoteProtocolError)
  })

  it('refuses a notification that is broken with 400 @req IMDN-4', () => {
    expect(() => readNotifications(message('message/imdn+xml', 'notification', encodeUtf8('<imdn/>')))).toThrow(
      expect.objectContaining({ status: 400, code: 'bad-imdn' }),
    )
  })
})
