import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Answer, Question } from '../../src/cli/ask-offer.js'
import { CpmftError } from '../../src/client/errors.js'
import type { TraceEntry } from '../../src/trace/entry.js'
import { CommandLine, TERMINAL } from './command-line.js'
import { FakeOffer, FakeTransfer, offeredFile, transferFile } from './fake-client.js'

const folder = mkdtempSync(join(tmpdir(), 'cpmft-receive-'))
afterAll(() => rmSync(folder, { recursive: true }))
const BASE = ['receive', '--listen', 'sip:bob@127.0.0.1:5070', '--into', folder]
const BYE = {
  v: 1,
  kind: 'message',
  time: 1,
  protocol: 'sip',
  direction: 'in',
  transport: 'tcp',
  party: 'b',
  local: '',
  remote: '',
  bodyLength: 0,
  text: 'BYE sip:b SIP/2.0\r\n\r\n',
} as TraceEntry
const entries = [BYE]

/** A terminal whose person gives `answer`. */
const asking = (answer: (question: Question) => Answer | Promise<Answer>): object => ({
  ...TERMINAL,
  askOffer: async (question: Question) => answer(question),
})

describe('receive', () => {
  it('prints saved paths, and nothing else, on stdout', async () => {
    const offer = new FakeOffer([offeredFile(), offeredFile({ id: 'f2', unavailable: 'too large' })])
    const line = new CommandLine({ offers: [offer], entries })
    expect(await line.run(...BASE, '--once', '--accept', 'all', '--on-conflict', 'skip')).toBe(0)
    expect(line.stdout.text).toBe('/in/plan.pdf\n')
    expect(offer.answers).toEqual([`accept f1 ${JSON.stringify({ into: folder, onConflict: 'skip' })}`])
    expect(line.clientOptions[0]).toEqual({
      aor: 'sip:bob@127.0.0.1:5070',
      listen: 'sip:bob@127.0.0.1:5070',
      into: folder,
      onConflict: 'skip',
    })
    expect(line.stderr.text).toContain('Saved        plan.pdf  sha-1 ok')
    expect(line.client?.closed).toBe(1)
  })

  it('declines everything without a terminal, and says so', async () => {
    const offer = new FakeOffer([offeredFile()])
    const line = new CommandLine({ offers: [offer], entries })
    expect(await line.run(...BASE, '--once')).toBe(4)
    expect(offer.answers).toEqual(['decline'])
    expect(line.stderr.text).toContain('no terminal to ask at')
  })

  it('takes --yes for accept', async () => {
    const offer = new FakeOffer([offeredFile()])
    expect(await new CommandLine({ offers: [offer], entries }).run(...BASE, '--once', '--yes')).toBe(0)
  })

  it('cannot ask without a terminal', async () => {
    const line = new CommandLine()
    expect(await line.run(...BASE, '--accept', 'ask')).toBe(2)
    expect(line.clientOptions).toEqual([])
  })

  it('asks at a terminal and accepts what was ticked @req CR-20', async () => {
    const offer = new FakeOffer([offeredFile(), offeredFile({ id: 'f2', name: 'b' })])
    const line = new CommandLine(
      { offers: [offer], entries },
      asking(({ offer: { files } }) => ({ kind: 'accept', files: files.slice(1) })),
    )
    expect(await line.run(...BASE, '--once')).toBe(0)
    expect(offer.answers[0]).toMatch(/^accept f2 /)
    expect(line.stderr.text).toContain('Accepted     1 of 2 files from sip:alice@example.com')
  })

  it('declines or ignores as told, exit 4', async () => {
    for (const kind of ['decline', 'ignore'] as const) {
      const offer = new FakeOffer([offeredFile()])
      expect(
        await new CommandLine(
          { offers: [offer] },
          asking(() => ({ kind })),
        ).run(...BASE, '--once'),
      ).toBe(4)
      expect(offer.answers).toEqual([kind])
    }
  })

  it('goes on waiting when the sender withdraws, answering nothing', async () => {
    const withdrawn = new FakeOffer([offeredFile()])
    const next = new FakeOffer([offeredFile()])
    const ask = asking(({ offer }) => {
      if (offer === next) return { kind: 'accept', files: offer.files }
      withdrawn.withdrawal.abort()
      return { kind: 'interrupt' }
    })
    const line = new CommandLine({ offers: [withdrawn, next], entries }, ask)
    expect(await line.run(...BASE, '--once')).toBe(0)
    expect(withdrawn.answers).toEqual([])
    expect(next.answers).toHaveLength(1)
    expect(line.stderr.text).toContain('Withdrawn    the offer of sip:alice@example.com')
  })

  it('ends with the code of the failure', async () => {
    const transfer = new FakeTransfer([transferFile({ state: 'failed', error: new CpmftError('hash-mismatch') })])
    const line = new CommandLine({ offers: [new FakeOffer([offeredFile()], transfer)], entries })
    expect(await line.run(...BASE, '--once', '--accept', 'all')).toBe(8)
    expect(line.stdout.text).toBe('')
  })

  it('Ctrl-C at the question declines and ends with 130', async () => {
    const offer = new FakeOffer([offeredFile()])
    const line = new CommandLine(
      { offers: [offer] },
      asking(() => ({ kind: 'interrupt' })),
    )
    expect(await line.run(...BASE)).toBe(130)
    expect(offer.answers).toEqual(['decline'])
    expect(line.client?.closed).toBe(1)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s while waiting ends with %i', async (signal, code) => {
    const line = new CommandLine()
    const exit = line.run(...BASE, '--accept', 'all')
    await expect.poll(() => line.stderr.text).toContain('Listening as')
    line.signals.emit(signal)
    expect(await exit).toBe(code)
    expect(line.client?.closed).toBe(1)
  })

  it('aborts running transfers at Ctrl-C and waits for their end', async () => {
    const transfer = new FakeTransfer([transferFile({ state: 'receiving' })], { hang: true })
    const line = new CommandLine({ offers: [new FakeOffer([offeredFile()], transfer)] })
    const exit = line.run(...BASE, '--accept', 'all', '--json')
    await expect.poll(() => line.stdout.text).toContain('"progress"')
    line.signals.emit('SIGINT')
    expect(await exit).toBe(130)
    expect(transfer.aborted).toHaveLength(1)
    expect(line.events.map(event => event['event']).slice(-3)).toEqual(['state', 'done', 'exit'])
  })

  it('tells machines who offers what, and what was answered @req CR-19', async () => {
    const offer = new FakeOffer([
      offeredFile({ modified: new Date(0), description: 'Draft' }),
      offeredFile({ id: 'f2', unavailable: 'too large' }),
    ])
    const line = new CommandLine({ offers: [offer], entries })
    await line.run(...BASE, '--once', '--accept', 'all', '--json')
    expect(line.events[1]).toMatchObject({
      event: 'offer',
      offer: 'o1',
      from: { uri: 'sip:alice@example.com', displayName: 'Alice Reed', identity: 'unverified', known: false },
      totalSize: 2_600_000,
      files: [
        {
          file: 'f1',
          name: 'plan.pdf',
          size: 1_300_000,
          type: 'application/pdf',
          sha1: 'AA:BB',
          modified: '1970-01-01T00:00:00.000Z',
          description: 'Draft',
        },
        { file: 'f2', unavailable: 'too large' },
      ],
    })
    expect(line.events[2]).toMatchObject({ event: 'answer', answer: 'accepted', accepted: ['f1'], declined: ['f2'] })
    expect(line.events.at(-2)).toMatchObject({ event: 'done', ok: true, files: [{ path: '/in/plan.pdf' }] })
  })

  it('refuses a folder that is none with 9, and a receiver nobody can reach with 2', async () => {
    expect(await new CommandLine().run('rx', '--listen', 'sip:b@127.0.0.1:1', '--into', join(folder, 'none'))).toBe(9)
    expect(await new CommandLine().run('rx', '--into', folder)).toBe(2)
  })
})
