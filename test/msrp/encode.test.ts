import { describe, expect, it } from 'vitest'
import { encodeEndLine, encodeReport, encodeResponse, encodeSendHead } from '../../src/msrp/index.js'
import { concatBytes, decodeLatin1, encodeLatin1, encodeUtf8 } from '../../src/wire/index.js'

const TO = 'msrp://192.0.2.20:2855/r7Q;tcp'
const FROM = 'msrp://192.0.2.10:2855/s9A;tcp'
const TID = 'k2Jd83hsQpLm01Zx'
const common = { tid: TID, toPath: TO, fromPath: FROM, messageId: 'Zt5vQ0aB91' }
const START = `MSRP ${TID} SEND\r\nTo-Path: ${TO}\r\nFrom-Path: ${FROM}\r\nMessage-ID: Zt5vQ0aB91\r\n`

describe('encoding', () => {
  it('writes the vectors of D.3 to the octet @req MSRP-2 MSRP-3 MSRP-25', () => {
    const bodiless = concatBytes(encodeSendHead({ ...common, byteRange: { start: 1, end: 0, total: 0 } }), encodeEndLine(TID, '$', false))
    expect(decodeLatin1(bodiless)).toBe(`${START}Byte-Range: 1-0/0\r\n-------${TID}$\r\n`)
    const head = encodeSendHead({ ...common, byteRange: { start: 1, end: 12, total: 12 }, contentType: 'text/plain' })
    const hello = concatBytes(head, encodeLatin1('Hello, CPM!\n'), encodeEndLine(TID, '$', true))
    expect(decodeLatin1(hello)).toBe(`${START}Byte-Range: 1-12/12\r\nContent-Type: text/plain\r\n\r\nHello, CPM!\n\r\n-------${TID}$\r\n`)
    const empty = concatBytes(
      encodeSendHead({ ...common, byteRange: { start: 1, end: 0, total: 0 }, contentType: 'text/plain' }),
      encodeEndLine(TID, '$', true),
    )
    expect(decodeLatin1(empty)).toBe(`${START}Byte-Range: 1-0/0\r\nContent-Type: text/plain\r\n\r\n\r\n-------${TID}$\r\n`)
  })

  it('writes the headers in the order of the RFC, Content-Type last @req MSRP-3 MSRP-40', () => {
    const head = encodeSendHead({
      ...common,
      byteRange: { start: 1, end: undefined, total: 4717 },
      successReport: true,
      failureReport: 'partial',
      headers: [['Content-Disposition', 'attachment; filename="rés.txt"']],
      contentType: 'message/cpim',
    })
    const text = `${START}Byte-Range: 1-*/4717\r\nSuccess-Report: yes\r\nFailure-Report: partial\r\nContent-Disposition: attachment; filename="rés.txt"\r\nContent-Type: message/cpim\r\n\r\n`
    expect(head).toEqual(encodeUtf8(text))
  })

  it('writes a response without further headers, body or other flag @req MSRP-42', () => {
    expect(decodeLatin1(encodeResponse(TID, 200, FROM, TO))).toBe(
      `MSRP ${TID} 200 OK\r\nTo-Path: ${FROM}\r\nFrom-Path: ${TO}\r\n-------${TID}$\r\n`,
    )
    expect(decodeLatin1(encodeResponse(TID, 599, FROM, TO))).toContain(`MSRP ${TID} 599\r\n`)
  })

  it('writes a REPORT like the one of call flow 5b @req MSRP-50', () => {
    const report = {
      tid: 'Wz19KdBt44QxLm8R',
      toPath: FROM,
      fromPath: TO,
      messageId: 'M4xQ9zT1LbKd72',
      status: 403,
      comment: 'content does not match',
    }
    expect(decodeLatin1(encodeReport({ ...report, byteRange: { start: 1, end: 4717, total: 4717 } }))).toBe(
      `MSRP Wz19KdBt44QxLm8R REPORT\r\nTo-Path: ${FROM}\r\nFrom-Path: ${TO}\r\nMessage-ID: M4xQ9zT1LbKd72\r\nByte-Range: 1-4717/4717\r\nStatus: 000 403 content does not match\r\n-------Wz19KdBt44QxLm8R$\r\n`,
    )
  })

  it('leaves the comment of a status out where it is empty or unknown @req MSRP-50 MSRP-42', () => {
    const report = { tid: TID, toPath: FROM, fromPath: TO, messageId: 'Zt5vQ0aB91', byteRange: { start: 1, end: 5, total: 5 } }
    expect(decodeLatin1(encodeReport({ ...report, status: 599 }))).toContain('\r\nStatus: 000 599\r\n')
    expect(decodeLatin1(encodeReport({ ...report, status: 200, comment: '' }))).toContain('\r\nStatus: 000 200\r\n')
  })
})
