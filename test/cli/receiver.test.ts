import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { Answer, Question } from '../../src/cli/ask-offer.js'
import type { CommandContext } from '../../src/cli/context.js'
import { CpmftError } from '../../src/client/errors.js'
import { CommandLine, TERMINAL } from './command-line.js'
import { FakeOffer, FakeTransfer, offeredFile, transferFile } from './fake-client.js'

const folder = mkdtempSync(join(tmpdir(), 'cpmft-receiver-'))
afterAll(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'plan.pdf'), 'old')
const BASE = ['receive', '--listen', 'sip:bob@127.0.0.1:5070', '--into', folder, '--once']
const at = (overrides: Partial<CommandContext>): Partial<CommandContext> => ({ ...TERMINAL, ...overrides })
const accepts = async ({ offer: { files } }: Question): Promise<Answer> => ({ kind: 'accept', files })
const ANONYMOUS = { uri: 'sip:anonymous@anonymous.invalid', displayName: undefined, identity: 'anonymous', known: false } as const

describe('trust', () => {
  it('accepts and makes the sender a trusted contact when the user says so @req RCS-7', async () => {
    const offer = new FakeOffer([offeredFile()])
    const asked: (boolean | undefined)[] = []
    const line = new CommandLine(
      { offers: [offer] },
      at({
        askOffer: async question => {
          asked.push(question.canTrust)
          return { kind: 'accept', files: question.offer.files, trust: true }
        },
      }),
    )
    expect(await line.run(...BASE)).toBe(0)
    expect(asked).toEqual([true])
    expect(await line.store.contacts()).toEqual([
      { uri: 'sip:alice@example.com', name: 'Alice Reed', trusted: true, added: 1_700_000_000_000 },
    ])
    expect(offer.answers).toHaveLength(1)
  })

  it('is not offered for who hides, who is trusted already, or where nothing is remembered', async () => {
    const trusted = { uri: 'sip:a@b', displayName: undefined, identity: 'asserted', known: true, trusted: true } as const
    for (const [from, ...args] of [[ANONYMOUS], [trusted], [undefined, '--no-store']] as const) {
      const asked: (boolean | undefined)[] = []
      const askOffer = async ({ canTrust }: Question): Promise<Answer> => {
        asked.push(canTrust)
        return { kind: 'decline' }
      }
      const offer = new FakeOffer([offeredFile()], undefined, from === undefined ? {} : { from })
      await new CommandLine({ offers: [offer] }, at({ askOffer })).run(...BASE, ...args)
      expect(asked).toEqual([false])
    }
  })

  it('lets --accept known take what the rule took, and declines the rest where nobody can be asked @req RCS-7 RCV-7', async () => {
    const transfer = new FakeTransfer([transferFile({ path: '/in/plan.pdf' })])
    const known = new FakeOffer([offeredFile()], undefined, { accepted: transfer })
    const line = new CommandLine({ offers: [known] })
    expect(await line.run(...BASE, '--accept', 'known')).toBe(0)
    expect(line.clientOptions[0]?.autoAccept).toBe(true)
    expect(line.stdout.text).toBe('/in/plan.pdf\n')
    expect(known.answers).toEqual([])
    const stranger = new FakeOffer([offeredFile()])
    expect(await new CommandLine({ offers: [stranger] }).run(...BASE, '--accept', 'known')).toBe(4)
    expect(stranger.answers).toEqual(['decline'])
    const asked = new FakeOffer([offeredFile()])
    expect(await new CommandLine({ offers: [asked] }, at({ askOffer: accepts })).run(...BASE, '--accept', 'known')).toBe(0)
  })
})

describe('names that are taken', () => {
  it('are asked about, once an offer, and only when there are some @req RCV-11', async () => {
    const questions: (readonly string[])[] = []
    const askConflict = async (names: readonly string[]) => {
      questions.push(names)
      return 'overwrite' as const
    }
    const offer = new FakeOffer([offeredFile(), offeredFile({ id: 'f2', name: 'new.txt' })])
    expect(await new CommandLine({ offers: [offer] }, at({ askOffer: accepts, askConflict })).run(...BASE, '--on-conflict', 'ask')).toBe(0)
    expect(questions).toEqual([['plan.pdf']])
    expect(offer.answers[0]).toContain('"onConflict":"overwrite"')
    const free = new FakeOffer([offeredFile({ name: 'other.txt' })])
    await new CommandLine({ offers: [free] }, at({ askOffer: accepts, askConflict })).run(...BASE, '--on-conflict', 'ask')
    expect(questions).toHaveLength(1)
    expect(free.answers[0]).toContain('"onConflict":"rename"')
  })

  it('cannot be asked about without a terminal', async () => {
    expect(await new CommandLine().run(...BASE, '--on-conflict', 'ask', '--accept', 'all')).toBe(2)
  })
})

describe('what happens beside the offers', () => {
  it('is told: a registration that is lost and comes back, and a peer that fetches what was sent to it before @req SIP-3 RCS-2', async () => {
    const registration = [
      { state: 'failed', error: new CpmftError('unreachable', 'Registration failed.'), retryIn: 29_500 },
      { state: 'failed', error: new CpmftError('auth-failed'), retryIn: undefined },
      { state: 'registered' },
    ] as const
    const world = () => ({
      offers: [new FakeOffer([offeredFile()], new FakeTransfer([transferFile()], { hang: true }))],
      registration,
      fetched: [new FakeTransfer([transferFile({ name: 'old.bin' })], {}, 'ABCD'), new FakeTransfer([transferFile(), transferFile()])],
    })
    const run = async (...args: string[]) => {
      const line = new CommandLine(world())
      const over = line.run(...BASE, '--accept', 'all', ...args)
      const told = () => (line.stderr.text + line.stdout.text).match(/Delivered {4}old|"done".*ABCD/) !== null
      for (let waited = 0; waited < 5000 && !told(); waited += 10) await new Promise(resolve => setTimeout(resolve, 10))
      line.signals.emit('SIGINT')
      await over
      return line
    }
    const { stderr } = await run()
    expect(stderr.text).toMatch(/^Nobody can reach sip:\S+ at the moment\. .*Registration failed\..* It is tried again in 30 s\.$/m)
    expect(stderr.text).toMatch(/^Nobody can reach sip:\S+ at the moment\. .*[^s]\.$/m)
    expect(stderr.text).toMatch(/^Registered {3}sip:\S+ again: others can reach you\.$/m)
    expect(stderr.text).toContain('Fetched      a file by sip:bob@example.org, to whom it was sent before\n')
    expect(stderr.text).toContain('Fetched      2 files by sip:bob@example.org')
    expect(stderr.text).toContain('Delivered    old.bin')
    const events = (await run('--json')).stdout.text
      .trim()
      .split('\n')
      .map(text => JSON.parse(text))
    expect(
      events.filter(({ event }) => event === 'registration').map(({ state, retryIn, error }) => [state, retryIn, error?.code]),
    ).toEqual([
      ['failed', 30, 'unreachable'],
      ['failed', undefined, 'auth-failed'],
      ['registered', undefined, undefined],
    ])
    expect(events.find(({ event }) => event === 'fetched')).toMatchObject({
      transfer: 'ABCD',
      files: [{ name: 'old.bin', size: 1_300_000 }],
    })
  })
})

describe('--once', () => {
  const full = () => Array.from({ length: 64 }, (_, index) => offeredFile({ id: `f${index}` }))
  const saved = (path: string) => new FakeTransfer([transferFile({ path })])
  const run = async (...offers: FakeOffer[]) => {
    const line = new CommandLine({ offers })
    return [await line.run(...BASE, '--accept', 'all'), line.stdout.text] as const
  }

  it('takes the files of one sending that needs several sessions, and ends with the one that is not full', async () => {
    const last = new FakeOffer([offeredFile()], saved('/in/c'))
    const other = new FakeOffer([offeredFile()], saved('/in/d'))
    expect(await run(new FakeOffer(full(), saved('/in/a')), new FakeOffer(full(), saved('/in/b')), last, other)).toEqual([
      0,
      '/in/a\n/in/b\n/in/c\n',
    ])
    expect([last.answers.length, other.answers.length]).toEqual([1, 0])
  })

  it('ends in time when nothing follows a full session, and says when a later part was not to be had', async () => {
    const { setTimeout: real } = globalThis
    const hasty = vi
      .spyOn(globalThis, 'setTimeout')
      .mockImplementation((work: () => void, wait?: number) => real(work, wait === 6000 ? 1 : wait))
    expect(await run(new FakeOffer(full(), saved('/in/a')))).toEqual([0, '/in/a\n'])
    hasty.mockRestore()
    expect(await run(new FakeOffer(full(), saved('/in/a')), new FakeOffer([offeredFile({ unavailable: 'no' })]))).toEqual([3, '/in/a\n'])
  })
})

describe('limits and notices', () => {
  it('hands limits to the client @req RCS-6 SEC-4', async () => {
    const line = new CommandLine({ offers: [new FakeOffer([offeredFile()])] })
    const limits = ['--max-size', '2GB', '--warn-size', '1MB', '--quota-per-sender-day', '5GB', '--quota-total', '9GB']
    await line.run(...BASE, '--accept', 'all', ...limits)
    expect(line.clientOptions[0]).toMatchObject({ maxFileSize: 2e9, warnSize: 1e6, quota: { perSenderDay: 5e9, total: 9e9 } })
  })

  it('tells what became of files that were sent earlier @req IMDN-3', async () => {
    const notice = { transferId: '7Q2F', index: 0, name: 'pl\x1ban.pdf', peer: 'sip:bob@example.org', state: 'displayed' } as const
    const line = new CommandLine({ offers: [new FakeOffer([offeredFile()])], notices: [notice] })
    await line.run(...BASE, '--accept', 'all')
    expect(line.stderr.text).toMatch(/sip:bob@example\.org opened pl.*an\.pdf\n/)
    expect(line.stderr.text).not.toContain('\x1b')
    const json = new CommandLine({ notices: [notice] })
    expect(await json.run('send', 'a', '--to', 'sip:bob@example.org', '--wait-notices', '5s', '--json')).toBe(0)
    expect(json.events).toContainEqual(
      expect.objectContaining({ event: 'notice', transfer: '7Q2F', number: 1, peer: 'sip:bob@example.org', state: 'displayed' }),
    )
  })

  it('shows what is here already and where a file goes on', async () => {
    const cards: string[] = []
    const askOffer = async ({ card }: Question): Promise<Answer> => {
      cards.push(card)
      return { kind: 'decline' }
    }
    const files = [offeredFile({ size: 1000, resumesAt: 430 }), offeredFile({ id: 'f2', alreadyAt: '/in/pl\x1ban.pdf' })]
    await new CommandLine({ offers: [new FakeOffer(files)] }, at({ askOffer })).run(...BASE)
    expect(cards[0]).toContain('goes on at 43 %')
    expect(cards[0]).toMatch(/already here: \/in\/pl.*an\.pdf/)
    expect(cards[0]).toContain('unknown sender')
  })
})
