import { describe, expect, it } from 'vitest'
import { CpmftError } from '../../src/client/errors.js'
import type { StoredTransfer } from '../../src/client/store.js'
import { CommandLine, TERMINAL } from './command-line.js'
import { FakeTransfer, transferFile } from './fake-client.js'
import { CUT, storedFile, storedTransfer } from './stored-transfer.js'

const RECEIVED = storedTransfer({
  id: 'H3ZT',
  direction: 'received',
  account: 'sip:tester@other',
  peer: 'sip:alice@example.com',
  peerName: 'Ali\x1b[2Jce',
  files: [storedFile({ name: 'a\u202Egpj.exe', state: 'receiving', bytes: 200, path: undefined, part: '/in/.a.part' })],
})

async function commandLine(transfers: readonly StoredTransfer[], ...more: ConstructorParameters<typeof CommandLine>): Promise<CommandLine> {
  const line = new CommandLine(...more)
  for (const transfer of transfers) await line.store.saveTransfer(transfer)
  return line
}

describe('resume', () => {
  it('lists what can go on, sent and received, with everything from the wire made harmless @req RCS-3', async () => {
    const line = await commandLine([CUT, RECEIVED, storedTransfer({ id: 'DONE' })])
    expect(await line.run('resume')).toBe(0)
    const lines = line.stdout.text.trim().split('\n')
    expect(lines).toHaveLength(2)
    expect(lines).toContain('7Q2F  to sip:bob@example.org  plan.pdf  43 % of 1.0 kB  5 min ago')
    expect(line.stdout.text).toMatch(/H3ZT {2}from .*<sip:alice@example\.com>.* {2}20 % of 1\.0 kB/)
    expect(line.stdout.text).not.toMatch(/[\x1b\u202E]/)
    expect(line.stderr.text).toContain('Choose one: cpmft resume')
    expect(line.client).toBeUndefined()
  })

  it('goes on with the id, in the account of before and towards its peer, and exits as send does', async () => {
    const line = await commandLine([CUT])
    expect(await line.run('resume', '7q2f')).toBe(0)
    expect(line.client?.sent).toEqual([['resume', '7Q2F', expect.anything()]])
    expect(line.clientOptions[0]).toMatchObject({ aor: 'sip:tester@here', reach: 'sip:bob@example.org', releaseTimer: 0 })
    expect(line.client?.closed).toBe(1)
    const transfer = new FakeTransfer([transferFile({ state: 'failed', error: new CpmftError('unreachable') })])
    expect(await (await commandLine([CUT], { transfer })).run('resume', '7Q2F')).toBe(5)
  })

  it('saves what it receives and prints the path', async () => {
    const transfer = new FakeTransfer([transferFile({ path: '/in/a.jpg' })])
    const line = await commandLine([RECEIVED], { transfer })
    expect(await line.run('resume', 'H3ZT', '--into', '/in', '--on-conflict', 'skip')).toBe(0)
    expect(line.stdout.text).toBe('/in/a.jpg\n')
    expect(line.clientOptions[0]?.aor).toBe('sip:tester@other')
    expect(line.client?.sent).toEqual([['resume', 'H3ZT', expect.objectContaining({ onConflict: 'skip' })]])
  })

  it('asks about a single candidate at a terminal, goes on with --yes, and only lists elsewhere', async () => {
    const yes = await commandLine([CUT], {}, { ...TERMINAL, confirm: async () => true })
    expect(await yes.run('resume')).toBe(0)
    expect(yes.client?.sent).toHaveLength(1)
    const no = await commandLine([CUT], {}, { ...TERMINAL, confirm: async () => false })
    expect(await no.run('resume')).toBe(0)
    expect(no.client).toBeUndefined()
    const forced = await commandLine([CUT])
    await forced.run('resume', '--yes')
    expect(forced.client?.sent).toHaveLength(1)
    const pipe = await commandLine([CUT])
    await pipe.run('resume')
    expect(pipe.client).toBeUndefined()
  })

  it('tells machines the candidates', async () => {
    const line = await commandLine([CUT])
    await line.run('resume', '--json')
    expect(line.events[0]).toMatchObject({
      event: 'candidate',
      transfer: '7Q2F',
      direction: 'sending',
      peer: 'sip:bob@example.org',
      files: [{ number: 1, name: 'plan.pdf', size: 1000, bytes: 430, state: 'failed', error: { code: 'connection-lost' } }],
    })
  })

  it('refuses what there is not, and what is complete', async () => {
    const line = await commandLine([storedTransfer()])
    expect(await line.run('resume', 'ZZZZ')).toBe(2)
    expect(await line.run('resume', '../..')).toBe(2)
    expect(await line.run('resume', '7Q2F')).toBe(9)
    expect(line.client).toBeUndefined()
  })
})

describe('retry', () => {
  it('lists and sends what failed or was declined', async () => {
    const failed = storedTransfer({ files: [storedFile(), storedFile({ index: 1, name: 'b', state: 'declined' })] })
    const line = await commandLine([failed])
    expect(await line.run('retry')).toBe(0)
    expect(line.stdout.text).toMatch(/^7Q2F .* {2}b {2}/)
    expect(await line.run('retry', '7Q2F')).toBe(0)
    expect(line.client?.sent).toEqual([['retry', '7Q2F', {}]])
  })

  it('cannot send again what somebody else sent', async () => {
    const line = await commandLine([RECEIVED])
    expect(await line.run('retry', 'H3ZT')).toBe(9)
    expect(line.stderr.text).toContain('Its sender has to send it again.')
  })
})

describe('the next step', () => {
  const fails = () => new FakeTransfer([transferFile({ state: 'failed', error: new CpmftError('connection-lost') })], {}, '7Q2F')

  it('is printed after a cut transfer, and told to machines @req RCS-3', async () => {
    const line = await commandLine([CUT], { transfer: fails() })
    expect(await line.run('send', 'a', '--to', 'sip:bob@example.org')).toBe(3)
    expect(line.stderr.text).toContain('Go on with plan.pdf (43 % of 1.0 kB): cpmft resume 7Q2F\n')
    const json = await commandLine([CUT], { transfer: fails() })
    await json.run('send', 'a', '--to', 'sip:bob@example.org', '--json')
    expect(json.events).toContainEqual(expect.objectContaining({ event: 'next', command: 'cpmft resume 7Q2F', bytes: 430 }))
  })

  it('is to try again when nothing of it is known to be there', async () => {
    const line = await commandLine([storedTransfer({ files: [storedFile({ state: 'failed', sha1: undefined, bytes: 0 })] })], {
      transfer: fails(),
    })
    await line.run('send', 'a', '--to', 'sip:bob@example.org')
    expect(line.stderr.text).toContain('Try plan.pdf again: cpmft retry 7Q2F\n')
  })
})
