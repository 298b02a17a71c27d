import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Decoder, type Head } from '../../src/msrp/index.js'
import { concatBytes, decodeLatin1, encodeLatin1 } from '../../src/wire/index.js'

interface Found {
  readonly head: Head
  readonly raw: string | undefined
  body: Uint8Array
  flag: string | undefined
}

/** Decodes `bytes` in the given pieces. */
function decode(
  bytes: Uint8Array,
  sizes: readonly number[] = [],
  keepRaw = false,
): { found: Found[]; broken: string | undefined; held: number } {
  const found: Found[] = []
  let broken: string | undefined
  let held = 0
  const decoder = new Decoder(
    {
      onHead: (head, raw) => found.push({ head, raw: raw && decodeLatin1(raw), body: new Uint8Array(0), flag: undefined }),
      onBody: part => {
        const last = found.at(-1) as Found
        last.body = concatBytes(last.body, part)
        if (part.buffer !== bytes.buffer) held = Math.max(held, part.length)
      },
      onEnd: flag => {
        ;(found.at(-1) as Found).flag = flag
      },
      onBroken: error => {
        broken = error.code
      },
    },
    { keepRaw },
  )
  let at = 0
  for (let index = 0; at < bytes.length; index++) {
    const end = Math.min(bytes.length, at + (sizes[index % Math.max(1, sizes.length)] ?? bytes.length))
    decoder.decode(bytes.subarray(at, end))
    at = end
  }
  return { found, broken, held }
}

const TO = 'To-Path: msrp://192.0.2.20:2855/r7Q;tcp\r\n'
const FROM = 'From-Path: msrp://192.0.2.10:2855/s9A;tcp\r\n'
const TID = 'k2Jd83hsQpLm01Zx'
const START = `MSRP ${TID} SEND\r\n${TO}${FROM}Message-ID: Zt5vQ0aB91\r\n`
const BODILESS = `${START}Byte-Range: 1-0/0\r\n-------${TID}$\r\n`
const HELLO = `${START}Byte-Range: 1-12/12\r\nContent-Type: text/plain\r\n\r\nHello, CPM!\n\r\n-------${TID}$\r\n`
const EMPTY = `${START}Byte-Range: 1-0/0\r\nContent-Type: text/plain\r\n\r\n\r\n-------${TID}$\r\n`

describe('framing', () => {
  it('reads the three vectors of D.3 in one piece and octet by octet @req MSRP-1 MSRP-2 MSRP-25', () => {
    for (const sizes of [[], [1]]) {
      const { found, broken } = decode(encodeLatin1(BODILESS + HELLO + EMPTY), sizes)
      expect(broken).toBeUndefined()
      expect(found.map(({ head, body, flag }) => [head.hasBody, head.contentType, decodeLatin1(body), flag])).toEqual([
        [false, undefined, '', '$'],
        [true, 'text/plain', 'Hello, CPM!\n', '$'],
        [true, 'text/plain', '', '$'],
      ])
      expect(found.every(({ head }) => head.fault === undefined && head.method === 'SEND' && head.tid === TID)).toBe(true)
    }
  })

  it('reads requests, responses and reports of the RFC @req MSRP-1 MSRP-2', () => {
    const text =
      'MSRP d93kswow SEND\r\nTo-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\nFrom-Path: msrp://alicepc.example.com:7777/iau39soe2843z;tcp\r\n' +
      "Message-ID: 12339sdqwer\r\nByte-Range: 1-16/16\r\nContent-Type: text/plain\r\n\r\nHi, I'm Alice!\r\n\r\n-------d93kswow$\r\n" +
      'MSRP d93kswow 200 OK\r\nTo-Path: msrp://alicepc.example.com:7777/iau39soe2843z;tcp\r\nFrom-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\n-------d93kswow$\r\n' +
      'MSRP dkei38sd REPORT\r\nTo-Path: msrp://alicepc.example.com:7777/iau39soe2843z;tcp\r\nFrom-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\n' +
      'Message-ID: 12339sdqwer\r\nByte-Range: 1-106/106\r\nStatus: 000 200 OK\r\n-------dkei38sd$\r\n'
    for (let size = 1; size < 80; size++) {
      const { found } = decode(encodeLatin1(text), [size])
      expect(found).toHaveLength(3)
      const [send, response, report] = found as [Found, Found, Found]
      expect(decodeLatin1(send.body)).toBe("Hi, I'm Alice!\r\n")
      expect(send.head).toMatchObject({ messageId: '12339sdqwer', byteRange: { start: 1, end: 16, total: 16 }, fault: undefined })
      expect(response.head).toMatchObject({ method: undefined, status: 200, comment: 'OK', tid: 'd93kswow' })
      expect(report.head).toMatchObject({ method: 'REPORT', reportStatus: { namespace: '000', code: 200, comment: 'OK' } })
    }
  })

  it('reads the chunks of the RFC example of section 11.4 @req MSRP-2 MSRP-24', () => {
    const chunk = (tid: string, range: string, body: string, flag: string) =>
      `MSRP ${tid} SEND\r\n${TO}${FROM}Message-ID: 12339sdqwer\r\nByte-Range: ${range}\r\nContent-Type: message/cpim\r\n\r\n${body}\r\n-------${tid}${flag}\r\n`
    const first =
      'To: Bob <sip:bob@example.com>\r\nFrom: Alice <sip:alice@example.com>\r\nDateTime: 2006-05-15T15:02:31-03:00\r\nContent-Type: text/plain\r\n\r\nABCD'
    const { found } = decode(
      encodeLatin1(chunk('d93kswow', '1-137/148', first, '+') + chunk('op2nc9a', '138-148/148', '1234567890', '$')),
      [7],
    )
    expect(found.map(({ body, flag }) => [decodeLatin1(body), flag])).toEqual([
      [first, '+'],
      ['1234567890', '$'],
    ])
  })

  it('gives bodies as views of the input, and copies at most an end-line @req MSRP-7', () => {
    const body = new Uint8Array(100_000).fill(0x2d)
    const bytes = concatBytes(encodeLatin1(`${START}Content-Type: a/b\r\n\r\n`), body, encodeLatin1(`\r\n-------${TID}+\r\n`))
    const whole = decode(bytes)
    expect(whole.held).toBe(0)
    expect(whole.found[0]?.body).toEqual(body)
    expect(decode(bytes, [100]).held).toBeLessThanOrEqual(44)
  })

  it('finds exactly the one end-line, whatever the body looks like and wherever it is split @req MSRP-6 MSRP-7', () => {
    const lookAlike = fc.constantFrom(
      '\r\n',
      '\r',
      '\n',
      '\0',
      '-------',
      `-------${TID}`,
      `-------${TID}$`,
      `\r\n-------${TID}`,
      `\r\n-------${TID}x`,
      `\r\n-------${TID}$\r`,
      `\r\n-------${TID}$x`,
      `\r\n------${TID}$\r\n`,
      `\r\n-------${TID.slice(0, -1)}$\r\n`,
      `\n-------${TID}$\r\n`,
      '\r\n-------othertid$\r\n',
      'MSRP k2Jd83hsQpLm01Zx 200 OK\r\n',
    )
    const noise = fc.uint8Array({ maxLength: 30 }).map(bytes => decodeLatin1(bytes))
    const body = fc.array(fc.oneof(lookAlike, noise), { maxLength: 12 }).map(all => all.join(''))
    const real = (text: string): boolean => /\r\n-------k2Jd83hsQpLm01Zx[$+#]\r\n/.test(text)
    fc.assert(
      fc.property(
        fc.array(body, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('$', '+', '#'),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
        (bodies, flag, sizes) => {
          const end = `\r\n-------${TID}${flag}\r\n`
          // a body must not hold its own end-line (MSRP-5), nor begin the real one
          fc.pre(bodies.every(text => !real(text + end.slice(0, -3))))
          const wire = encodeLatin1(bodies.map(text => `${START}Content-Type: a/b\r\n\r\n${text}${end}`).join(''))
          const { found, broken } = decode(wire, sizes)
          expect(broken).toBeUndefined()
          expect(found.map(({ body: part }) => decodeLatin1(part))).toEqual(bodies)
          expect(found.every(({ flag: seen }) => seen === flag)).toBe(true)
        },
      ),
      { numRuns: 400 },
    )
  })

  it('keeps the head as it came when asked to @req MSRP-1', () => {
    for (const sizes of [[], [1], [13]]) {
      const { found } = decode(encodeLatin1(HELLO + HELLO + BODILESS), sizes, true)
      const head = HELLO.slice(0, HELLO.indexOf('Hello, CPM'))
      expect(found.map(({ raw }) => raw)).toEqual([head, head, BODILESS.slice(0, BODILESS.indexOf('-------'))])
    }
  })
})

describe('heads', () => {
  const fault = (text: string): string | undefined => decode(encodeLatin1(text)).found[0]?.head.fault?.code
  const request = (lines: readonly string[], start = `MSRP ${TID} SEND`): string =>
    `${[start, ...lines].join('\r\n')}\r\n-------${TID}$\r\n`
  const paths = [TO.trim(), FROM.trim()]

  it('takes headers in any order and unknown ones, and needs none after the paths @req MSRP-3 MSRP-8', () => {
    expect(fault(request([...paths, 'X-New: a', 'Byte-Range: 1-0/0', 'Message-ID: Zt5vQ0aB91', 'x-new: b']))).toBeUndefined()
    expect(fault(request(paths))).toBeUndefined()
  })

  it.each([
    ['no-to-path', [FROM.trim()]],
    ['no-from-path', [TO.trim()]],
    ['duplicate-header', [...paths, TO.trim()]],
    ['duplicate-header', [...paths, 'Message-ID: Zt5vQ0aB91', 'Message-ID: Zt5vQ0aB91']],
    ['duplicate-header', [...paths, 'Byte-Range: 1-1/1', 'byte-range: 1-1/1']],
    ['bad-message-id', [...paths, 'Message-ID: a b']],
    ['bad-message-id', [...paths, 'Message-ID: abc']],
    ['bad-byte-range', [...paths, 'Byte-Range: 0-1/1']],
    ['bad-success-report', [...paths, 'Success-Report: Yes']],
    ['bad-failure-report', [...paths, 'Failure-Report: maybe']],
    ['bad-header', [...paths, 'no colon']],
    ['bad-header', [...paths, ' folded: line']],
    ['bad-header', [...paths, 'X-Bad: \xff\xfe']],
    ['bad-header', [...paths, 'X-Bad: a\x01b']],
    ['bad-header', [...paths, 'X-Bad: a\rb']],
    ['no-body', [...paths, 'Content-Type: text/plain']],
  ])('finds %s @req MSRP-3 MSRP-9 MSRP-20 MSRP-40', (code, lines) => {
    expect(fault(request(lines))).toBe(code)
  })

  it('wants a Content-Type for a body @req MSRP-9', () => {
    expect(fault(`${START}\r\nbody\r\n-------${TID}$\r\n`)).toBe('no-content-type')
  })

  it('takes valid UTF-8 in a header @req MSRP-3', () => {
    const [found] = decode(encodeLatin1(request([...paths, 'X-Name: r\xc3\xa9s'])), [1]).found
    expect(found?.head.headers.at(-1)).toMatchObject({ name: 'X-Name', value: 'rés' })
  })

  it.each([
    ['MSRP abc SEND', 'abc'],
    [`MSRP ${'a'.repeat(33)} SEND`, 'a'.repeat(33)],
    ['MSRP -abcd SEND', '-abcd'],
    ['MSRP ab_cd SEND', 'ab_cd'],
  ])('answers %s, whose transaction id is malformed @req MSRP-4', (start, tid) => {
    const { found } = decode(encodeLatin1(`${start}\r\n${TO}${FROM}-------${tid}$\r\n${BODILESS}`))
    expect(found[0]?.head).toMatchObject({ tid, fault: { code: 'bad-transaction-id', status: 400 } })
    expect(found[1]?.head.fault).toBeUndefined()
  })

  it.each(['GET / HTTP/1.1', 'msrp abcd SEND', 'MSRP', `MSRP ${'a'.repeat(65)} SEND`, 'MSRP a\x01cd SEND', '', 'MSRP  SEND'])(
    'gives up on %j @req MSRP-1 MSRP-4',
    start => {
      expect(decode(encodeLatin1(`${start}\r\n${TO}`)).broken).toBe('not-msrp')
      expect(decode(encodeLatin1(`${start}\r\n${TO}`), [1]).broken).toBe('not-msrp')
    },
  )

  it('does not wait for a line end to see that it is not MSRP @req MSRP-1', () => {
    expect(decode(encodeLatin1('MSX')).broken).toBe('not-msrp')
  })

  it.each(['send', 'SE ND', 'SEND ', '', 'S3ND'])('takes the method %j for a fault @req MSRP-1', method => {
    expect(fault(request(paths, `MSRP ${TID} ${method}`))).toBe('bad-start-line')
  })

  it('reads three digits as a response and nothing else @req MSRP-1', () => {
    const status = (rest: string): number | undefined => decode(encodeLatin1(request(paths, `MSRP ${TID} ${rest}`))).found[0]?.head.status
    expect([status('200'), status('481 gone away'), status('20'), status('2000'), status('200OK')]).toEqual([200, 481, 0, 0, 0])
  })

  it.each([
    ['one line', (length: number) => `X-Long: ${'a'.repeat(length)}\r\n`, 8184, 8185],
    ['the block', (count: number) => `X-Long: ${'a'.repeat(8000)}\r\n`.repeat(count), 8, 9],
    ['many lines', (count: number) => 'a:b\r\n'.repeat(count), 253, 254],
  ])('stops at too long headers: %s, and finds the next message @req MSRP-3', (_what, lines, fits, tooLong) => {
    for (const sizes of [[], [1], [1000]]) {
      expect(
        decode(encodeLatin1(`${START}${lines(fits)}-------${TID}$\r\n${BODILESS}`), sizes).found.map(({ head }) => head.fault),
      ).toEqual([undefined, undefined])
      const { found } = decode(encodeLatin1(`${START}${lines(tooLong)}-------${TID}$\r\n${BODILESS}`), sizes)
      expect(found[0]?.head.fault?.code).toMatch(/^header-(line|block)-too-long$/)
      expect(found[1]?.head.fault).toBeUndefined()
      expect(found).toHaveLength(2)
    }
  })
})

describe('a consumer that stops the decoder in the middle of a body', () => {
  const head = `${START}Byte-Range: 1-*/*\r\nContent-Type: text/plain\r\n\r\n`
  const stopping = (pieces: readonly string[]) => {
    const seen: string[] = []
    const decoder: Decoder = new Decoder({
      onHead: () => seen.push('head'),
      onBody: bytes => {
        seen.push(decodeLatin1(bytes))
        decoder.stop()
      },
      onEnd: () => seen.push('end'),
      onBroken: () => seen.push('broken'),
    })
    for (const piece of pieces) decoder.decode(encodeLatin1(piece))
    return seen
  }

  it('hears nothing more, neither of this view nor of later ones @req MSRP-6 CON-17', () => {
    expect(stopping([`${head}abc\r\n-------${TID}$\r\n`, BODILESS])).toEqual(['head', 'abc'])
    expect(stopping([`${head}\r\n----`, `x\r\n-------${TID}$\r\n`])).toEqual(['head', '\r\n----'])
  })
})

describe('a look-alike of the end-line among the headers', () => {
  it('is a bad header when its flag is none @req MSRP-2 MSRP-3', () => {
    const { found } = decode(encodeLatin1(`${START}-------${TID}!\r\n-------${TID}$\r\n`))
    expect(found).toMatchObject([{ flag: '$', head: { fault: { code: 'bad-header', status: 400 } } }])
  })
})

describe('heads that are nearly right', () => {
  const end = `-------${TID}$\r\n`

  it.each([
    ['a header without CR', `${START}X: 1\n${end}`],
    ['an empty line without CR', `${START}\n${end}`],
    ['an end-line without CR', `${START}-------${TID}$\n${end}`],
    ['an end-line of another length', `${START}-------${TID}x$\r\n${end}`],
    ['an end-line of another transaction', `${START}-------${'x'.repeat(TID.length)}$\r\n${end}`],
    ['an end-line of six hyphens', `${START}------x${TID}$\r\n${end}`],
    ['an end-line that is no UTF-8', `${START}-------${TID}\u00ff\r\n${end}`],
    ['a space in a header name', `${START}X Y: 1\r\n${end}`],
    ['no header name', `${START}: 1\r\n${end}`],
  ])('get 400 for %s, in one piece and octet by octet @req MSRP-2 MSRP-3', (_name, text) => {
    for (const sizes of [[], [1]]) {
      const { found, broken } = decode(encodeLatin1(text), sizes)
      expect(broken).toBeUndefined()
      expect(found).toMatchObject([{ flag: '$', head: { fault: { code: 'bad-header', status: 400 } } }])
    }
  })

  it.each([
    ['without CR', `MSRP ${TID} SEND\n${TO}`],
    ['with a control character', `MSRP ${TID}\u0001 SEND\r\n${TO}`],
    ['of more than 8 KiB', `MSRP ${TID} ${'S'.repeat(8192)}\r\n`],
    ['without end', `MSRP ${'S'.repeat(10_000)}`],
  ])('close the connection for a start line %s @req MSRP-1 MSRP-3', (_name, text) => {
    for (const sizes of [[], [1], [5000]]) expect(decode(encodeLatin1(text), sizes)).toMatchObject({ found: [], broken: 'not-msrp' })
  })
})
