import { describe, expect, it } from 'vitest'
import type { StoredTransfer, TransferFile } from '../../src/client/index.js'
import { legOf } from '../../src/client/recipient-leg.js'
import { withNews } from '../../src/client/recipient-news.js'
import { type LiveRecipient, RecipientBoard } from '../../src/client/recipient-board.js'
import { GROUP_RECIPIENTS } from '../../src/client/limits.js'
import type { ConferenceEndpoint, ConferenceUser, DeliveryState } from '../../src/focus/index.js'
import { storedFile, storedRecipient, storedTransfer } from '../node/stored-samples.js'

const BOB = 'sip:bob@home2.example'
const CAROL = 'sip:carol@home2.example'
const ALICE = 'sip:alice@home1.example'

const endpoint = (more: Partial<ConferenceEndpoint> = {}): ConferenceEndpoint => ({ entity: 'e', state: 'full', media: [], ...more })
const user = (uri: string, more: Partial<ConferenceEndpoint> = {}): ConferenceUser => ({
  entity: uri,
  state: 'full',
  endpoints: [endpoint(more)],
})
const media = (...states: (DeliveryState | readonly [DeliveryState, number] | undefined)[]) =>
  states.map((state, index) => {
    const id = `${index + 1}`
    if (state === undefined) return { id }
    return { id, transfer: typeof state === 'string' ? { state } : { state: state[0], octets: state[1] } }
  })

function boardOf(options: { uris?: readonly string[]; open?: boolean; files?: readonly number[]; hidden?: readonly string[] } = {}) {
  const { uris = [BOB, CAROL], open = false, files = [100, 200], hidden = [] } = options
  const told: string[] = []
  const board = new RecipientBoard({
    recipients: uris.map(uri => ({ uri, copyControl: hidden.includes(uri) ? 'bcc' : 'to', anonymize: false })),
    files: files.map(size => ({ size }) as TransferFile),
    own: [ALICE],
    open,
    onChange: recipient => told.push(`${nameOf(recipient)} ${recipient.state} ${recipient.bytes}`),
  })
  const see = (...users: ConferenceUser[]) => board.see(users, id => Number(id) - 1)
  return { board, see, told }
}
const nameOf = ({ uri }: Pick<LiveRecipient, 'uri'>) => uri.replace(/^sip:|@.*/g, '')

describe('a board of recipients', () => {
  it('adds up files, and tells a recipient when its state or its octets change, once', () => {
    const { board, see, told } = boardOf()
    see(user(BOB, { status: 'connected', media: media('accepted', 'offered') }))
    see(user(BOB, { status: 'connected', media: media(['sending', 40], 'offered') }))
    see(user(BOB, { status: 'connected', media: media(['sending', 40], 'offered') }))
    see(user(BOB, { status: 'connected', media: media('finished', ['sending', 900]) }))
    // Octets of the message count its head as well, and never fall
    see(user(BOB, { status: 'connected', media: media('sending', ['sending', 10]) }))
    see(user(BOB, { status: 'connected', media: media('finished', 'finished') }))
    expect(told).toEqual(['bob sending 0', 'bob sending 40', 'bob sending 300', 'bob delivered 300'])
    expect(board.recipients[0]?.total).toBe(300)
    expect(board.over).toBe(false)
  })

  it('ends a recipient with the worst of its files, and knows when all are over or served', () => {
    const { board, see } = boardOf()
    see(
      user(BOB, { status: 'connected', media: media('finished', 'declined') }),
      user(CAROL, { status: 'connected', media: media('finished', 'finished') }),
    )
    expect(board.recipients.map(({ state }) => state)).toEqual(['declined', 'delivered'])
    expect([board.over, board.served]).toEqual([true, false])
    board.hear(1, 'delivered', BOB)
    expect([board.over, board.served]).toEqual([true, true])
    const { board: empty } = boardOf({ uris: [], open: true })
    expect([empty.over, empty.served]).toEqual([false, false])
  })

  it('says why a file failed: by the dialog it went over, or by itself', () => {
    const { board, see } = boardOf()
    see(user(BOB, { status: 'disconnected', disconnectionReason: 'SIP;cause=480', media: media('failed', 'failed') }))
    see(user(CAROL, { status: 'connected', media: media('failed', 'cancelled') }))
    expect(board.recipients.map(({ state, error }) => [state, error?.code])).toEqual([
      ['unreachable', 'unreachable'],
      ['failed', 'connection-lost'],
    ])
  })

  it('waits for what the server keeps for somebody away, and keeps what a member has that left', () => {
    const { board, see } = boardOf()
    see(user(BOB, { status: 'disconnected', disconnectionReason: 'SIP;cause=480', media: media('deferred', 'deferred') }))
    expect(board.recipients[0]?.state).toBe('sending')
    see(user(BOB, { status: 'disconnected', disconnectionReason: 'SIP;cause=480', media: media('stored', 'stored') }))
    see(
      user(CAROL, { status: 'connected', media: media('finished', 'sending') }),
      user(CAROL, { status: 'disconnected', disconnectionMethod: 'departed' }),
    )
    expect(board.recipients.map(({ state }) => state)).toEqual(['stored', 'left'])
    expect(board.recipients[1]?.files.map(({ state }) => state)).toEqual(['delivered', 'left'])
    board.hear(0, 'displayed', CAROL)
    board.hear(0, 'delivered', CAROL)
    board.hear(1, 'failed', CAROL)
    board.hear(7, 'failed', CAROL)
    board.hear(0, 'failed', 'sip:mallory@home2.example')
    expect(board.recipients[1]?.files.map(({ state }) => state)).toEqual(['displayed', 'failed'])
  })

  it('passes over what it cannot place: ourselves, strangers, users without a device, files of others', () => {
    const { board, see, told } = boardOf()
    see(user(ALICE, { status: 'connected' }), user('sip:eve@home3.example', { status: 'connected' }), {
      entity: BOB,
      state: 'full',
      endpoints: [],
    })
    see(user(BOB, { status: 'connected', media: [...media(undefined), { id: '9', transfer: { state: 'finished' } }] }))
    expect(told).toEqual(['bob sending 0'])
    expect(board.recipients).toHaveLength(2)
  })

  it('takes whoever appears for a member of a group with an address, up to a limit', () => {
    const { board, see } = boardOf({ uris: [], open: true })
    const hidden = (number: number) => `sip:anonymous${number}@anonymous.invalid`
    see(user(BOB, { status: 'alerting' }), user(hidden(2), { status: 'connected' }), user(hidden(1), { status: 'alerting' }))
    see(user(hidden(2), { status: 'connected', media: media('finished', 'finished') }))
    expect(board.recipients.map(recipient => [nameOf(recipient), recipient.state])).toEqual([
      ['bob', 'ringing'],
      ['anonymous1', 'ringing'],
      ['anonymous2', 'delivered'],
    ])
    see(
      ...Array.from({ length: GROUP_RECIPIENTS + 5 }, (_, index) => user(`sip:m${index}@home2.example`, { status: 'alerting' })),
      user(hidden(3)),
    )
    expect(board.recipients).toHaveLength(GROUP_RECIPIENTS)
  })

  it('gives lines without a name to those we hid only when they can be told apart', () => {
    const dave = 'sip:dave@home2.example'
    const { board, see } = boardOf({ uris: [BOB, dave], hidden: [BOB, dave], files: [100] })
    const line = (number: number, state: DeliveryState) =>
      user(`sip:anonymous${number}@anonymous.invalid`, { status: 'connected', media: media(state) })
    see(line(1, 'finished'))
    expect(board.recipients.map(({ state }) => state)).toEqual(['invited', 'invited'])
    // We hide as well: the first of three is us
    see(line(3, 'declined'), line(2, 'finished'), line(1, 'offered'))
    expect(board.recipients.map(({ state }) => state)).toEqual(['delivered', 'declined'])
    see(line(1, 'finished'), line(2, 'finished'), line(3, 'finished'), line(4, 'finished'))
    expect(board.recipients.map(({ state }) => state)).toEqual(['delivered', 'declined'])
    // A notification without a name is from the only one who can have sent it
    board.hear(0, 'stored', undefined)
    expect(board.recipients.map(({ state }) => state)).toEqual(['delivered', 'stored'])
    const { board: two } = boardOf({ uris: [BOB, dave], hidden: [BOB, dave], files: [100] })
    two.hear(0, 'delivered', undefined)
    expect(two.recipients.map(({ state }) => state)).toEqual(['invited', 'invited'])
  })
})

describe('the dialog with one recipient', () => {
  it.each([
    [{}, 'invited'],
    [{ status: 'pending' }, 'invited'],
    [{ status: 'dialing-out' }, 'invited'],
    [{ status: 'alerting' }, 'ringing'],
    [{ status: 'connected' }, 'sending'],
    [{ status: 'disconnecting' }, 'sending'],
    [{ status: 'disconnected', disconnectionMethod: 'departed' }, 'left aborted-by-peer'],
    [{ status: 'disconnected', disconnectionMethod: 'busy' }, 'unreachable busy'],
    [{ status: 'disconnected', disconnectionMethod: 'failed' }, 'failed connection-lost'],
    [{ status: 'disconnected', disconnectionReason: 'SIP;cause=488;text="No"' }, 'declined declined'],
    [{ status: 'disconnected', disconnectionReason: 'SIP;cause=603' }, 'declined declined'],
    [{ status: 'disconnected', disconnectionReason: 'SIP;cause=404' }, 'unreachable unknown-recipient'],
    [{ status: 'disconnected', disconnectionReason: 'SIP;cause=403' }, 'unreachable not-allowed'],
    [{ status: 'disconnected', disconnectionReason: 'SIP;cause=503' }, 'unreachable unreachable'],
    [{ status: 'disconnected', disconnectionReason: 'SIP;cause=415' }, 'failed not-supported'],
    [{ status: 'disconnected', disconnectionReason: 'nonsense;;', disconnectionMethod: 'busy' }, 'unreachable busy'],
  ] as const)('%j is %s', (said, words) => {
    const { state, error } = legOf(endpoint(said))
    expect([state, error?.code].filter(Boolean).join(' ')).toBe(words)
  })
})

describe('news of a transfer that is over', () => {
  const transfer = storedTransfer({
    direction: 'sent',
    files: [storedFile(), storedFile({ index: 1 })],
    recipients: [storedRecipient({ uri: BOB, state: 'sending', files: [] })],
  })
  const after = (...news: [number, 'delivered' | 'displayed' | 'failed' | 'stored'][]) =>
    news.reduce<StoredTransfer>((known, [place, state]) => {
      const recipients = withNews(known, place, state, BOB)
      return recipients === undefined ? known : { ...known, recipients }
    }, transfer).recipients?.[0]

  it('better a recipient, and never go back', () => {
    expect(after([0, 'delivered'])).toMatchObject({ state: 'sending', files: [0] })
    expect(after([1, 'delivered'], [0, 'delivered'], [0, 'stored'])).toMatchObject({ state: 'delivered', files: [0, 1], error: undefined })
    expect(after([0, 'stored'], [0, 'failed'])).toMatchObject({ state: 'stored' })
    expect(after([0, 'failed'])).toMatchObject({ state: 'failed', error: { code: 'declined' } })
    expect(withNews(transfer, 0, 'delivered', undefined)).toBeUndefined()
    expect(withNews(transfer, 0, 'delivered', CAROL)).toBeUndefined()
    expect(
      withNews({ ...transfer, recipients: [storedRecipient({ uri: BOB, state: 'sending', files: [0] })] }, 0, 'delivered', BOB),
    ).toBeUndefined()
  })
})
