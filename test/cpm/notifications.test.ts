import { describe, expect, it } from 'vitest'
import { decodeCpimMessage, encodeCpimHead, type HeaderLine, readImdnHeaders } from '../../src/cpim/index.js'
import {
  MESSAGE_ICSI,
  type Notification,
  NotificationLedger,
  NotificationTracker,
  type NotificationState,
  newNotifyRequest,
  notificationMessage,
  type NotifyOrder,
  readNotification,
} from '../../src/cpm/index.js'
import { notifyOrderOf } from '../../src/cpm/notify-order.js'
import { wrapFile } from '../../src/cpm/wrapper.js'
import { concatBytes, decodeUtf8, encodeUtf8, parseMediaType } from '../../src/wire/index.js'
import { seededRandom } from '../kit/random.js'

const ORDER: NotifyOrder = {
  messageId: 'Vb2k9QwLx73TfRe1',
  wanted: ['positive-delivery', 'negative-delivery', 'display'],
  from: 'sip:alice@home1.example',
  dateTime: '2024-05-04T12:16:49Z',
  originalTo: undefined,
  recordRoute: [],
}

const OPTIONS = { ownUri: 'sip:bob@home2.example', random: seededRandom(9), dateTime: '2024-05-04T12:20:00Z', conversationId: 'c-1' }

const message = (state: NotificationState = 'delivered', order: Partial<NotifyOrder> = {}) =>
  notificationMessage({ ...ORDER, ...order }, state, OPTIONS)
const textOf = (state?: NotificationState, order?: Partial<NotifyOrder>) =>
  decodeUtf8(message(state, order)?.body.bytes ?? new Uint8Array(0))

describe('the request for notifications', () => {
  const wrap = (notify?: { messageId: string; wanted: readonly Notification[] }) =>
    wrapFile({
      selector: { name: 'notes.txt', type: parseMediaType('text/plain') as never, size: 4400, hashes: [] },
      length: 4400,
      disposition: 'attachment',
      ownUri: 'sip:alice@home1.example',
      ownDisplayName: undefined,
      peerUri: 'sip:bob@home2.example',
      dateTime: '2024-05-04T12:16:49Z',
      acceptTypes: ['message/cpim', '*'],
      acceptWrappedTypes: [],
      successReport: true,
      failureReport: 'yes',
      notify,
    })

  it('stands in the wrapper as in call flow 1 @req IMDN-1 MSRP-64 D-23', () => {
    const wrapping = wrap({ messageId: 'Vb2k9QwLx73TfRe1', wanted: ['positive-delivery', 'display'] })
    expect(decodeUtf8(wrapping?.head ?? new Uint8Array(0)).split('\r\n')).toEqual([
      'From: <sip:alice@home1.example>',
      'To: <sip:bob@home2.example>',
      'DateTime: 2024-05-04T12:16:49Z',
      'NS: imdn <urn:ietf:params:imdn>',
      'imdn.Message-ID: Vb2k9QwLx73TfRe1',
      'imdn.Disposition-Notification: positive-delivery, display',
      '',
      'Content-Type: text/plain',
      'Content-Disposition: attachment; filename="notes.txt"; size=4400',
      '',
      '',
    ])
    expect(wrapping?.head.length).toBe(317)
    expect(wrapping?.message.total).toBe(4717)
    expect(decodeUtf8(wrap()?.head ?? new Uint8Array(0))).not.toContain('imdn')
  })
})

describe('an order', () => {
  const head = (extensions: readonly HeaderLine[], more: { from?: string; dateTime?: string; mime?: readonly HeaderLine[] } = {}) =>
    decodeCpimMessage(
      encodeCpimHead({
        from: { uri: more.from ?? 'sip:alice@home1.example', displayName: 'Alice' },
        to: [{ uri: 'sip:bob@home2.example' }],
        dateTime: more.dateTime ?? '2024-05-04T12:16:49Z',
        extensions,
        mime: more.mime ?? [['Content-Type', 'text/plain']],
      }),
    ).head
  const NS: HeaderLine = ['NS', 'imdn <urn:ietf:params:imdn>']
  const ID: HeaderLine = ['imdn.Message-ID', 'Vb2k9QwLx73TfRe1']
  const WISH: HeaderLine = ['imdn.Disposition-Notification', 'positive-delivery, display']

  it('is read from the head with all that a notification needs @req IMDN-1 IMDN-6', () => {
    const routes: HeaderLine[] = [
      ['imdn.Original-To', '<sip:group@home1.example>'],
      ['imdn.IMDN-Record-Route', '<sip:a.example>'],
      ['imdn.IMDN-Record-Route', '"B" <sip:b.example>'],
    ]
    expect(notifyOrderOf(head([NS, ID, WISH, ...routes]))).toEqual({
      messageId: 'Vb2k9QwLx73TfRe1',
      wanted: ['positive-delivery', 'display'],
      from: 'sip:alice@home1.example',
      dateTime: '2024-05-04T12:16:49Z',
      originalTo: 'sip:group@home1.example',
      recordRoute: ['sip:a.example', 'sip:b.example'],
    })
    expect(
      notifyOrderOf(
        head([
          ['NS', 'x<urn:ietf:params:imdn>'],
          ['x.Message-ID', 'abcd'],
          ['x.Disposition-Notification', 'display'],
        ]),
      )?.wanted,
    ).toEqual(['display'])
  })

  it('is none when nothing is asked for that a client tells, or the message is a notification itself @req IMDN-3', () => {
    expect(notifyOrderOf(head([]))).toBeUndefined()
    expect(notifyOrderOf(head([NS, ID]))).toBeUndefined()
    expect(notifyOrderOf(head([NS, WISH]))).toBeUndefined()
    expect(notifyOrderOf(head([ID, WISH]))).toBeUndefined()
    expect(notifyOrderOf(head([NS, ID, ['imdn.Disposition-Notification', 'processing, whatever']]))).toBeUndefined()
    expect(notifyOrderOf(head([NS, ID, ['imdn.Disposition-Notification', 'processing, display']]))?.wanted).toEqual(['display'])
    expect(notifyOrderOf(head([NS, ID, WISH], { mime: [['Content-Type', 'Message/IMDN+xml']] }))).toBeUndefined()
  })

  it('never says what our notification could not carry @req IMDN-4 SEC-14', () => {
    expect(notifyOrderOf(head([NS, ['imdn.Message-ID', 'ab\uffffcd'], WISH]))).toBeUndefined()
    expect(notifyOrderOf(head([NS, ID, WISH], { from: 'sip:a b@home1.example' }))).toBeUndefined()
    expect(notifyOrderOf(head([NS, ID, WISH], { from: '' }))).toBeUndefined()
    expect(notifyOrderOf(head([NS, ID, WISH, ['imdn.IMDN-Record-Route', '<sip:\u00e9.example>']]))).toBeUndefined()
    for (const dateTime of ['yesterday', `2024-05-04T12:16:49.${'0'.repeat(60)}Z`, '2024-05-04 12:16:49Z', '\u0001'])
      expect(notifyOrderOf(head([NS, ID, WISH], { dateTime })), dateTime).toMatchObject({ dateTime: undefined, messageId: ID[1] })
  })
})

describe('a notification', () => {
  it('goes by MESSAGE to who sent the file, in the same conversation @req IMDN-4 IMDN-5', () => {
    const sent = message()
    expect(sent?.to).toBe('sip:alice@home1.example')
    expect(sent?.headers).toEqual([
      ['P-Preferred-Service', 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg'],
      ['P-Preferred-Identity', '<sip:bob@home2.example>'],
      ['Conversation-ID', 'c-1'],
    ])
    expect(MESSAGE_ICSI).toBe('urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg')
    expect(sent?.body.contentType).toBe('message/cpim')
    const { head, body } = decodeCpimMessage(sent?.body.bytes ?? new Uint8Array(0))
    expect(head).toMatchObject({
      from: { uri: 'sip:bob@home2.example' },
      to: [{ uri: 'sip:alice@home1.example' }],
      dateTime: OPTIONS.dateTime,
    })
    expect(head.mime.slice(0, 2)).toEqual([
      ['Content-Type', 'message/imdn+xml'],
      ['Content-Disposition', 'notification'],
    ])
    const xml = decodeUtf8(body)
    expect(xml).toContain('xmlns="urn:ietf:params:xml:ns:imdn"')
    for (const part of [
      '<message-id>Vb2k9QwLx73TfRe1</message-id>',
      '<datetime>2024-05-04T12:16:49Z</datetime>',
      '<recipient-uri>sip:bob@home2.example</recipient-uri>',
      '<delivery-notification><status><delivered/></status></delivery-notification>',
    ])
      expect(xml).toContain(part)
    expect(xml).not.toContain('original-recipient-uri')
    expect(textOf('delivered', { originalTo: 'sip:g@x.example' })).toContain(
      '<original-recipient-uri>sip:g@x.example</original-recipient-uri>',
    )
    expect(textOf('displayed')).toContain('<display-notification><status><displayed/>')
    expect(textOf('failed')).toContain('<delivery-notification><status><failed/>')
  })

  it('has an id of its own and asks for nothing @req IMDN-3 IMDN-4', () => {
    const ids = Array.from({ length: 50 }, () => {
      const { head } = decodeCpimMessage(message()?.body.bytes ?? new Uint8Array(0))
      expect(readImdnHeaders(head).wanted).toEqual([])
      return readImdnHeaders(head).messageId
    })
    expect(new Set(ids).size).toBe(50)
    expect(ids).not.toContain(ORDER.messageId)
    expect(ids[0]?.length).toBeGreaterThanOrEqual(11)
  })

  it('follows the recorded routes in their order, to the first of them @req IMDN-6', () => {
    const recordRoute = ['sip:as1.example;lr', 'sip:as2.example']
    expect(message('delivered', { recordRoute })?.to).toBe('sip:as1.example;lr')
    const { head } = decodeCpimMessage(message('delivered', { recordRoute })?.body.bytes ?? new Uint8Array(0))
    expect(readImdnHeaders(head)).toMatchObject({ route: recordRoute, recordRoute: [] })
  })

  it('is not written for somebody whom no MESSAGE reaches @req IMDN-5', () => {
    for (const from of ['sip:anonymous@anonymous.invalid', 'im:alice@home1.example', 'alice', 'sip:'])
      expect(message('delivered', { from }), from).toBeUndefined()
    expect(message('delivered', { from: 'tel:+15551230001' })?.to).toBe('tel:+15551230001')
    const { conversationId: _, ...rest } = OPTIONS
    const named = notificationMessage(ORDER, 'displayed', { ...rest, ownDisplayName: 'Bob "B"' })
    expect(named?.headers.map(([name]) => name)).not.toContain('Conversation-ID')
    expect(decodeUtf8(named?.body.bytes ?? new Uint8Array(0))).toContain(String.raw`From: "Bob \"B\"" <sip:bob@home2.example>`)
  })
})

describe('a notification that came', () => {
  const body = (bytes: Uint8Array, contentType = 'message/cpim') => ({ contentType, bytes })
  const read = (state: NotificationState) => readNotification(message(state)?.body ?? body(new Uint8Array(0)))

  it('is read back @req IMDN-4', () => {
    for (const state of ['delivered', 'displayed', 'failed'] as const)
      expect(read(state)).toEqual([{ messageId: ORDER.messageId, state, recipient: 'sip:bob@home2.example' }])
  })

  const changed = (from: string, to: string) =>
    readNotification(
      body(
        encodeUtf8(
          textOf()
            .replace(from, to)
            .replace(/Content-Length: .*\r\n/, ''),
        ),
      ),
    )

  it('may say that a server stores the file, and hide who tells it @req IMDN-4', () => {
    const processing = '<processing-notification><status><stored/></status></processing-notification>'
    const delivery = '<delivery-notification><status><delivered/></status></delivery-notification>'
    expect(changed(delivery, processing)).toEqual([{ messageId: ORDER.messageId, state: 'stored', recipient: 'sip:bob@home2.example' }])
    expect(changed('<recipient-uri>sip:bob@home2.example</recipient-uri>', '')[0]?.recipient).toBeUndefined()
    expect(changed(delivery, processing.replace('stored', 'processed'))).toEqual([])
    for (const status of ['forbidden', 'error']) expect(changed('<delivered/>', `<${status}/>`)).toEqual([])
  })

  it('is dropped when it is none, broken, too large or has a document type @req IMDN-4 SEC-11', () => {
    expect(changed('<?xml', '<!DOCTYPE imdn [<!ENTITY a "b">]><?xml')).toEqual([])
    expect(changed('<imdn', '<!DOCTYPE imdn [<!ENTITY a "b">]><imdn')).toEqual([])
    expect(changed('<message-id>', '<message-id><message-id>')).toEqual([])
    expect(changed('<delivered/>', '<delivered/><failed/>')).toEqual([])
    expect(changed('Content-Disposition: notification', 'Content-Disposition: render')).toEqual([])
    expect(changed('message/imdn+xml', 'text/plain')).toEqual([])
    expect(changed('From:', 'Frm:')).toEqual([])
    expect(readNotification(body(encodeUtf8(textOf()), 'text/plain'))).toEqual([])
    expect(readNotification(body(encodeUtf8(textOf()), 'Message/CPIM ; charset=utf-8'))).toHaveLength(1)
    expect(readNotification(body(concatBytes(encodeUtf8(textOf()), new Uint8Array(65_536).fill(0x20))))).toEqual([])
    expect(readNotification(body(new Uint8Array(0)))).toEqual([])
  })

  it('never throws for what is in it @req IMDN-4', () => {
    const random = seededRandom(77)
    const good = encodeUtf8(textOf())
    for (let round = 0; round < 600; round++) {
      const bad = good.slice(0, round % 2 === 0 ? good.length : ((random(2)[0] ?? 0) * 3) % good.length)
      for (let change = 0; change < 3; change++) {
        const [high = 0, low = 0, value = 0] = random(3)
        if (bad.length > 0) bad[(high * 256 + low) % bad.length] = value
      }
      for (const { state } of readNotification(body(bad))) expect(['delivered', 'displayed', 'failed', 'stored']).toContain(state)
    }
  })
})

describe('the tracker', () => {
  const WISHES: Record<NotificationState, Notification> = {
    delivered: 'positive-delivery',
    failed: 'negative-delivery',
    displayed: 'display',
  }
  const STATES = Object.keys(WISHES) as NotificationState[]

  it('lets out what was asked for and nothing else @req IMDN-3', () => {
    for (let mask = 0; mask < 8; mask++) {
      const wanted = STATES.filter((_, bit) => (mask & (1 << bit)) !== 0).map(state => WISHES[state])
      for (const state of STATES)
        expect(new NotificationTracker().claim({ ...ORDER, wanted }, state), `${wanted.join()} ${state}`).toBe(
          wanted.includes(WISHES[state]),
        )
    }
  })

  it('lets out one delivery and one display for each message, in any order of events @req IMDN-3', () => {
    for (const first of STATES)
      for (const second of STATES)
        for (const third of STATES) {
          const tracker = new NotificationTracker()
          const out = [first, second, third].filter(state => tracker.claim(ORDER, state))
          expect(out.filter(state => state !== 'displayed').length).toBeLessThanOrEqual(1)
          expect(out.filter(state => state === 'displayed').length).toBeLessThanOrEqual(1)
          expect(out[0]).toBe(first)
          if (first === 'failed') expect(out).toEqual(['failed'])
        }
    const tracker = new NotificationTracker()
    expect(['delivered', 'displayed', 'failed', 'delivered', 'displayed'].filter(state => tracker.claim(ORDER, state as never))).toEqual([
      'delivered',
      'displayed',
    ])
    expect(tracker.claim({ ...ORDER, messageId: 'other' }, 'delivered')).toBe(true)
    expect(tracker.claim({ ...ORDER, from: 'sip:eve@home3.example' }, 'delivered')).toBe(true)
  })

  it('does not tell a failure after a delivery that nobody asked for @req IMDN-3', () => {
    const tracker = new NotificationTracker()
    const order = { ...ORDER, wanted: ['negative-delivery'] as const }
    expect([tracker.claim(order, 'delivered'), tracker.claim(order, 'failed')]).toEqual([false, false])
  })

  it('tells no display when the user does not want to, and everything else @req IMDN-8', () => {
    const tracker = new NotificationTracker(false)
    expect([tracker.claim(ORDER, 'delivered'), tracker.claim(ORDER, 'displayed')]).toEqual([true, false])
  })

  it('remembers a bounded number of messages, the youngest @req SEC-11', () => {
    const tracker = new NotificationTracker()
    const claim = (count: number) => tracker.claim({ ...ORDER, messageId: `m${count}` }, 'delivered')
    for (let count = 0; count < 5000; count++) expect(claim(count)).toBe(true)
    expect(claim(4999)).toBe(false)
    expect(claim(5000 - 4096 + 10)).toBe(false)
    expect(claim(0)).toBe(true)
  })
})

describe('the ledger of a sender', () => {
  const heard = (state: NotificationState | 'stored', recipient = 'sip:bob@home2.example', messageId = 'm1') => ({
    messageId,
    state,
    recipient: recipient === '' ? undefined : recipient,
  })

  it('hears each piece of news once, from each recipient, and only of its own files @req IMDN-3 IMDN-4', () => {
    const ledger = new NotificationLedger()
    ledger.ask({ messageId: 'm1', wanted: ['positive-delivery', 'display'] })
    expect(ledger.hear(heard('delivered'))).toBe(true)
    expect(ledger.hear(heard('delivered'))).toBe(false)
    expect(ledger.hear(heard('delivered', 'sip:carol@home3.example'))).toBe(true)
    expect(ledger.hear(heard('displayed'))).toBe(true)
    expect(ledger.hear(heard('failed'))).toBe(false)
    expect(ledger.hear(heard('stored', ''))).toBe(true)
    expect(ledger.hear(heard('delivered', ''))).toBe(true)
    expect(ledger.hear(heard('delivered', '', 'unknown'))).toBe(false)
  })

  it('is bounded in messages and in recipients of one @req SEC-11', () => {
    const ledger = new NotificationLedger()
    ledger.ask({ messageId: 'm1', wanted: ['display'] })
    for (let count = 0; count < 4096; count++) expect(ledger.hear(heard('displayed', `sip:u${count}@x`))).toBe(true)
    expect(ledger.hear(heard('displayed', 'sip:one-more@x'))).toBe(false)
    for (let count = 0; count < 4096; count++) ledger.ask({ messageId: `n${count}`, wanted: ['display'] })
    expect(ledger.hear(heard('displayed', 'sip:late@x'))).toBe(false)
    expect(ledger.hear(heard('displayed', 'sip:late@x', 'n0'))).toBe(true)
  })
})

describe('what we ask for', () => {
  it('is delivery and display, under an id that nobody guesses @req IMDN-1', () => {
    const requests = Array.from({ length: 50 }, () => newNotifyRequest(seededRandom(Math.floor(Math.random() * 1e9))))
    expect(requests.every(({ wanted }) => wanted.join() === 'positive-delivery,display')).toBe(true)
    expect(new Set(requests.map(({ messageId }) => messageId)).size).toBe(50)
    // 64 bits at least: 11 characters of a base-62 token
    expect(Math.min(...requests.map(({ messageId }) => messageId.length))).toBeGreaterThanOrEqual(11)
  })
})
