import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { acceptCard, partyText } from '../../src/cli/accept-card.js'
import { type Answer, askOffer } from '../../src/cli/ask-offer.js'
import { createPalette } from '../../src/cli/palette.js'
import { FakeOffer, offeredFile } from './fake-client.js'

const plain = createPalette(false)
const to = { folder: '/srv/inbox', free: 58e9 }

describe('accept card', () => {
  it('shows who and how sure, each file with size, type, hash, date and text, and where to @req CR-19', () => {
    const offer = new FakeOffer([
      offeredFile({ modified: new Date('2024-05-01T10:00:00Z'), description: 'Draft' }),
      offeredFile({ id: 'f2', name: 'photos.zip', size: 39_900_000, type: 'application/zip', sha1: undefined, disposition: 'render' }),
      offeredFile({
        id: 'f3',
        name: 'x',
        size: undefined,
        unavailable: 'larger than allowed',
        icon: { type: 'image/png', bytes: new Uint8Array(1) },
      }),
    ])
    expect(acceptCard(offer, to, plain).split('\n')).toEqual([
      'Incoming from Alice Reed <sip:alice@example.com>   unverified: anyone can claim this address · unknown sender',
      '   1  plan.pdf     1.3 MB  application/pdf',
      '      "Draft" · of 2024-05-01 · sha-1 announced',
      '   2  photos.zip  39.9 MB  application/zip',
      '      no hash: only the size can be verified · meant to be shown at once',
      '   3  x             size?  application/pdf',
      '      sha-1 announced · with icon',
      '      cannot be accepted: larger than allowed',
      '  41.2 MB in all, into /srv/inbox (58.0 GB free)',
    ])
  })

  it('tells asserted, unverified and anonymous apart @req CR-19', () => {
    const card = (from: Partial<FakeOffer['from']>): string =>
      acceptCard(Object.assign(new FakeOffer([]), { from: { ...new FakeOffer([]).from, ...from } }), to, plain).split('\n')[0] as string
    expect(card({ identity: 'asserted', known: true })).toMatch(/identity asserted by the server · in contacts$/)
    expect(card({ identity: 'anonymous' })).toBe('Incoming from an anonymous sender   hides who it is')
  })

  it('warns when there is too little room', () => {
    expect(acceptCard(new FakeOffer([offeredFile()]), { ...to, free: 1000 }, plain)).toContain('only 1.0 kB free')
    expect(acceptCard(new FakeOffer([offeredFile()]), { ...to, free: undefined }, plain)).toMatch(/inbox$/)
  })

  it('lets nothing from the wire act on the terminal', () => {
    const evil = '\x1b]0;owned\x07\u202egpj\r\n\u2066x\x9b31m'
    const offer = Object.assign(new FakeOffer([offeredFile({ name: evil, type: evil, description: evil, unavailable: evil })]), {
      from: { uri: evil, displayName: evil, identity: 'unverified', known: false },
      subject: evil,
    })
    const card = acceptCard(offer, { folder: '/x', free: 1 }, plain)
    expect(card).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
    // Line breaks are the card's own: who, subject, file, two details, where to.
    expect(card.split('\n')).toHaveLength(6)
  })

  it('writes a name only if there is one', () => {
    expect(partyText({ uri: 'sip:a@b', displayName: '', identity: 'unverified', known: false })).toBe('sip:a@b')
  })
})

describe('question at the terminal', () => {
  const DOWN = '\x1b[B'
  const files = [offeredFile(), offeredFile({ id: 'f2', name: 'b' }), offeredFile({ id: 'f3', unavailable: 'too large' })]

  /** Types `keys` one after the other, each when the screen has settled. */
  async function ask(keys: readonly string[], offered = files, signal = new AbortController().signal): Promise<Answer> {
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input })
    const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 40 })
    output.resume()
    let answered = false
    const answer = askOffer({ offer: new FakeOffer(offered), card: 'CARD', input, output, signal }).finally(() => (answered = true))
    for (const key of keys) {
      await new Promise(resolve => setTimeout(resolve, 80))
      if (!answered) input.write(key)
    }
    return answer
  }
  const ids = (answer: Answer): string => (answer.kind === 'accept' ? answer.files.map(file => file.id).join(',') : answer.kind)

  it('Enter accepts all that can be accepted @req CR-20', async () => {
    expect(ids(await ask(['\r']))).toBe('f1,f2')
  })

  it('takes some @req CR-20', async () => {
    expect(ids(await ask([DOWN, '\r', DOWN, ' ', '\r']))).toBe('f2')
  })

  it('asks once more when nothing was ticked', async () => {
    expect(ids(await ask([DOWN, '\r', '\r', '\r']))).toBe('decline')
  })

  it('declines and ignores', async () => {
    expect(ids(await ask([DOWN, DOWN, '\r']))).toBe('decline')
    expect(ids(await ask([DOWN, DOWN, DOWN, '\r']))).toBe('ignore')
  })

  it('Esc asks whether to decline or to ignore', async () => {
    expect(ids(await ask(['\x1b', '', '', '', '', '', '', DOWN, '\r']))).toBe('ignore')
  })

  it('Ctrl-C interrupts', async () => {
    expect(ids(await ask(['\x03']))).toBe('interrupt')
  })

  it('offers no acceptance when nothing can be accepted', async () => {
    expect(ids(await ask(['\r'], [offeredFile({ unavailable: 'too large' })]))).toBe('decline')
  })

  it('goes away when the sender withdraws', async () => {
    const withdrawal = new AbortController()
    setTimeout(() => withdrawal.abort(), 120)
    expect(ids(await ask([], files, withdrawal.signal))).toBe('interrupt')
  })
})
