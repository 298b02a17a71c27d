import { describe, expect, it } from 'vitest'
import { type CpimHead, decodeCpimHead, encodeCpimHead, mimeHeader } from '../../src/cpim/index.js'
import { decodeUtf8, encodeUtf8, RemoteProtocolError } from '../../src/wire/index.js'

const lines = (...text: string[]) => encodeUtf8(`${text.join('\r\n')}\r\n`)
const read = (...text: string[]) => decodeCpimHead(lines(...text), 65_536)
const status = (run: () => unknown): number | undefined => {
  try {
    run()
  } catch (error) {
    if (error instanceof RemoteProtocolError) return error.status
    throw error
  }
  return undefined
}

/** RFC 3862 §5.1, without the header that it requires. */
const PIGLET = [
  'From: MR SANDERS <im:piglet@100akerwood.com>',
  'To: Depressed Donkey <im:eeyore@100akerwood.com>',
  'DateTime: 2000-12-13T13:40:00-08:00',
  'Subject: the weather will be fine today',
  "Subject:;lang=fr beau temps prevu pour aujourd'hui",
  'NS: MyFeatures <mid:MessageFeatures@id.foo.com>',
  'MyFeatures.VitalMessageOption: Confirmation-requested',
  'MyFeatures.WackyMessageOption: Use-silly-font',
  '',
  'Content-type: text/xml; charset=utf-8',
  'Content-ID: <1234567890@foo.com>',
  '',
]

const FLOW_1: CpimHead = {
  from: { uri: 'sip:alice@home1.example' },
  to: [{ uri: 'sip:bob@home2.example' }],
  dateTime: '2024-05-04T12:16:49Z',
  extensions: [
    ['NS', 'imdn <urn:ietf:params:imdn>'],
    ['imdn.Message-ID', 'Vb2k9QwLx73TfRe1'],
    ['imdn.Disposition-Notification', 'positive-delivery, display'],
  ],
  mime: [
    ['Content-Type', 'text/plain'],
    ['Content-Disposition', 'attachment; filename="notes.txt"; size=4400'],
  ],
}

describe('reading', () => {
  it('reads the example message of RFC 3862 @req MSRP-63 MSRP-64', () => {
    const result = read(...PIGLET, '<body>')
    expect(result?.length).toBe(lines(...PIGLET).length)
    expect(result?.head).toMatchObject({
      from: { displayName: 'MR SANDERS', uri: 'im:piglet@100akerwood.com' },
      to: [{ displayName: 'Depressed Donkey', uri: 'im:eeyore@100akerwood.com' }],
      dateTime: '2000-12-13T13:40:00-08:00',
      subject: 'the weather will be fine today',
    })
    expect(result?.head.extensions).toEqual([
      ['NS', 'MyFeatures <mid:MessageFeatures@id.foo.com>'],
      ['MyFeatures.VitalMessageOption', 'Confirmation-requested'],
      ['MyFeatures.WackyMessageOption', 'Use-silly-font'],
    ])
    expect(mimeHeader(result?.head as CpimHead, 'CONTENT-TYPE')).toBe('text/xml; charset=utf-8')
  })

  it('answers 415 to a Require that names an unknown header, wherever it stands @req MSRP-63', () => {
    const rest = PIGLET.slice(3)
    const start = PIGLET.slice(0, 3)
    expect(status(() => read(...start, 'Require: MyFeatures.VitalMessageOption', ...rest))).toBe(415)
    expect(status(() => read(...start, 'Require: Subject', 'Require: Locale.MustRenderKanji', ...rest))).toBe(415)
    expect(status(() => read(...start, 'Require: Subject, DateTime', ...rest))).toBeUndefined()
  })

  it('answers 400 without From or To, and to names in the wrong case @req MSRP-63', () => {
    const mime = ['', 'Content-Type: text/plain', '']
    expect(status(() => read('To: <sip:b@x>', ...mime))).toBe(400)
    expect(status(() => read('From: <sip:a@x>', ...mime))).toBe(400)
    expect(status(() => read('from: <sip:a@x>', 'To: <sip:b@x>', ...mime))).toBe(400)
    expect(status(() => read('From: <sip:a@x>', 'To: <sip:b@x>', ...mime))).toBeUndefined()
  })

  it('ignores headers it does not know and answers 400 to lines that are none @req MSRP-63', () => {
    const result = read('From: <sip:a@x>', 'To: <sip:b@x>', 'X-Strange: yes', '', 'Content-Type: text/plain', '')
    expect(result?.head.extensions).toEqual([['X-Strange', 'yes']])
    for (const line of ['no colon', ': no name', 'From <sip:a@x>'])
      expect(status(() => read('From: <sip:a@x>', line, 'To: <sip:b@x>', '', 'Content-Type: a/b', ''))).toBe(400)
    for (const address of ['sip:a@x', '<sip:a@x', 'sip:a@x>', '> <', ''])
      expect(
        status(() => read(`From: ${address}`, 'To: <sip:b@x>', '', 'Content-Type: a/b', '')),
        address,
      ).toBe(400)
  })

  it('takes any namespace prefix, with or without the space before the bracket @req MSRP-64', () => {
    for (const declaration of ['imdn <urn:ietf:params:imdn>', 'imdn<urn:ietf:params:imdn>', 'zz9 <urn:ietf:params:imdn>']) {
      const result = read('From: <sip:a@x>', 'To: <sip:b@x>', `NS: ${declaration}`, 'zz9.Message-ID: 1', '', 'Content-Type: a/b', '')
      expect(result?.head.extensions).toEqual([
        ['NS', declaration],
        ['zz9.Message-ID', '1'],
      ])
    }
  })

  it('resolves every escape of RFC 3862 §2.3 @req MSRP-63', () => {
    const subject = (text: string) =>
      read('From: <sip:a@x>', 'To: <sip:b@x>', `Subject: ${text}`, '', 'Content-Type: a/b', '')?.head.subject
    expect(subject(String.raw`\\ \" \' a\b\t\n\rz`)).toBe('\\ " \' a\b\t\n\rz')
    expect(subject(String.raw`\u0041\u00e9\u00E9`)).toBe('Aéé')
    // an unknown escape is the character behind it, a last backslash is nothing
    expect(subject(String.raw`\q \u00g1 \x41 end${'\\'}`)).toBe('q u00g1 x41 end')
    expect(read('From: "A \\"B\\"" <sip:a@x>', 'To: <sip:b@x>', '', 'Content-Type: a/b', '')?.head.from.displayName).toBe('A "B"')
  })

  it('takes a language tag off a subject @req MSRP-63', () => {
    const result = read('From: <sip:a@x>', 'To: <sip:b@x>', 'Subject:;lang=fr Objet de message', '', 'Content-Type: a/b', '')
    expect(result?.head.subject).toBe('Objet de message')
    expect(read('From: <sip:a@x>', 'To: <sip:b@x>', 'Subject:;lang=fr', '', 'Content-Type: a/b', '')?.head.subject).toBe('')
  })

  it('reads MIME headers glued to the envelope @req MSRP-63', () => {
    // RFC 5547 prints its examples so (D-23)
    const text = ['From: <sip:a@x>', 'To: <sip:b@x>', 'Content-Type: text/plain', 'Content-Disposition: render', '', 'content']
    const result = read(...text)
    expect(result?.head.mime).toEqual([
      ['Content-Type', 'text/plain'],
      ['Content-Disposition', 'render'],
    ])
    expect(result?.length).toBe(lines(...text.slice(0, 5)).length)
  })

  it('reads folded MIME headers and bare line feeds @req MSRP-63', () => {
    const folded = read('From: <sip:a@x>', 'To: <sip:b@x>', '', 'Content-Type: text/plain;', '\tcharset=utf-8', '')
    expect(folded?.head.mime).toEqual([['Content-Type', 'text/plain; charset=utf-8']])
    const text = 'From: <sip:a@x>\nTo: <sip:b@x>\n\nContent-Type: a/b\n\n'
    expect(decodeCpimHead(encodeUtf8(`${text}x`), 1000)?.length).toBe(text.length)
  })

  it('does not wait for the end of what is no head @req MSRP-63 SEC-11', () => {
    for (const text of ['no header\r\n', ' folded: under nothing\n', 'From: <sip:a@x>\r\n\r\nno header\r\n'])
      expect(
        status(() => decodeCpimHead(encodeUtf8(text), 65_536)),
        text,
      ).toBe(400)
  })

  it('waits for the end of the head, and never longer than the limit @req MSRP-29 MSRP-63', () => {
    const whole = lines(...PIGLET)
    for (let length = 0; length < whole.length; length++)
      expect(decodeCpimHead(whole.subarray(0, length), whole.length), `${length}`).toBeUndefined()
    expect(decodeCpimHead(whole, whole.length)?.length).toBe(whole.length)
    expect(status(() => decodeCpimHead(whole, whole.length - 1))).toBe(400)
    expect(status(() => decodeCpimHead(whole.subarray(0, 100), 100))).toBe(400)
  })
})

describe('writing', () => {
  it('writes the head of call flow 1 in 317 octets @req MSRP-63 MSRP-64 OA-63', () => {
    const bytes = encodeCpimHead(FLOW_1)
    expect(bytes.length).toBe(317)
    expect(decodeUtf8(bytes).split('\r\n')).toEqual([
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
    expect(decodeCpimHead(bytes, 317)).toEqual({ head: FLOW_1, length: 317 })
  })

  it('writes no DateTime when there is none to say', () => {
    const { from, to, mime } = FLOW_1
    const bytes = encodeCpimHead({ from, to, dateTime: undefined, mime })
    expect(decodeUtf8(bytes)).not.toContain('DateTime')
    expect(decodeCpimHead(bytes, 1000)?.head).toEqual({ from, to, dateTime: undefined, extensions: [], mime })
  })

  it('escapes what the value may not hold, and reads it back @req MSRP-63 SEC-14', () => {
    const displayName = 'A "quoted" \\ name\r\nX: y\u0001\u007f'
    const subject = 'a\r\nX: y "as is" \\ \b\t é 🙂'
    const text = decodeUtf8(encodeCpimHead({ ...FLOW_1, from: { displayName, uri: 'sip:a@x' }, subject }))
    expect(text).toContain(String.raw`From: "A \"quoted\" \\ name\r\nX: y\u0001\u007f" <sip:a@x>`)
    expect(text).toContain(String.raw`Subject: a\r\nX: y "as is" \\ \b\t é 🙂`)
    expect(text).not.toContain('\nX: y')
    const back = decodeCpimHead(encodeUtf8(text), 65_536)?.head
    expect(back?.from.displayName).toBe(displayName)
    expect(back?.subject).toBe(subject)
  })

  it('refuses line breaks where no escape exists @req SEC-14', () => {
    expect(() => encodeCpimHead({ ...FLOW_1, from: { uri: 'sip:a@x>\r\nTo: <sip:evil@x' } })).toThrow('line break')
    expect(() => encodeCpimHead({ ...FLOW_1, mime: [['Content-Type', 'text/plain\r\n\r\nboo']] })).toThrow('line break')
    expect(() => encodeCpimHead({ ...FLOW_1, extensions: [['X\r\nY', 'z']] })).toThrow('line break')
  })
})
