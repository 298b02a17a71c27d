import { describe, expect, it } from 'vitest'
import {
  decodeSession,
  encodeSession,
  type FileMedia,
  type FileSelector,
  formatFileSelector,
  readFileMedia,
  type SessionDescription,
  sha1Hash,
  writeFileMedia,
} from '../../src/sdp/index.js'
import { linesOf, NOTES_SHA1, octets, PUSH_OFFER, sdp } from './fixtures.js'

const NOTES: FileSelector = {
  name: 'my notes.txt',
  type: { type: 'text', subtype: 'plain', parameters: new Map([['charset', 'utf-8']]) },
  size: 4400,
  hashes: [sha1Hash(octets(NOTES_SHA1))],
}
const KEYS = ['name', 'type', 'size', 'hashes'] as const

/** Every subset of the selectors but the empty one. */
const SUBSETS = Array.from({ length: 15 }, (_, index) => KEYS.filter((_key, bit) => ((index + 1) >> bit) % 2 === 1))

function subset(keys: readonly string[]): FileSelector {
  const { hashes, ...rest } = NOTES
  const kept = Object.fromEntries(Object.entries(rest).filter(([key]) => keys.includes(key)))
  return { ...kept, hashes: keys.includes('hashes') ? hashes : [] }
}

/** What we say when we ask for a file: no date, disposition or icon, since they are the sender's to say. */
const PULL: FileMedia = {
  port: 9,
  secure: false,
  address: '192.0.2.10',
  direction: 'recvonly',
  path: ['msrp://192.0.2.10:9/aQ7mZ2kLx9RtVb4Ns1Yc;tcp'],
  acceptTypes: ['message/cpim', '*'],
  acceptWrappedTypes: [],
  maxSize: 104_923_136,
  setup: 'active',
  cema: true,
  fingerprints: [],
  selector: undefined,
  transferId: 'f1Kx83LmQz0TtY7bWc5RnV2eHd9GjA64',
  disposition: undefined,
  date: undefined,
  icon: undefined,
  range: undefined,
  information: undefined,
}

const session = (media: FileMedia): SessionDescription => ({
  ...decodeSession(sdp(...PUSH_OFFER.slice(0, 5))),
  media: [writeFileMedia(media)],
})

describe('a pull offer', () => {
  it.each(SUBSETS.map(keys => [keys.join(', '), keys] as const))('asks for a file by its %s @req SDP-8 OA-4', (_, keys) => {
    const selector = subset(keys)
    const description = session({ ...PULL, selector })
    const bytes = encodeSession(description)
    expect(linesOf(bytes)).toContain('a=recvonly')
    expect(linesOf(bytes)).toContain(`a=file-selector:${formatFileSelector(selector)}`)
    for (const strict of [true, false]) {
      const { media, faults } = readFileMedia(decodeSession(bytes), 0, { strict })
      expect(faults).toEqual([])
      expect(media).toEqual({ ...PULL, selector })
    }
    expect(encodeSession(decodeSession(bytes))).toEqual(bytes)
  })

  it('may ask for a part of the file @req SDP-21', () => {
    for (const range of [
      { start: 2001, stop: undefined },
      { start: 1, stop: 4400 },
    ])
      expect(readFileMedia(decodeSession(encodeSession(session({ ...PULL, selector: NOTES, range }))), 0, { strict: true })).toEqual({
        media: { ...PULL, selector: NOTES, range },
        faults: [],
      })
  })

  it('asks for nothing without a selector @req SDP-8', () => {
    const { attributes, ...line } = writeFileMedia(PULL)
    for (const selector of [[], [{ name: 'file-selector' }]]) {
      const { faults } = readFileMedia({ ...session(PULL), media: [{ ...line, attributes: [...attributes, ...selector] }] }, 0)
      expect(faults.map(({ code }) => code)).toEqual(['no-selector'])
    }
  })
})
