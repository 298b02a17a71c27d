import { describe, expect, it } from 'vitest'
import type { OutgoingFile } from '../../src/cpm/index.js'
import { OfferIcons } from '../../src/cpm/offer-icons.js'
import type { Body } from '../../src/sip/index.js'
import { decodeLatin1, decodeMultipart, encodeUtf8, parseMediaType } from '../../src/wire/index.js'
import { fileLine, LoneSession, sdp } from '../kit/lone-session.js'
import { seededRandom } from '../kit/random.js'
import { attribute, ports, response, SessionPair } from '../kit/session-pair.js'

const JPEG = { type: 'image/jpeg', bytes: Uint8Array.of(0xff, 0xd8, 0xff, 0, 0x0d, 0x0a, 0x2d, 0x2d, 0xd9) }
const file = (fileId: string, icon?: OutgoingFile['icon']): OutgoingFile => ({
  fileId,
  disposition: 'attachment',
  selector: { name: `${fileId}.jpg`, type: parseMediaType('image/jpeg') as never, size: 4400, hashes: [] },
  ...(icon === undefined ? {} : { icon }),
})

/** A caller who sends these files, and the bodies of what it offers. */
function caller(...files: OutgoingFile[]): LoneSession {
  const session = new LoneSession()
  session.step({ type: 'command', command: { name: 'send', files } })
  return session
}
const bodies = (session: LoneSession): Body[] =>
  session.sip.flatMap(command => ('body' in command && command.body !== undefined ? [command.body] : []))
const partsOf = (body: Body) => decodeMultipart(body.bytes, parseMediaType(body.contentType)?.parameters.get('boundary') ?? '')
const sdpOf = (body: Body) =>
  body.contentType === 'application/sdp' ? decodeLatin1(body.bytes) : decodeLatin1(partsOf(body)[0]?.body ?? body.bytes)
const reject = (session: LoneSession, status: number) =>
  session.event({ name: 'rejected', id: 'bob', cause: 'response', status, response: response(status) })

describe('an offer with icons', () => {
  it('is multipart/related with the SDP as root and one part for each icon @req OA-12 SDP-20', () => {
    const [body] = bodies(caller(file('a', JPEG), file('b'), file('c', { ...JPEG, type: 'IMAGE/PNG' })))
    expect(body?.contentType).toMatch(/^multipart\/related;type="application\/sdp";boundary="[A-Za-z0-9]{24}"$/)
    const [root, first, second, ...rest] = partsOf(body as Body)
    expect(rest).toEqual([])
    expect(root?.headers).toEqual([['Content-Type', 'application/sdp']])
    const text = decodeLatin1(root?.body ?? new Uint8Array(0))
    expect(ports(text)).toEqual([2855, 2855, 2855])
    const cids = attribute(text, 'file-icon').map(value => decodeURIComponent(value.replace('cid:', '')))
    expect(cids).toHaveLength(2)
    expect(new Set(cids).size).toBe(2)
    for (const [index, part] of [first, second].entries()) {
      expect(part?.headers).toEqual([
        ['Content-Type', ['image/jpeg', 'image/png'][index]],
        ['Content-Transfer-Encoding', 'binary'],
        ['Content-ID', `<${cids[index]}>`],
        ['Content-Disposition', 'icon'],
      ])
      expect(part?.body).toEqual(JPEG.bytes)
    }
  })

  it('shows the icon to the other end, and names it in no later SDP @req OA-12 OA-22 RCV-18', () => {
    const pair = new SessionPair()
    const sent = { ...pair.alice.file('photo.jpg', encodeUtf8('not really'), 'image/jpeg'), icon: JPEG }
    pair.send(pair.alice, [sent])
    expect(pair.bob.offers()[0]?.files[0]?.icon).toEqual(JPEG)
    expect(pair.alice.states(sent.fileId).at(-1)).toBe('completed')
    expect(pair.sip[0]?.sdp).toContain('a=file-icon:cid:')
    for (const step of pair.sip.slice(1)) expect(step.sdp).not.toContain('file-icon')
  })

  it('names an icon in no offer but the one that brings it, while its file is still on the way @req OA-12 OA-7', () => {
    const session = caller(file('a', JPEG))
    session.answered(sdp(fileLine({ direction: 'recvonly', setup: 'passive', id: attribute(session.sdp, 'file-transfer-id')[0] })))
    session.step({ type: 'command', command: { name: 'send', files: [file('b')] } })
    expect(bodies(session).at(-1)?.contentType).toBe('application/sdp')
    expect(ports(session.sdp)).toEqual([2855, 2855])
    expect(session.sdp).not.toContain('file-icon')
  })

  it('leaves out what is no small picture, and what would make the body too large @req RCV-18 RCS-5', () => {
    const plain = (icon: OutgoingFile['icon']) => bodies(caller(file('a', icon)))[0]?.contentType
    expect(plain({ type: 'image/svg+xml', bytes: JPEG.bytes })).toBe('application/sdp')
    expect(plain({ type: 'image/png', bytes: new Uint8Array(0) })).toBe('application/sdp')
    expect(plain({ type: 'image/png', bytes: new Uint8Array(16 * 1024 + 1) })).toBe('application/sdp')
    expect(plain({ type: 'image/png', bytes: new Uint8Array(16 * 1024) })).toContain('multipart/related')
    const many = (count: number, size: number) => {
      const icons = new OfferIcons(seededRandom(4), 'host.example')
      return Array.from({ length: count }, () => icons.take({ type: 'image/png', bytes: new Uint8Array(size) })).filter(
        id => id !== undefined,
      ).length
    }
    expect(many(40, 10)).toBe(31)
    expect(many(40, 16 * 1024)).toBe(8)
  })

  it('is made once more without them after 415, or a quick 400, 413, 488 or 513 @req OA-13', () => {
    const tries = (status: number, wait: number) => {
      const session = caller(file('a', JPEG), file('b'))
      session.run(wait)
      reject(session, status)
      return session
    }
    for (const [status, wait] of [
      [415, 0],
      [415, 60_000],
      [400, 2000],
      [413, 100],
      [488, 1999],
      [513, 0],
    ] as const) {
      const session = tries(status, wait)
      expect(
        session.sip.map(({ name }) => name),
        `${status}`,
      ).toEqual(['invite', 'invite'])
      const [first, second] = bodies(session)
      expect(second?.contentType).toBe('application/sdp')
      const [before, after] = [sdpOf(first as Body), sdpOf(second as Body)]
      expect(after).not.toContain('file-icon')
      expect(ports(after)).toEqual([2855, 2855])
      expect(attribute(after, 'file-selector')).toEqual(attribute(before, 'file-selector'))
      expect(attribute(after, 'file-transfer-id')).not.toEqual(attribute(before, 'file-transfer-id'))
      // Once only
      reject(session, status)
      expect(session.sip).toHaveLength(2)
      expect(session.session.state).toBe('terminated')
      expect(session.states('a').slice(-2)).toEqual(
        ['offered', 'failed'].map(state => (status === 488 && state === 'failed' ? 'declined' : state)),
      )
    }
    for (const [status, wait] of [
      [400, 2001],
      [488, 2001],
      [486, 0],
      [480, 0],
      [603, 0],
    ] as const)
      expect(tries(status, wait).sip, `${status}`).toHaveLength(1)
    const without = caller(file('a'))
    reject(without, 415)
    expect(without.sip).toHaveLength(1)
  })

  it('is not made again for files that ended in the meantime @req OA-13 SND-10', () => {
    const session = caller(file('a', JPEG), file('b'))
    session.step({ type: 'command', command: { name: 'abort', fileId: 'b' } })
    reject(session, 415)
    expect(attribute(sdpOf(bodies(session)[1] as Body), 'file-selector')).toHaveLength(1)
    expect(session.states('b')).toEqual(['offered', 'aborted'])
    session.step({ type: 'command', command: { name: 'abort', fileId: 'a' } })
    expect(session.last?.name).toBe('cancel')
  })

  it('inside a session is made again at once, and later ones go without icons @req OA-13', () => {
    const session = caller(file('a'))
    session.answered(sdp(fileLine({ direction: 'recvonly', setup: 'passive', id: attribute(session.sdp, 'file-transfer-id')[0] })))
    session.step({ type: 'command', command: { name: 'send', files: [file('b', JPEG)] } })
    expect(bodies(session).at(-1)?.contentType).toContain('multipart/related')
    session.event({ name: 'refused', id: 'bob', status: 415, response: response(415) })
    expect(session.sip.map(({ name }) => name)).toEqual(['invite', 'offer', 'offer'])
    expect(bodies(session).at(-1)?.contentType).toBe('application/sdp')
    expect(session.states('b')).toEqual(['offered', 'offered'])
    session.event({ name: 'refused', id: 'bob', status: 415, response: response(415) })
    expect(session.states('b').slice(2)).toEqual(['failed'])
    session.step({ type: 'command', command: { name: 'send', files: [file('c', JPEG)] } })
    expect(bodies(session).at(-1)?.contentType).toBe('application/sdp')
  })

  it('keeps its icons when only its time was wrong @req OA-12 SIP-22', () => {
    const session = caller(file('a'))
    session.answered(sdp(fileLine({ direction: 'recvonly', setup: 'passive', id: attribute(session.sdp, 'file-transfer-id')[0] })))
    session.step({ type: 'command', command: { name: 'send', files: [file('b', JPEG)] } })
    session.event({ name: 'refused', id: 'bob', status: 491, retryAfter: 500, response: response(491) })
    session.run(600)
    const again = bodies(session).at(-1) as Body
    expect(partsOf(again)).toHaveLength(2)
    expect(attribute(sdpOf(again), 'file-icon')).toHaveLength(1)
  })
})
