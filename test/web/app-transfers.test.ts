import { describe, expect, it } from 'vitest'
import { firstChoice, totalOf } from '../../src/web/app/accept-card/choice.js'
import { formatDuration } from '../../src/web/app/format/duration.js'
import { initialsOf, nameOf, shortAddress } from '../../src/web/app/format/party.js'
import { percentOf } from '../../src/web/app/format/size.js'
import { EMPTY_DRAFT, type Recipient } from '../../src/web/app/model/draft.js'
import { sendCommand } from '../../src/web/app/model/outbox.js'
import { placeOf } from '../../src/web/app/model/route.js'
import { errorText, fileStatus, progressOf, recipientTally, transferStatus } from '../../src/web/app/places/transfers/card-status.js'
import { reviewOf } from '../../src/web/app/places/transfers/review.js'
import { meantBy, readTyped, recipientProblem, suggestionsFor } from '../../src/web/app/places/transfers/suggestions.js'
import { SendCommand } from '../../src/web/protocol/index.js'
import {
  BOB,
  CONTACTS,
  errorView,
  fileView,
  GROUPS,
  manyRows,
  offeredFile,
  offerView,
  pageState,
  recipientView,
  STRANGER,
  transferView,
} from '../page/scenes.js'

const ended = { phase: 'ended', ok: false } as const
const file = (state: string, more = {}) => fileView(0, 'a', 100, { state, ...more })

describe('the word of a transfer', () => {
  it('says the most that is known of its end', () => {
    const word = (transfer: Parameters<typeof transferStatus>[0]): string => transferStatus(transfer).text
    expect(word(transferView('T', [file('offered')], { phase: 'ringing' }))).toBe('Waiting for an answer')
    expect(word(transferView('T', [file('paused'), file('done')]))).toBe('Paused')
    expect(word(transferView('T', [file('sending')]))).toBe('Sending')
    expect(word(transferView('T', [file('receiving')], { direction: 'received' }))).toBe('Receiving')
    expect(word(transferView('T', [file('done')], { phase: 'ended', ok: true }))).toBe('Delivered')
    expect(word(transferView('T', [file('done', { notice: 'displayed' })], { phase: 'ended', ok: true }))).toBe('Opened')
    expect(word(transferView('T', [file('done', { stored: true })], { phase: 'ended', ok: true }))).toBe('Stored for later')
    expect(word(transferView('T', [file('declined')], ended))).toBe('Declined')
    expect(word(transferView('T', [file('cancelled')], ended))).toBe('Cancelled')
    expect(word(transferView('T', [file('failed')], { ...ended, error: errorView('withdrawn', 'x') }))).toBe('Withdrawn')
    expect(word(transferView('T', [file('done'), file('failed')], ended))).toBe('Partly done')
    expect(word(transferView('T', [file('failed')], ended))).toBe('Failed')
    const some = [recipientView('sip:a@x', 'delivered', []), recipientView('sip:b@x', 'failed', [])]
    expect(word(transferView('T', [file('failed')], { ...ended, recipients: some }))).toBe('Partly done')
  })

  it('believes a notification more than the end of the transfer', () => {
    expect(fileStatus(file('done', { stored: true, notice: 'delivered' }), 'sent').text).toBe('Delivered')
    expect(fileStatus(file('done', { notice: 'failed' }), 'sent')).toMatchObject({ text: 'Not delivered', tone: 'bad' })
  })

  it('counts octets of files that still come, and knows no total while a size is unknown', () => {
    const files = [file('done', { bytes: 100 }), file('sending', { bytes: 50, rate: 10 }), file('failed', { bytes: 99 })]
    expect(progressOf(files)).toEqual({ bytes: 150, total: 200, rate: 10, eta: 5 })
    expect(progressOf([...files, fileView(3, 'b', 1, { size: undefined })])).toMatchObject({ total: undefined, eta: undefined })
    expect([percentOf(999, 1000), percentOf(1000, 1000), percentOf(0, 0), percentOf(5, undefined)]).toEqual([99, 100, 100, undefined])
  })

  it('tells recipients by count and failures as text', () => {
    expect(recipientTally(['delivered', 'declined', 'delivered'].map(state => ({ state })))).toBe('2 delivered · 1 declined')
    const error = errorView('too-large', 'Too large.', { status: 413, hint: 'Split it.' })
    expect(errorText(transferView('T', [file('failed', { error })], ended))).toBe('a: Too large. · 413 · Split it.')
  })
})

describe('the review before sending', () => {
  const picked = (size: number) => ({ key: size, file: { name: 'x', size } as unknown as File })
  const to = (uri: string, more: Partial<Recipient> = {}): Recipient => ({ uri, name: undefined, copyControl: 'to', ...more })
  const limits = { maxFileSize: 1000, warnSize: 500, maxGroupSize: 3 }

  it('leaves out what is larger than we allow, and says what a peer will refuse', () => {
    const draft = { ...EMPTY_DRAFT, files: [picked(100), picked(800), picked(2000)], recipients: [to('sip:bob@example.com')] }
    const review = reviewOf(draft, limits, [
      { uri: 'sip:bob@example.com', reachable: true, fileTransfer: true, maxSize: 500, error: undefined },
    ])
    expect(review.files.map(({ key }) => key)).toEqual([100, 800])
    expect(review.total).toBe(900)
    expect([...review.fileNotes].map(([key, { tone }]) => [key, tone])).toEqual([
      [2000, 'bad'],
      [800, 'warn'],
    ])
    expect(review.notes.map(({ text }) => text)).toEqual(['1 file will not be sent', 'Large: 900 B. It may take a while.'])
    expect(review.canSend).toBe(true)
  })

  it('does not send to nobody, to too many, or to a group of the server and others', () => {
    const files = [picked(1)]
    const can = (recipients: readonly Recipient[], more = {}): boolean =>
      reviewOf({ ...EMPTY_DRAFT, files, recipients, ...more }, limits, []).canSend
    const three = ['a', 'b', 'c'].map(user => to(`sip:${user}@x.example`))
    expect(can([])).toBe(false)
    expect(can(three.slice(0, 2))).toBe(true)
    expect(can(three)).toBe(false)
    expect(can(three, { oneByOne: true })).toBe(true)
    const group = to('sip:g@x.example', { group: { name: 'G', uri: 'sip:g@x.example', members: [] } })
    expect(can([group])).toBe(true)
    expect(can([group, ...three.slice(0, 1)])).toBe(false)
  })

  it('makes a command that the server takes', () => {
    const job = { id: 1, subject: ' hi ', oneByOne: false, phase: 'copying' as const, error: undefined }
    const files = [{ file: {} as File, bytes: 1, upload: { id: 'UP1', name: 'x', size: 1 } }]
    const people = sendCommand({ ...job, files, recipients: [to('sip:a@x', { copyControl: 'bcc' })] })
    expect(SendCommand.parse(people)).toEqual({ uploads: ['UP1'], to: [{ uri: 'sip:a@x', copyControl: 'bcc' }], subject: 'hi' })
    const group = sendCommand({
      ...job,
      files,
      subject: '',
      recipients: [to('sip:g@x', { group: { name: 'G', uri: 'sip:g@x', members: [] } })],
    })
    expect(SendCommand.parse(group)).toEqual({ uploads: ['UP1'], group: 'sip:g@x' })
  })
})

describe('recipients that are typed', () => {
  const book = { contacts: CONTACTS, groups: GROUPS, recent: manyRows(10) }
  const own = 'sip:alice@example.com'

  it('are completed from contacts, groups and people of late, each once', () => {
    const found = suggestionsFor('', book, [], own)
    expect(found.filter(({ name }) => name === 'Bob Stone')).toHaveLength(1)
    expect(found.find(({ kind }) => kind === 'group')?.recipients[0]).toMatchObject({ uri: 'sip:sprint@groups.example.com' })
    expect(suggestionsFor('fam', book, [], own)[0]?.recipients).toHaveLength(3)
    expect(
      suggestionsFor('bob', book, [{ uri: 'sip:BOB@example.com'.toLowerCase(), name: undefined, copyControl: 'to' }], own).some(
        ({ name }) => name === 'Bob Stone',
      ),
    ).toBe(false)
  })

  it('may leave out our own domain, and are known by name', () => {
    expect(readTyped('zoe', own).uri).toBe('sip:zoe@example.com')
    expect(meantBy('carol', suggestionsFor('carol', book, [], own))?.name).toBe('Carol Winter')
    expect(meantBy('bob@', suggestionsFor('bob@', book, [], own))).toBeUndefined()
    expect(recipientProblem('sips:alice@example.com', [], own)).toBe('self')
    expect(readTyped('bob@', own).problem).toBe('no-host')
  })
})

describe('the choice of the accept card', () => {
  it('ticks what can be accepted, but nothing dangerous of strangers', () => {
    const files = [
      offeredFile('a', 'x.pdf', 10),
      offeredFile('b', 'x.exe', 10, { risky: true }),
      offeredFile('c', 'y', 10, { unavailable: 'too large' }),
    ]
    expect([...firstChoice(offerView('O', files, { from: BOB }))]).toEqual(['a', 'b'])
    expect([...firstChoice(offerView('O', files, { from: STRANGER }))]).toEqual(['a'])
  })

  it('counts the ticked files only, without what is here already', () => {
    const files = [
      offeredFile('a', 'x', 100, { resumesAt: 40 }),
      offeredFile('b', 'y', 1000),
      offeredFile('c', 'z', 0, { size: undefined }),
    ]
    expect(totalOf(files, new Set(['a', 'c']), { path: '/', free: 50 })).toEqual({ bytes: 100, isMore: true, freeAfter: -10 })
    expect(totalOf(files, new Set(), { path: '/', free: undefined })).toEqual({ bytes: 0, isMore: false, freeAfter: undefined })
  })
})

describe('words for people', () => {
  it('shows times, names and places', () => {
    expect([7, 725, 3729, 260_000].map(formatDuration)).toEqual(['0:07', '12:05', '1:02:09', '3 days'])
    expect(shortAddress('sip:bob@home2.example;user=phone')).toBe('bob@home2.example')
    expect(nameOf({ uri: 'sip:x@y', identity: 'anonymous', displayName: 'Mallory' })).toBe('Anonymous sender')
    expect(nameOf({ uri: 'sip:bob@x', displayName: '  ' })).toBe('bob')
    expect([initialsOf('Alice Reed'), initialsOf('🦊 fox'), initialsOf('<b>'), initialsOf('!!')]).toEqual(['AR', 'F', 'B', ''])
    expect([placeOf('/wire'), placeOf('/nowhere')]).toEqual(['/wire', '/'])
    expect(pageState().v).toBe(1)
  })
})
