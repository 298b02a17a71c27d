import { describe, expect, it } from 'vitest'
import type { RecipientState, Transfer, TransferEvent, TransferRecipient } from '../../src/client/api.js'
import { CpmftError } from '../../src/client/errors.js'
import { CommandLine, TERMINAL } from './command-line.js'
import { FakeOffer, FakeTransfer, offeredFile, transferFile } from './fake-client.js'
import { storedFile, storedRecipient, storedTransfer } from '../node/stored-samples.js'

const BOB = 'sip:bob@example.org'
const CAROL = 'sip:carol@example.org'
const DAN = 'sip:dan@example.net'

function recipient(uri: string, state: RecipientState, more: Partial<TransferRecipient> = {}): TransferRecipient {
  return { uri, displayName: undefined, copyControl: 'to', state, bytes: 0, total: 1000, error: undefined, files: [], ...more }
}

/** A transfer to several, whose recipients reach these states. */
class FakeGroupTransfer extends FakeTransfer {
  readonly group = { uri: undefined, name: undefined, subject: undefined }
  override readonly done: Transfer['done']

  constructor(readonly recipients: readonly TransferRecipient[]) {
    super([transferFile()])
    const ok = recipients.every(({ state }) => state === 'delivered' || state === 'displayed')
    this.done = Promise.resolve({ ok, files: this.files, recipients, error: undefined })
  }

  override async *[Symbol.asyncIterator](): AsyncIterator<TransferEvent> {
    yield { type: 'ringing' }
    for (const file of this.files) yield { type: 'state', file, state: file.state }
    for (const each of this.recipients) {
      const { uri, state, bytes, total, error } = each
      yield { type: 'recipient', uri, recipient: each, state, bytes, total, error }
      yield { type: 'recipient', uri, recipient: each, state, bytes: bytes + 1, total, error }
    }
    yield { type: 'done', report: await this.done }
  }
}

describe('cpmft send to several', () => {
  it('makes one transfer of all recipients, each seen as it was said @req CR-3 GRP-4', async () => {
    const line = new CommandLine({ transfer: new FakeGroupTransfer([recipient(BOB, 'delivered'), recipient(CAROL, 'delivered')]) })
    const args = [
      '--to',
      BOB,
      '--to',
      CAROL,
      '--cc',
      DAN,
      '--bcc',
      'sip:eve@example.org',
      '--subject',
      'Sprint 12',
      '--wait',
      '2m',
      '--one-by-one',
    ]
    expect(await line.run('send', 'build.zip', ...args)).toBe(0)
    const [to, files, options] = line.client?.sent[0] ?? []
    expect(to).toEqual([
      { uri: BOB, copyControl: 'to' },
      { uri: CAROL, copyControl: 'to' },
      { uri: DAN, copyControl: 'cc' },
      { uri: 'sip:eve@example.org', copyControl: 'bcc' },
    ])
    expect(files).toEqual(['build.zip'])
    expect(options).toEqual({ subject: 'Sprint 12', fallbackToSingle: true, recipientWait: 120 })
    expect(line.clientOptions[0]).toMatchObject({ reach: BOB })
    expect(line.stderr.text).toBe(
      'Ringing      2 people  (Ctrl-C to withdraw)\nSent         plan.pdf\nbob          delivered\ncarol        delivered\n2 delivered.\n',
    )
  })

  it('invites a group by its address, alone @req CR-4 GRP-13', async () => {
    const line = new CommandLine()
    expect(await line.run('send', 'a', '--group', 'sip:hikers@groups.example.org', '--conference-factory', 'sip:f@example.org')).toBe(0)
    expect(line.client?.sent[0]?.[0]).toMatchObject({ uri: 'sip:hikers@groups.example.org', recipients: [] })
    expect(line.clientOptions[0]).toMatchObject({ conferenceFactory: 'sip:f@example.org', reach: 'sip:f@example.org' })
    const both = new CommandLine()
    expect(await both.run('send', 'a', '--group', 'sip:g@example.org', '--to', BOB)).toBe(2)
    expect(both.clientOptions).toEqual([])
    expect(await new CommandLine().run('send', 'a', '--to', BOB, '--conference-factory', 'nonsense')).toBe(2)
  })

  it('a single --to stays what it was, and a single --bcc is a list of one', async () => {
    const line = new CommandLine()
    await line.run('send', 'a', '--to', BOB)
    expect(line.client?.sent[0]?.[0]).toBe(BOB)
    const hidden = new CommandLine()
    await hidden.run('send', 'a', '--bcc', BOB)
    expect(hidden.client?.sent[0]?.[0]).toEqual([{ uri: BOB, copyControl: 'bcc' }])
  })

  it('says one line for each change, why it ended badly, and who is still waited for', async () => {
    const states = [
      recipient(BOB, 'declined', { error: new CpmftError('declined', 'The server says 488.', 488) }),
      recipient('sip:bob@other.example', 'unreachable', { error: new CpmftError('busy', undefined, 486) }),
      recipient(CAROL, 'displayed', { displayName: 'Carol Reed' }),
      recipient(DAN, 'sending'),
      recipient('sip:erin@example.org', 'stored'),
      recipient('sip:anonymous1@anonymous.invalid', 'unknown'),
      recipient('sip:fay@example.org', 'failed', { error: new CpmftError('connection-lost', 'It broke.') }),
      recipient('sip:gus@example.org', 'left'),
    ]
    const line = new CommandLine({ transfer: new FakeGroupTransfer(states) })
    expect(await line.run('send', 'a', '--to', BOB, '--to', CAROL)).toBe(3)
    expect(line.stderr.text.split('\n').slice(2)).toEqual([
      'sip:bob@example.org declined (488)',
      'sip:bob@other.example not reachable (486)',
      'Carol Reed   opened',
      'dan          receiving',
      'erin         stored: on its way, delivered when they are online',
      'somebody hidden unknown: the group does not say',
      'fay          failed: It broke.',
      'gus          left before having everything',
      '1 declined · 1 not reachable · 1 opened · 1 still on the way · 1 on the way (stored) · 1 unknown · 1 failed · 1 left.',
      'Nothing more was heard of dan; --wait waits longer.',
      '',
    ])
  })

  it.each([
    [['delivered', 'displayed'], 0],
    [['delivered', 'declined'], 3],
    [['delivered', 'stored'], 3],
    [['stored', 'stored'], 3],
    [['delivered', 'sending'], 3],
    [['declined', 'declined'], 4],
    [['unreachable', 'unreachable'], 5],
    [['unknown', 'unknown'], 3],
  ] as const)('ends with the code that %j deserves: %i', async ([one, two], exit) => {
    const line = new CommandLine({ transfer: new FakeGroupTransfer([recipient(BOB, one), recipient(CAROL, two)]) })
    expect(await line.run('-q', 'send', 'a', '--to', BOB, '--to', CAROL)).toBe(exit)
  })

  it('tells machines of each recipient, and of all at the end', async () => {
    const error = new CpmftError('unreachable', undefined, 480)
    const states = [recipient(BOB, 'sending', { bytes: 10 }), recipient(CAROL, 'unreachable', { error })]
    const line = new CommandLine({ transfer: new FakeGroupTransfer(states) })
    await line.run('send', 'a', '--to', BOB, '--to', CAROL, '--json')
    const told = line.events.filter(({ event }) => event === 'recipient')
    expect(told[0]).toMatchObject({
      transfer: 't1',
      direction: 'sending',
      uri: BOB,
      copyControl: 'to',
      state: 'sending',
      bytes: 10,
      total: 1000,
    })
    expect(told[2]).toMatchObject({ uri: CAROL, state: 'unreachable', error: { code: 'unreachable', status: 480 } })
    const done = line.events.find(({ event }) => event === 'done') as { recipients?: unknown[] } | undefined
    expect(done?.recipients).toMatchObject([
      { uri: BOB, state: 'sending', files: [] },
      { uri: CAROL, state: 'unreachable' },
    ])
  })

  it('shows the INVITE to the factory with --dry-run', async () => {
    const asked: unknown[] = []
    const previewInvite = async (...call: unknown[]) => {
      asked.push(call)
      return 'INVITE'
    }
    const line = new CommandLine({}, { previewInvite })
    expect(await line.run('send', 'a', '--to', BOB, '--to', CAROL, '--dry-run', '--conference-factory', 'sip:f@example.org')).toBe(0)
    expect(asked).toMatchObject([[{ conferenceFactory: 'sip:f@example.org' }, [{ uri: BOB }, { uri: CAROL }], ['a']]])
  })
})

describe('an offer from a group', () => {
  it('shows who else got it, and how many are hidden @req GRP-43', async () => {
    const cards: string[] = []
    const askOffer = async ({ card }: { card: string }) => {
      cards.push(card)
      return { kind: 'decline' as const }
    }
    const person = (uri: string, count = 1) => ({ uri, displayName: undefined, copyControl: 'to' as const, count })
    const offer = Object.assign(new FakeOffer([offeredFile()]), {
      group: {
        uri: 'sip:ft-1@cf.example.org',
        name: undefined,
        subject: undefined,
        recipients: [person(BOB), person(CAROL), person('sip:anonymous@anonymous.invalid', 2)],
        mayReplyToAll: true,
      },
    })
    const line = new CommandLine({ offers: [offer] }, { ...TERMINAL, askOffer })
    await line.run('receive', '--once', '--listen', 'sip:bob@127.0.0.1:5070')
    expect(cards[0]?.split('\n')[1]).toBe('  to a group: bob, carol, 2 hidden')
    const bare = Object.assign(new FakeOffer([offeredFile()]), { group: { ...offer.group, recipients: [] } })
    const other = new CommandLine({ offers: [bare] }, { ...TERMINAL, askOffer })
    await other.run('receive', '--once', '--listen', 'sip:bob@127.0.0.1:5070')
    expect(cards[1]?.split('\n')[1]).toBe('  to a group (sip:ft-1@cf.example.org)')
    const json = new CommandLine({ offers: [offer] })
    await json.run('receive', '--once', '--json', '--accept', 'none', '--listen', 'sip:bob@127.0.0.1:5070')
    expect(json.events.find(({ event }) => event === 'offer')).toMatchObject({
      group: { uri: 'sip:ft-1@cf.example.org', recipients: [{ uri: BOB }, { uri: CAROL }, { count: 2 }] },
    })
  })
})

describe('a transfer to several in the record', () => {
  const transfer = storedTransfer({
    direction: 'sent',
    peer: 'sip:conference-factory@example.org',
    peerName: undefined,
    ended: 5,
    files: [storedFile()],
    recipients: [
      storedRecipient({ state: 'declined', files: [] }),
      storedRecipient({ uri: BOB, name: undefined, state: 'delivered', error: undefined, files: [0] }),
      storedRecipient({ uri: DAN, name: undefined, state: 'stored', error: undefined, files: [] }),
    ],
  })

  it('is in history with its recipients', async () => {
    const line = new CommandLine()
    await line.store.saveTransfer(transfer)
    expect(await line.run('history')).toBe(0)
    expect(line.stdout.text).toContain('to Carol, bob, dan')
    expect(line.stdout.text).toContain('         Carol  declined\n         bob  delivered\n         dan  stored')
    const json = new CommandLine({}, {})
    await json.store.saveTransfer({ ...transfer, group: 'sip:hikers@example.org' })
    await json.run('history', '--json')
    expect(json.events[0]).toMatchObject({
      group: 'sip:hikers@example.org',
      recipients: [{ name: 'Carol', state: 'declined' }, { uri: BOB, files: [1] }, {}],
    })
  })

  it('is retried only where somebody lacks something, with what the command says', async () => {
    const line = new CommandLine()
    await line.store.saveTransfer(transfer)
    expect(await line.run('retry')).toBe(0)
    expect(line.stdout.text).toContain('7Q2F  to Carol, bob, dan  plan.pdf')
    const again = new CommandLine()
    await again.store.saveTransfer(transfer)
    expect(await again.run('retry', '7Q2F', '--one-by-one', '--wait', '5s')).toBe(0)
    expect(again.client?.sent).toEqual([['retry', '7Q2F', { fallbackToSingle: true, recipientWait: 5 }]])
    const none = new CommandLine()
    await none.store.saveTransfer({ ...transfer, recipients: transfer.recipients?.slice(1) ?? [] })
    expect(await none.run('retry', '7Q2F')).toBe(9)
    expect(none.stderr.text).toContain('Nothing of it failed.')
  })

  it('is told after a send with the command that tries it again', async () => {
    const line = new CommandLine({ transfer: new FakeGroupTransfer([recipient(BOB, 'delivered'), recipient(CAROL, 'declined')]) })
    await line.store.saveTransfer({ ...transfer, id: 't1' })
    expect(await line.run('send', 'a', '--to', BOB, '--to', CAROL)).toBe(3)
    expect(line.stderr.text).toContain('Try plan.pdf again with Carol: cpmft retry t1')
  })
})
