import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEntries } from '../../src/trace/decode-entry.js'
import { encodeEntry } from '../../src/trace/encode-entry.js'
import type { MessageEntry } from '../../src/trace/entry.js'
import { buildLadder } from '../../src/trace/ladder.js'
import { MAX_ENTRIES, MAX_LINE_LENGTH } from '../../src/trace/limits.js'
import { redactEntry } from '../../src/trace/redact.js'
import { renderText } from '../../src/trace/render-text.js'
import { sampleTransfer, sipText } from './sample-trace.js'

const message = (text: string, protocol: 'sip' | 'msrp' = 'sip'): MessageEntry => ({
  v: 1,
  kind: 'message',
  time: 1,
  protocol,
  direction: 'in',
  transport: 'tcp',
  party: 'a',
  local: '1.1.1.1:1',
  remote: '2.2.2.2:2',
  text,
  bodyLength: 0,
})

describe('trace lines', () => {
  it('come back as they were written', () => {
    const { entries } = sampleTransfer()
    expect(decodeEntries(entries.map(encodeEntry).join(''))).toEqual({ entries, bad: [] })
  })

  it('keep every byte of a message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        const entry = message(String.fromCharCode(...bytes))
        const line = encodeEntry(entry)
        expect(line.indexOf('\n')).toBe(line.length - 1)
        expect(decodeEntries(line).entries).toEqual([entry])
      }),
    )
  })

  it('report bad lines with number and reason and go on', () => {
    const good = encodeEntry(message('x'))
    const text = [good, 'no json\n', '\n', '[1]\n', '{"v":2}\n', '{"v":1,"kind":"song"}\n', good.replace('"in"', '"up"'), good].join('')
    const { entries, bad } = decodeEntries(text)
    expect(entries).toHaveLength(2)
    expect(bad.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      '2 not JSON',
      '4 an unknown version',
      '5 an unknown version',
      '6 an unknown kind',
      "7 'direction' is missing or wrong",
    ])
  })

  it('need no line end behind the last one, but each an object', () => {
    const { entries, bad } = decodeEntries(`1\nnull\n"x"\n${encodeEntry(message('x')).trimEnd()}`)
    expect(entries).toEqual([message('x')])
    expect(bad.map(({ reason }) => reason)).toEqual(['not an object', 'not an object', 'not an object'])
  })

  it('may be so long and no longer', () => {
    const empty = encodeEntry(message('')).length - 1
    const ofLength = (length: number) => decodeEntries(encodeEntry(message('x'.repeat(length - empty))))
    for (const length of [MAX_LINE_LENGTH - 1, MAX_LINE_LENGTH]) expect(ofLength(length).entries).toHaveLength(1)
    expect(ofLength(MAX_LINE_LENGTH + 1)).toEqual({ entries: [], bad: [{ line: 1, reason: 'the line is too long' }] })
  })

  it('are read up to a number', () => {
    const line = encodeEntry({ v: 1, kind: 'state', time: 1, party: '', machine: 'file', subject: '', state: '' })
    const read = (count: number) => decodeEntries(line.repeat(count))
    for (const count of [MAX_ENTRIES - 1, MAX_ENTRIES]) {
      const { entries, bad } = read(count)
      expect([entries.length, bad]).toEqual([count, []])
    }
    const above = read(MAX_ENTRIES + 2)
    expect(above.entries).toHaveLength(MAX_ENTRIES)
    expect(above.bad).toEqual([{ line: MAX_ENTRIES + 1, reason: 'only the first 200000 entries are read' }])
  })

  it('never make the ladder throw, whatever a message says', () => {
    const piece = fc.constantFrom(
      'SIP/2.0 ',
      'INVITE ',
      'MSRP ',
      't1 ',
      'SEND',
      '200',
      '\r\n',
      'Via: ',
      'Contact: <',
      'a=path:',
      '://',
      ':',
      ';',
      '[',
      '>',
      'm=',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 8 })), { maxLength: 30 }), fc.boolean(), (pieces, sip) => {
        const entry = message(pieces.join(''), sip ? 'sip' : 'msrp')
        renderText(buildLadder([entry, redactEntry(entry)]))
      }),
    )
  })
})

describe('redaction', () => {
  it('removes credentials with their folded lines @req SEC-9', () => {
    const headers = 'Authorization: Digest username="alice",\r\n response="6629fae4"\r\nproxy-authenticate: Digest nonce="n0nce"\r\n'
    const { text } = redactEntry(message(sipText('REGISTER sip:x SIP/2.0', '1 REGISTER', { headers }))) as MessageEntry
    expect(text).toContain('\r\nAuthorization: [removed]\r\nproxy-authenticate: [removed]\r\nContent-Length: 0\r\n')
    expect(text).not.toMatch(/6629fae4|n0nce|username/)
  })

  it('removes passwords in addresses @req SEC-9', () => {
    const { text } = redactEntry(message('INVITE sip:bob:secret@x SIP/2.0\r\nFrom: <sips:a:s3@y>\r\n\r\n')) as MessageEntry
    expect(text).toBe('INVITE sip:bob@x SIP/2.0\r\nFrom: <sips:a@y>\r\n\r\n')
  })

  it('cuts MSRP session ids to 6 characters and corrects the Content-Length @req SEC-9', () => {
    const invite = redactEntry(sampleTransfer().entries[0] as MessageEntry) as MessageEntry
    expect(invite.text).toContain('a=path:msrp://127.0.0.1:2855/qwerty;tcp\r\n')
    const [head = '', body = ''] = invite.text.split('\r\n\r\n')
    expect(head).toContain(`Content-Length: ${body.length}`)
    const chunk = redactEntry(
      message('MSRP t1 SEND\r\nTo-Path: msrps://h:1/aaaaaaaaa;tcp msrp://g:1/bbbbbbbbb;tcp\r\n', 'msrp'),
    ) as MessageEntry
    expect(chunk.text).toBe('MSRP t1 SEND\r\nTo-Path: msrps://h:1/aaaaaa;tcp msrp://g:1/bbbbbb;tcp\r\n')
  })

  it('keeps the base name of files only @req SEC-9', () => {
    const invite = redactEntry(sampleTransfer().entries[0] as MessageEntry) as MessageEntry
    expect(invite.text).toContain('a=file-selector:name:"plan.pdf" size:5')
    const head = message('MSRP t SEND\r\nContent-Disposition: attachment; filename="..%2fhome%2Fx.pdf"\r\n', 'msrp')
    expect((redactEntry(head) as MessageEntry).text).toContain('filename="x.pdf"')
    const state = { v: 1, kind: 'state', time: 1, party: 'a', machine: 'file', subject: 'C:\\Users\\a\\x.pdf', state: 'done' } as const
    expect(redactEntry(state)).toEqual({ ...state, subject: 'x.pdf' })
  })

  it('leaves states alone that name no file @req SEC-9', () => {
    const state = { v: 1, kind: 'state', time: 1, party: 'a', machine: 'session', subject: 'sip:a/b@x', state: 'confirmed' } as const
    expect(redactEntry(state)).toBe(state)
  })

  it('works on messages that are cut off or bend the rules @req SEC-9', () => {
    const redacted = (text: string) => (redactEntry(message(text)) as MessageEntry).text
    expect(redacted('x\nAuthorization: Digest response="6629"\nTo: <sip:b@x>')).toBe('x\nAuthorization: [removed]\nTo: <sip:b@x>')
    expect(redacted('x\r\n\r\na=file-selector:name:"/srv/a/x')).toBe('x\r\n\r\na=file-selector:name:"x')
    expect(redacted('x\r\n\r\na=path:msrp://h:1')).toBe('x\r\n\r\na=path:msrp://h:1')
    expect(redacted('x\r\n\r\na=path:msrp://h:1/aaaaaaaaaa')).toBe('x\r\n\r\na=path:msrp://h:1/aaaaaa')
    const body = '\r\n\r\nname="/a/b"'
    expect(redacted(`x\nl: 20${body}`)).toBe('x\nl: 17\r\n\r\nname="b"')
    expect(redacted(`x\r\nContent-Length: 20\r\nX: y${body}`)).toBe('x\r\nContent-Length: 17\r\nX: y\r\n\r\nname="b"')
    expect(redacted(`x\r\nContent-Length: many${body}`)).toBe('x\r\nContent-Length: many\r\n\r\nname="b"')
  })
})
