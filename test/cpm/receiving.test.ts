import { describe, expect, it } from 'vitest'
import { FIRST_OCTET_WAIT } from '../../src/cpm/limits.js'
import type { IncomingMessage } from '../../src/msrp/index.js'
import { encodeUtf8 } from '../../src/wire/index.js'
import { fileLine, LoneSession, sdp } from '../kit/lone-session.js'
import { attribute, ports } from '../kit/session-pair.js'

const HEAD = 'From: <sip:a@x>\r\nTo: <sip:b@x>\r\n\r\nContent-Type: text/plain\r\n\r\n'

/** One accepted file of that size, and what came of these pieces of its message. */
function receive(size: number | undefined, message: Partial<IncomingMessage>, ...pieces: readonly (readonly [number, string])[]) {
  const session = new LoneSession()
  session.incoming(sdp(fileLine({ selector: size === undefined ? 'type:text/plain' : `type:text/plain size:${size}` })))
  session.answer()
  const sessionId = /:2855\/([^;]+);/.exec(attribute(session.sdp, 'path')[0] ?? '')?.[1] ?? ''
  const whole = { messageId: 'm', total: undefined, contentType: 'message/cpim', headers: [], successReport: true, failureReport: 'yes' }
  session.step({ type: 'msrp', event: { type: 'message', sessionId, message: { ...whole, ...message } as IncomingMessage } })
  for (const [offset, text] of pieces)
    session.step({ type: 'msrp', event: { type: 'body', sessionId, messageId: 'm', offset, bytes: encodeUtf8(text) } })
  const written = session.events.reduce((sum, event) => sum + (event.type === 'octets' ? event.bytes.length : 0), 0)
  const failed = session.events.find(event => event.type === 'file' && event.state === 'failed')
  const status = session.msrp.flatMap(input => (input.type === 'verdict' ? [input.status] : input.type === 'abort' ? [413] : []))[0]
  const end = (length: number) => session.step({ type: 'msrp', event: { type: 'complete', sessionId, messageId: 'm', length } })
  return { session, written, outcome: failed?.type === 'file' ? failed.outcome?.code : undefined, status, end }
}

describe('octets beyond the announced size', () => {
  it('are not written, not one of them @req RCV-12 MSRP-29 CR-12', () => {
    expect(receive(10, {}, [0, `${HEAD}0123456789`])).toMatchObject({ written: 10, outcome: undefined, status: undefined })
    expect(receive(10, {}, [0, `${HEAD}0123456789`], [HEAD.length + 10, 'x'])).toMatchObject({
      written: 10,
      outcome: 'size-mismatch',
      status: 413,
    })
    expect(receive(10, {}, [0, `${HEAD}0123456789x`])).toMatchObject({ written: 0, outcome: 'size-mismatch', status: 413 })
    expect(receive(10, { contentType: 'text/plain' }, [0, '01234567890'])).toMatchObject({
      written: 0,
      outcome: 'size-mismatch',
      status: 413,
    })
    expect(receive(10, { total: HEAD.length + 11 }, [0, `${HEAD}0123456789x`])).toMatchObject({
      written: 0,
      outcome: 'size-mismatch',
      status: 413,
    })
  })

  it('have a limit of their own when no size was announced @req RCS-12 RCV-12', () => {
    const limit = 10 * 1024 * 1024
    const far = receive(undefined, { contentType: 'text/plain' }, [limit - 1, 'x'])
    expect(far).toMatchObject({ written: 1, outcome: undefined })
    expect(receive(undefined, { contentType: 'text/plain' }, [limit - 1, 'xy'])).toMatchObject({ written: 0, outcome: 'size-mismatch' })
    const added = far.session.msrp.find(input => input.type === 'add-session')
    expect(added).toMatchObject({ session: { maxLength: limit + 65_536 } })
  })
})

describe('a wrapper that is wrong', () => {
  it('gets 415 when it announces an encoding that is not undone, and its octets are not written @req MSRP-62', () => {
    const encoded = HEAD.replace('text/plain\r\n', 'text/plain\r\nContent-Transfer-Encoding: base64\r\n')
    expect(receive(4, {}, [0, `${encoded}YWJj`])).toMatchObject({ status: 415, outcome: 'protocol-error', written: 0 })
    const plain = HEAD.replace('text/plain\r\n', 'text/plain\r\nContent-Transfer-Encoding: 8bit\r\n')
    expect(receive(4, {}, [0, `${plain}YWJj`])).toMatchObject({ status: undefined, written: 4 })
  })

  it('gets the status of its fault, and only this file fails @req MSRP-63 CR-12', () => {
    expect(receive(3, {}, [0, 'To: <sip:b@x>\r\n\r\nContent-Type: a/b\r\n\r\nabc'])).toMatchObject({
      status: 400,
      outcome: 'protocol-error',
      written: 0,
    })
    const required = receive(3, {}, [0, `Require: X.Y\r\n${HEAD}abc`])
    expect(required).toMatchObject({ status: 415, outcome: 'protocol-error', written: 0 })
    expect(required.session.session.state).toBe('established')
    expect(receive(3, {}, [0, 'no header'], [9, '\r\n\r\n'])).toMatchObject({ status: 400 })
  })

  it('that is all there is of the message fails when the message ends @req MSRP-63', () => {
    const short = receive(3, {}, [0, 'From: <sip:a@x>\r\n'])
    short.end(17)
    expect(short.session.states('bob/in-1')).toEqual(['connecting', 'receiving', 'failed'])
    expect(short.session.events.some(event => event.type === 'complete')).toBe(false)
  })
})

describe('the type of a received file', () => {
  it('is what the wrapper says, or the message itself @req MSRP-61 RCV-13', () => {
    for (const [message, head, type] of [
      [{}, HEAD, 'text/plain'],
      [{}, HEAD.replace('text/plain', 'text/html'), 'text/html'],
      [{ contentType: 'image/png' }, '', 'image/png'],
    ] as const) {
      const result = receive(3, message, [0, `${head}abc`])
      result.end(head.length + 3)
      expect(result.session.events.at(-1)).toMatchObject({ type: 'complete', contentType: type })
    }
  })
})

describe('an accepted file that never begins', () => {
  const other = { id: 'second', path: 'msrp://192.0.2.10:2855/second;tcp', selector: 'name:"b.txt" type:text/plain size:12' }
  const accepted = (...more: Parameters<typeof fileLine>) => {
    const session = new LoneSession()
    session.incoming(sdp(fileLine(), ...(more.length === 0 ? [] : [fileLine(more[0])])))
    session.answer()
    const idOf = (index: number) => /:2855\/([^;]+)/.exec(attribute(session.sdp, 'path')[index] ?? '')?.[1] ?? ''
    return { session, ids: [idOf(0), idOf(1)] as const, files: session.offer?.files.map(({ fileId }) => fileId) ?? [] }
  }
  const begin = (session: LoneSession, sessionId: string) => {
    const message = {
      messageId: 'm1',
      total: 12,
      contentType: 'text/plain',
      headers: [],
      successReport: false,
      failureReport: 'yes' as const,
    }
    session.step({ type: 'msrp', event: { type: 'message', sessionId, message } })
  }

  it('fails after FIRST_OCTET_WAIT, and its line is closed @req SND-1 SND-12', () => {
    const { session, files } = accepted()
    session.run(FIRST_OCTET_WAIT - 1)
    expect(session.states(files[0] ?? '')).toEqual(['connecting'])
    session.run(1)
    expect(session.states(files[0] ?? '')).toEqual(['connecting', 'failed'])
    const last = session.events.findLast(event => event.type === 'file')
    expect(last?.type === 'file' && last.outcome).toEqual({ code: 'timeout', detail: 'Its sender never began.' })
    expect(session.sip.at(-1)?.name).toBe('offer')
    expect(ports(session.sdp)).toEqual([0])
  })

  it('may wait while another file of the session comes, and while somebody holds it @req SND-1 OA-38', () => {
    const { session, ids, files } = accepted(other)
    begin(session, ids[1])
    session.run(FIRST_OCTET_WAIT * 3)
    expect(session.states(files[0] ?? '')).toEqual(['connecting'])
    const held = accepted()
    held.session.step({ type: 'command', command: { name: 'pause', fileId: held.files[0] ?? '' } })
    held.session.run(FIRST_OCTET_WAIT * 2)
    expect(held.session.states(held.files[0] ?? '')).toEqual(['connecting'])
    // once it began the clock of MSRP counts
    begin(session, ids[0])
    session.run(FIRST_OCTET_WAIT * 2)
    expect(session.states(files[0] ?? '')).toEqual(['connecting', 'receiving'])
  })
})
