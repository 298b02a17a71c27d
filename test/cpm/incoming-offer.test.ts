import { describe, expect, it } from 'vitest'
import { concatBytes, encodeLatin1 } from '../../src/wire/index.js'
import { EMPTY_HASH, fileLine, ICSI, LoneSession, NOTES_HASH, NOTES_SELECTOR, sdp, sdpBody } from '../kit/lone-session.js'
import { attribute, ports } from '../kit/session-pair.js'

const NAMED = [['P-Preferred-Service', ICSI]] as const
const WARNING = (code: number, text: string) => `488 ${code} 192.0.2.20 "${text}"`

function offer(body: Parameters<LoneSession['incoming']>[0], settings: ConstructorParameters<typeof LoneSession>[0] = {}, headers = NAMED) {
  const session = new LoneSession(settings)
  session.incoming(body, headers)
  return session
}

/** What became of one file line: its text when unavailable, else `asked`, or the refusal when nobody was asked. */
function fate(line: string, settings: ConstructorParameters<typeof LoneSession>[0] = {}): string {
  const session = offer(sdp(line), settings)
  return session.last?.name === 'ring' ? 'asked' : session.refusal
}

describe('an INVITE that is no file transfer', () => {
  it('gets 488 with a Warning for each cause @req SIP-35 CR-18 RCV-4 RCV-5 RCV-6', () => {
    expect(offer(undefined).refusal).toBe(WARNING(399, 'File description required'))
    expect(offer(sdp('m=message 2855 TCP/MSRP *', 'a=accept-types:*', 'a=path:msrp://192.0.2.10:2855/x;tcp')).refusal).toBe(
      WARNING(399, 'File description required'),
    )
    expect(offer(sdp('m=audio 4000 RTP/AVP 0')).refusal).toBe(WARNING(304, 'Media type not available'))
    expect(offer(sdp('m=message 4000 UDP/FOO *')).refusal).toBe(WARNING(302, 'Incompatible transport protocol'))
    expect(offer(sdp(fileLine({ acceptTypes: undefined }))).refusal).toBe(WARNING(305, 'Incompatible media format'))
    expect(offer(sdp(fileLine({ path: 'msrp://192.0.2.10:2855/abc;ws' }))).refusal).toBe(WARNING(302, 'Incompatible transport protocol'))
    const declined = offer(sdp(fileLine()))
    declined.answer([])
    expect(declined.refusal).toBe(WARNING(399, 'No file accepted'))
  })

  it('is a file transfer by its selector even without the identifier @req RCV-6 CPM-3', () => {
    const session = offer(sdp(fileLine()), {}, [] as never)
    expect(session.last?.name).toBe('ring')
    expect(session.offer?.files).toHaveLength(1)
  })

  it('gets 400, 413 or 415 for its body @req SIP-17 RCV-1 SDP-1 SDP-25', () => {
    expect(offer(sdpBody('hello', 'text/plain')).refusal).toBe('415')
    const unsupported = offer(sdpBody('hello', 'text/plain')).last
    expect(unsupported).toMatchObject({ headers: [['Accept', 'application/sdp, multipart/related, multipart/mixed']] })
    expect(offer(sdpBody('x', 'no type')).refusal).toBe('400')
    expect(offer('v=1\r\n').refusal).toBe('400')
    expect(offer(sdp('m=message x TCP/MSRP *')).refusal).toBe('400')
    expect(offer(sdpBody('--b\r\n\r\n\r\n--b--\r\n', 'multipart/related')).refusal).toBe('400')
    expect(offer(sdpBody('no boundary here', 'multipart/related;boundary=b')).refusal).toBe('400')
    expect(offer(`${sdp(fileLine())}a=x:${'y'.repeat(70_000)}\r\n`).refusal).toBe('413')
  })

  it('fails at the first check that fails @req RCV-1', () => {
    // body type before SDP, SDP before the line, the line before its limits, limits before the user
    const tooLarge = { maxFileSize: 10 }
    expect(offer(sdpBody('garbage', 'text/plain'), tooLarge).refusal).toBe('415')
    expect(offer('garbage', tooLarge).refusal).toBe('400')
    expect(offer(sdp('m=message 2855 TCP/MSRP *'), tooLarge).refusal).toBe(WARNING(399, 'File description required'))
    expect(offer(sdp(fileLine({ path: undefined })), tooLarge).refusal).toBe(WARNING(399, 'No file accepted'))
    expect(offer(sdp(fileLine()), tooLarge).refusal).toBe(WARNING(399, 'File too large'))
    for (const session of [offer(undefined), offer(sdp(fileLine()), tooLarge)]) {
      expect(session.offer).toBeUndefined()
      expect(session.sip.map(({ name }) => name)).toEqual(['reject'])
      expect(session.session.state).toBe('terminated')
      expect(session.events).toEqual([{ type: 'ended' }])
    }
  })
})

describe('an offer event', () => {
  it('tells everything the peer said of each file @req CR-19 RCV-2', () => {
    const session = offer(
      sdp(
        fileLine({
          more: ['a=file-disposition:attachment', 'a=file-date:modification:"Sat, 04 May 2024 12:10:00 +0000"'],
        }).replace('\r\n', '\r\ni=Meeting notes\r\n'),
        fileLine({ id: 'second', selector: 'type:image/png size:12' }),
      ),
      {},
      [
        ['Conversation-ID', 'conv-1'],
        ['Contribution-ID', 'contrib-1'],
        ['Subject', 'Minutes'],
      ] as never,
    )
    expect(session.offer).toMatchObject({
      subject: 'Minutes',
      first: true,
      conversation: { conversationId: 'conv-1', contributionId: 'contrib-1' },
      files: [
        {
          transferId: 'f1Kx83LmQz0TtY7bWc5RnV2eHd9GjA64',
          selector: { name: 'notes.txt', size: 4400, type: { type: 'text', subtype: 'plain' } },
          disposition: 'attachment',
          description: 'Meeting notes',
          modified: new Date('2024-05-04T12:10:00Z'),
          unavailable: undefined,
        },
        { transferId: 'second', disposition: 'render', description: undefined, selector: { size: 12 } },
      ],
    })
    expect(session.offer?.files[0]?.selector.hashes).toHaveLength(1)
  })

  it('shows bad lines as not available, and never accepts them @req RCV-4 SDP-4', () => {
    const session = offer(sdp(fileLine({ path: undefined }), fileLine({ id: 'good' })))
    expect(session.offer?.files.map(({ unavailable }) => unavailable !== undefined)).toEqual([true, false])
    session.answer()
    expect(session.last?.name).toBe('accept')
    expect(ports(session.sdp)).toEqual([0, 2855])
  })

  it('answers audio beside a file with port 0 and takes the file @req SDP-2 OA-20', () => {
    const session = offer(sdp('m=audio 4000 RTP/AVP 0 8', 'a=rtpmap:0 PCMU/8000', fileLine(), 'm=video 4002 RTP/AVP 31'))
    expect(session.offer?.files).toHaveLength(1)
    session.answer()
    const media = session.sdp.split('\r\n').filter(line => line.startsWith('m='))
    expect(media).toEqual(['m=audio 0 RTP/AVP 0 8', 'm=message 2855 TCP/MSRP *', 'm=video 0 RTP/AVP 31'])
  })

  it('reads a direction that is missing or both ways as a push, strictly not @req D-18', () => {
    for (const direction of [undefined, 'sendrecv']) {
      const session = offer(sdp(fileLine({ direction })))
      session.answer()
      expect(session.sdp).toContain('a=recvonly')
      expect(fate(fileLine({ direction }), { strict: true })).toBe(WARNING(399, 'No file accepted'))
    }
  })

  it('takes an empty file, which is offered without a size @req D-16', () => {
    const empty = `name:"empty.txt" type:text/plain ${EMPTY_HASH}`
    const session = offer(sdp(fileLine({ selector: empty })), { maxFileSize: 5 })
    session.answer()
    expect(attribute(session.sdp, 'file-selector')).toEqual([empty])
    expect(fate(fileLine({ selector: `size:0 ${EMPTY_HASH}` }))).toBe('asked')
  })
})

describe('a pull offer', () => {
  it('is refused the same way whatever it asks for @req OA-35 OA-31 SEC-13', () => {
    const refusals = [NOTES_HASH, 'name:"/etc/passwd"', 'size:12', 'type:text/plain'].map(selector => {
      const session = offer(sdp(fileLine({ direction: 'recvonly', selector })))
      expect(session.offer?.files).toMatchObject([{ kind: 'pull', unavailable: undefined }])
      session.answer([])
      return session.refusal
    })
    expect(new Set(refusals)).toEqual(new Set([WARNING(399, 'No file accepted')]))
  })

  it('is not served by being accepted like a push, only with a file @req OA-35', () => {
    const beside = offer(sdp(fileLine({ direction: 'recvonly' }), fileLine({ id: 'push' })))
    beside.answer()
    expect(ports(beside.sdp)).toEqual([0, 2855])
  })
})

describe('lines that can never be accepted', () => {
  it('follow the table of call flow 13f @req SDP-4 SDP-21 CON-1 CON-4 CON-40 RCV-4', () => {
    expect(fate(fileLine({ path: undefined }))).toMatch(/^488 399 /)
    expect(fate(fileLine({ more: ['a=file-range:5-3'] }))).toMatch(/^488 399 /)
    expect(fate(fileLine({ more: ['a=file-range:0-3'] }))).toMatch(/^488 399 /)
    expect(fate(fileLine({ more: ['a=file-range:1-4401'] }))).toMatch(/^488 399 /)
    expect(fate(fileLine({ path: 'msrps://192.0.2.10:2855/abc;tcp' }))).toMatch(/^488 302 /)
    expect(fate(fileLine({ protocol: 'TCP/TLS/MSRP' }))).toMatch(/^488 302 /)
    for (const path of ['msrp://192.0.2.10/abc;tcp', 'msrp://192.0.2.10:2855;tcp', 'msrp://192.0.2.10:2855/abc', 'http://x', 'msrp://', ''])
      expect(fate(fileLine({ path })), path).toMatch(/^488 /)
    // a foreign transport behind the first entry is none of our business
    expect(fate(fileLine({ path: 'msrp://192.0.2.9:2855/r;tcp msrp://192.0.2.10:2855/abc;ws' }))).toBe('asked')
  })

  it('are those over the limit, to the octet @req RCS-6 RCS-12 D-19', () => {
    const sized = (size: number) => fate(fileLine({ selector: `type:a/b size:${size}` }), { maxFileSize: 1000 })
    expect([sized(999), sized(1000)]).toEqual(['asked', 'asked'])
    expect(sized(1001)).toBe(WARNING(399, 'File too large'))
    expect(fate(fileLine({ selector: `type:a/b size:${Number.MAX_SAFE_INTEGER}` }))).toBe('asked')
    const unknown = (maxFileSize: number) => fate(fileLine({ selector: `type:a/b ${NOTES_HASH}` }), { maxFileSize })
    expect(unknown(10 * 1024 * 1024 - 1)).toBe(WARNING(399, 'File too large'))
    expect(unknown(10 * 1024 * 1024)).toBe('asked')
  })
})

describe('an answer', () => {
  it('copies selector and id and says nothing that is forbidden @req OA-22 CR-21 CON-20 SDP-7', () => {
    const session = offer(
      sdp(
        fileLine({ more: ['a=file-disposition:attachment', 'a=file-date:read:"Sat, 04 May 2024 12:10:00 +0000"', 'a=file-icon:cid:x@y'] }),
      ),
      { maxFileSize: 104_857_600 },
    )
    session.answer()
    expect(session.sdp.slice(session.sdp.indexOf('m='))).toMatch(
      new RegExp(
        [
          'm=message 2855 TCP/MSRP \\*',
          'a=recvonly',
          'a=setup:passive',
          'a=msrp-cema',
          'a=accept-types:message/cpim \\*',
          'a=max-size:104923136',
          'a=path:msrp://192.0.2.20:2855/[A-Za-z0-9]{20};tcp',
          `a=file-selector:${NOTES_SELECTOR.replaceAll('.', '\\.')}`,
          'a=file-transfer-id:f1Kx83LmQz0TtY7bWc5RnV2eHd9GjA64',
          '$',
        ].join('\r\n'),
      ),
    )
  })

  it('repeats t= of the offer, and mirrors what it declines byte by byte @req OA-20 OA-21', () => {
    const selector = 'hash:md5:00 size:12 x:y type:text/plain;charset="utf-8" name:"b%22.txt"'
    const session = offer(sdp(fileLine({ selector }), fileLine({ id: 'other' })).replace('t=0 0', 't=3034423619 3042462419'))
    session.answer([1])
    expect(session.sdp).toContain('\r\nt=3034423619 3042462419\r\n')
    expect(attribute(session.sdp, 'file-selector')[0]).toBe(selector)
    expect(attribute(session.sdp, 'file-transfer-id')).toEqual(['f1Kx83LmQz0TtY7bWc5RnV2eHd9GjA64', 'other'])
    expect(ports(session.sdp)).toEqual([0, 2855])
  })

  it('takes the role the offer leaves, and port 9 as the active side @req CON-20 CON-21 CON-22', () => {
    for (const [setup, answer] of [
      ['actpass', 'passive'],
      ['active', 'passive'],
      ['passive', 'active'],
      [undefined, 'passive'],
      ['holdconn', 'passive'],
    ] as const) {
      const session = offer(sdp(fileLine({ setup })))
      session.answer()
      expect(attribute(session.sdp, 'setup'), `${setup}`).toEqual([answer])
      expect(ports(session.sdp)).toEqual([answer === 'active' ? 9 : 2855])
      expect(attribute(session.sdp, 'path')[0]).toContain(answer === 'active' ? ':9/' : ':2855/')
      const added = session.msrp.find(input => input.type === 'add-session')
      expect(added).toMatchObject({ session: { role: answer, direction: 'receive' } })
    }
  })

  it('is not asked for twice, and not after the session ended @req RCV-3 RCV-8', () => {
    const session = offer(sdp(fileLine()))
    session.answer()
    const before = session.sip.length
    session.answer()
    expect(session.sip).toHaveLength(before)
    const closed = offer(sdp(fileLine()))
    closed.step({ type: 'command', command: { name: 'close' } })
    expect(closed.refusal).toBe('480')
    expect(closed.events.some(event => event.type === 'offer-withdrawn')).toBe(true)
    closed.answer()
    expect(closed.last?.name).toBe('reject')
    expect(closed.msrp).toEqual([])
  })
})

describe('an offer with an icon', () => {
  const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0xff, 0x0d, 0x0a)
  const related = (type: string, icon: Uint8Array, headers = 'Content-ID: <ic%41@alice>\r\n', cid = 'ic%2541@alice') => {
    const text = `--b7Jx2\r\nContent-Type: application/sdp\r\n\r\n${sdp(fileLine({ more: [`a=file-icon:cid:${cid}`] }))}\r\n--b7Jx2\r\n`
    const head = `${type === '' ? '' : `Content-Type: ${type}\r\n`}${headers}Content-Disposition: icon\r\n\r\n`
    return {
      contentType: 'multipart/related;type="application/sdp";boundary="b7Jx2"',
      bytes: concatBytes(encodeLatin1(text + head), icon, encodeLatin1('\r\n--b7Jx2--\r\n')),
    }
  }
  const iconOf = (...given: Parameters<typeof related>) => offer(related(...given)).offer?.files[0]?.icon

  it('shows the part the line points at @req OA-12 SDP-20 RCV-18', () => {
    for (const type of ['image/png', 'image/jpeg', 'image/gif', 'image/webp']) expect(iconOf(type, PNG)).toEqual({ type, bytes: PNG })
    expect(iconOf('IMAGE/PNG; name=x', PNG, 'content-id: <ic%41@alice>\r\nContent-Transfer-Encoding: binary\r\n')?.type).toBe('image/png')
  })

  it('drops an icon that is missing, no image, or over 64 KiB, and still asks @req SDP-20 RCV-18', () => {
    expect(iconOf('image/svg+xml', PNG)).toBeUndefined()
    expect(iconOf('text/html', PNG)).toBeUndefined()
    expect(iconOf('', PNG)).toBeUndefined()
    expect(iconOf('image/png', PNG, 'Content-ID: <other@alice>\r\n')).toBeUndefined()
    expect(iconOf('image/png', PNG, '')).toBeUndefined()
    expect(iconOf('image/png', new Uint8Array(65_536))?.bytes.length).toBe(65_536)
    expect(iconOf('image/png', new Uint8Array(65_537))).toBeUndefined()
    expect(offer(related('image/png', PNG, '')).offer?.files).toHaveLength(1)
  })

  it('takes base64 and the encodings that change nothing, and no others @req OA-12 SDP-20 RCV-18', () => {
    const id = 'Content-ID: <ic%41@alice>\r\n'
    const encoded = encodeLatin1('iVBO\r\nRwD/DQo=')
    expect(iconOf('image/png', encoded, `${id}Content-Transfer-Encoding: Base64\r\n`)).toEqual({ type: 'image/png', bytes: PNG })
    expect(iconOf('image/png', encodeLatin1('%'), `${id}Content-Transfer-Encoding: base64\r\n`)).toBeUndefined()
    expect(iconOf('image/png', new Uint8Array(0), `${id}Content-Transfer-Encoding: base64\r\n`)).toBeUndefined()
    expect(iconOf('image/png', new Uint8Array(90_000).fill(0x41), `${id}Content-Transfer-Encoding: base64\r\n`)).toBeUndefined()
    for (const encoding of ['8bit', '7bit', 'BINARY'])
      expect(iconOf('image/png', PNG, `${id}Content-Transfer-Encoding: ${encoding}\r\n`)?.bytes).toEqual(PNG)
    for (const encoding of ['quoted-printable', 'x-gzip'])
      expect(iconOf('image/png', PNG, `${id}Content-Transfer-Encoding: ${encoding}\r\n`)).toBeUndefined()
  })

  it('finds the SDP in the part that start names, base64 or not @req OA-12 SIP-17', () => {
    const part = (headers: string, body: string) => `--b\r\n${headers}\r\n\r\n${body}\r\n`
    const body = (root: string, start: string) =>
      sdpBody(`${part('Content-Type: application/sdp', 'garbage')}${root}--b--\r\n`, `multipart/related;boundary=b;start="${start}"`)
    const root = part('Content-Type: application/sdp\r\nContent-ID: <root@a>', sdp(fileLine()))
    expect(offer(body(root, '<root@a>')).offer?.files).toHaveLength(1)
    expect(offer(body(root, '<none@a>')).refusal).toBe('400')
    const text = Buffer.from(sdp(fileLine()), 'latin1').toString('base64')
    const encoded = part('Content-Type: application/sdp\r\nContent-ID: <root@a>\r\nContent-Transfer-Encoding: base64', text)
    expect(offer(body(encoded, '<root@a>')).offer?.files).toHaveLength(1)
    const behind = `--b\r\n\r\nno type\r\n${part('Content-Type: application/sdp', sdp(fileLine()))}--b--\r\n`
    expect(offer(sdpBody(behind, 'multipart/mixed;boundary=b')).offer?.files).toHaveLength(1)
    const unknown = part('Content-Type: application/sdp\r\nContent-Transfer-Encoding: quoted-printable', sdp(fileLine()))
    expect(offer(sdpBody(`${unknown}--b--\r\n`, 'multipart/mixed;boundary=b')).refusal).toBe('415')
  })

  it('ignores parts it does not know, unless they must be understood @req SIP-17', () => {
    const body = (disposition: string, type = 'application/foo') =>
      sdpBody(
        `--b\r\nContent-Type: application/sdp\r\n\r\n${sdp(fileLine())}\r\n--b\r\nContent-Type: ${type}\r\n${disposition}\r\nx\r\n--b--\r\n`,
        'multipart/mixed;boundary=b',
      )
    expect(offer(body('')).offer?.files).toHaveLength(1)
    expect(offer(body('Content-Disposition: session; handling=optional\r\n')).offer?.files).toHaveLength(1)
    expect(offer(body('Content-Disposition: session; Handling = Required\r\n')).refusal).toBe('415')
    expect(offer(body('Content-Disposition: render;handling=required\r\n', 'no type')).refusal).toBe('415')
    const typeless = sdpBody(
      `--b\r\nContent-Type: application/sdp\r\n\r\n${sdp(fileLine())}\r\n--b\r\n\r\nx\r\n--b\r\nContent-Disposition: x;handling=required\r\n\r\nx\r\n--b--\r\n`,
      'multipart/mixed;boundary=b',
    )
    expect(offer(typeless).refusal).toBe('415')
    for (const known of ['message/cpim', 'application/resource-lists+xml', 'image/png'])
      expect(offer(body('Content-Disposition: session;handling=required\r\n', known)).offer?.files, known).toHaveLength(1)
  })

  it('refuses too many parts and too deep nesting @req OA-12', () => {
    const part = `--b\r\nContent-Type: text/plain\r\n\r\nx\r\n`
    expect(offer(sdpBody(`${part.repeat(33)}--b--\r\n`, 'multipart/mixed;boundary=b')).refusal).toBe('413')
    let nested = sdp(fileLine())
    let type = 'application/sdp'
    for (let depth = 1; depth <= 5; depth++) {
      nested = `--b${depth}\r\nContent-Type: ${type}\r\n\r\n${nested}\r\n--b${depth}--\r\n`
      type = `multipart/mixed;boundary=b${depth}`
      const session = offer(sdpBody(nested, type))
      if (depth <= 4) expect(session.offer?.files, `${depth}`).toHaveLength(1)
      else expect(session.refusal).toBe('400')
    }
  })
})
