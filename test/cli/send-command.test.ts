import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { ClientOptions } from '../../src/client/api.js'
import { CpmftError } from '../../src/client/errors.js'
import { sampleTransfer } from '../trace/sample-trace.js'
import { CommandLine, TERMINAL } from './command-line.js'
import { FakeClient, FakeTransfer, transferFile } from './fake-client.js'

const folder = mkdtempSync(join(tmpdir(), 'cpmft-send-'))
afterAll(() => rmSync(folder, { recursive: true }))
const TO = ['--to', 'sip:bob@example.org']

describe('send', () => {
  it('sends, says so on stderr, closes the client and leaves stdout empty', async () => {
    const line = new CommandLine()
    expect(await line.run('send', 'plan.pdf', ...TO, '--subject', 'Plans')).toBe(0)
    expect(line.client?.sent).toEqual([['sip:bob@example.org', ['plan.pdf'], { subject: 'Plans' }]])
    expect(line.clientOptions).toEqual([{ aor: 'sip:tester@here', releaseTimer: 0, reach: 'sip:bob@example.org' }])
    expect(line.stderr.text).toBe(
      'Ringing      sip:bob@example.org  (Ctrl-C to withdraw)\nDelivered    plan.pdf  confirmed by the receiver\n',
    )
    expect(line.stdout.text).toBe('')
    expect(line.client?.closed).toBe(1)
  })

  it('says only what went wrong with -q, and what to do next', async () => {
    const transfer = new FakeTransfer([transferFile({ state: 'failed', error: new CpmftError('too-large', '413.') })])
    const line = new CommandLine({ transfer })
    expect(await line.run('-q', 'tx', 'plan.pdf', ...TO)).toBe(7)
    expect(line.stderr.text).toBe(
      'Failed       plan.pdf: The file is larger than the other side accepts. 413. Split it, or ask for a higher limit.\n',
    )
  })

  it('tells each file apart when some were declined', async () => {
    const line = new CommandLine({ transfer: new FakeTransfer([transferFile(), transferFile({ name: 'b', state: 'declined' })]) })
    expect(await line.run('send', 'a', 'b', ...TO)).toBe(3)
    expect(line.stderr.text).toContain('Declined     b\n1 delivered · 1 declined.\n')
  })

  it('does not call delivered what nobody confirmed @req SND-8', async () => {
    const line = new CommandLine({ transfer: new FakeTransfer([transferFile({ confirmed: false })]) })
    expect(await line.run('send', 'a', ...TO)).toBe(3)
    expect(line.stderr.text).toContain('not confirmed')
    expect(line.stderr.text).not.toContain('Delivered')
  })

  it('prints events with --json, progress with sent and confirmed octets apart, the exit code last @req SND-11', async () => {
    const line = new CommandLine()
    expect(await line.run('send', 'plan.pdf', ...TO, '--json')).toBe(0)
    expect(line.events.map(event => event['event'])).toEqual(['ringing', 'progress', 'state', 'done', 'exit'])
    expect(line.events.every(event => event['v'] === 1)).toBe(true)
    expect(line.events[1]).toMatchObject({ file: 'f1', name: 'plan.pdf', bytes: 1000, sent: 2000, total: 1_300_000 })
    expect(line.events.at(-1)).toEqual({ v: 1, time: 1_700_000_000_000, event: 'exit', exit: 0 })
    expect(line.stderr.text).toBe('')
  })

  it('refuses no recipient', async () => {
    const line = new CommandLine()
    expect(await line.run('send', 'a')).toBe(2)
    expect(line.clientOptions).toEqual([])
  })

  it('asks at a terminal before it sends what is larger than the warning size, and takes no for an answer @req RCS-6', async () => {
    const large = join(folder, 'large.bin')
    writeFileSync(large, Buffer.alloc(3000))
    const limit = ['--warn-size', '2999']
    const asked: string[] = []
    const run = async (answer: boolean, args: readonly string[], more: object = TERMINAL) => {
      const confirm = async (message: string) => {
        asked.push(message)
        return answer
      }
      const line = new CommandLine({}, { ...more, confirm })
      return [await line.run('send', large, ...TO, ...args), line.client?.sent.length ?? 0]
    }
    expect(await run(false, limit)).toEqual([130, 0])
    expect(await run(true, limit)).toEqual([0, 1])
    expect(asked).toEqual(['large.bin: 3.0 kB. Send? (--yes does not ask)', 'large.bin: 3.0 kB. Send? (--yes does not ask)'])
    expect(await run(false, ['--warn-size', '3000'])).toEqual([0, 1])
    expect(await run(false, ['--warn-size', '0'])).toEqual([0, 1])
    expect(await run(false, [...limit, '--yes'])).toEqual([0, 1])
    expect(await run(false, limit, {})).toEqual([0, 1])
    expect(asked).toHaveLength(2)
  })

  it('hands on description and icons, and keeps quiet about icons otherwise', async () => {
    const line = new CommandLine()
    expect(await line.run('send', 'a', ...TO, '--description', 'First draft', '--no-icons')).toBe(0)
    expect(line.client?.sent).toEqual([['sip:bob@example.org', ['a'], { description: 'First draft' }]])
    expect(line.clientOptions[0]).toMatchObject({ icons: false })
    const plain = new CommandLine()
    await plain.run('send', 'a', ...TO)
    expect(plain.clientOptions[0]).not.toHaveProperty('icons')
  })

  it('prints the INVITE and sends nothing with --dry-run', async () => {
    const line = new CommandLine()
    expect(await line.run('send', 'a', 'b', ...TO, '--dry-run', '--listen', 'sip:alice@127.0.0.1:5071;transport=tcp')).toBe(0)
    expect(line.stdout.text).toBe('INVITE sip:bob@example.org from sip:alice@127.0.0.1:5071: a b\n')
    expect(line.clientOptions).toEqual([])
  })

  it('says what is wrong when registration fails', async () => {
    const ready = Promise.reject(new CpmftError('auth-failed', undefined, 403))
    ready.catch(() => {})
    const line = new CommandLine({ ready })
    expect(await line.run('send', 'a', ...TO, '--json')).toBe(6)
    expect(line.events).toMatchObject([
      { event: 'error', error: { code: 'auth-failed', status: 403 }, exit: 6 },
      { event: 'exit', exit: 6 },
    ])
    expect(line.client?.closed).toBe(1)
    expect(line.client?.sent).toEqual([])
  })
})

describe('an account', () => {
  const account = ['--as', 'sip:alice@example.org', '--proxy', 'sip:10.0.0.1;transport=tcp']

  it('takes the password from a file, the environment or a hidden prompt, never from an argument', async () => {
    const file = join(folder, 'password')
    writeFileSync(file, 'from file\nsecond line\n', { mode: 0o600 })
    const passwords = []
    for (const [args, overrides] of [
      [['--password-file', file], { env: { CPMFT_PASSWORD: 'from env' } }],
      [[], { env: { CPMFT_PASSWORD: 'from env' } }],
      [[], {}],
    ] as const) {
      const line = new CommandLine({}, overrides)
      expect(await line.run('send', 'a', ...TO, ...account, ...args)).toBe(0)
      expect(line.clientOptions[0]).toMatchObject({ aor: 'sip:alice@example.org', proxy: 'sip:10.0.0.1;transport=tcp' })
      passwords.push(line.clientOptions[0]?.password)
      expect(line.stdout.text + line.stderr.text).not.toMatch(/from|typed/)
    }
    expect(passwords).toEqual(['from file', 'from env', undefined])
    expect(await new CommandLine().run('send', 'a', ...TO, '--password', 'x')).toBe(2)
  })

  it('asks for the password at a terminal, once the server wants one', async () => {
    const asked: string[] = []
    const askPassword = async (message: string) => String(asked.push(message))
    const refusing = (options: { readonly password?: string }) =>
      options.password === undefined ? Promise.reject(new CpmftError('auth-failed', 'Registration failed.', 401)) : Promise.resolve()
    const line = new CommandLine({ ready: refusing }, { ...TERMINAL, askPassword })
    expect(await line.run('send', 'a', ...TO, ...account)).toBe(0)
    expect(asked).toEqual(['Password of sip:alice@example.org'])
    expect(line.clientOptions.map(({ password }) => password)).toEqual([undefined, '1'])
    const trusting = new CommandLine({}, { ...TERMINAL, askPassword })
    expect(await trusting.run('send', 'a', ...TO, ...account)).toBe(0)
    const nobody = new CommandLine({ ready: refusing }, {})
    expect(await nobody.run('send', 'a', ...TO, ...account)).toBe(6)
    const silent = new CommandLine({ ready: refusing }, { ...TERMINAL, askPassword: async () => '' })
    expect(await silent.run('send', 'a', ...TO, ...account)).toBe(6)
    expect(asked).toHaveLength(1)
  })

  it('may come from the environment', async () => {
    const line = new CommandLine(
      {},
      { env: { CPMFT_AS: 'sip:a@b', CPMFT_PROXY: 'sip:p', CPMFT_LISTEN: 'sip:0.0.0.0:5060', CPMFT_PASSWORD: 'x', CPMFT_PROFILE: 'open' } },
    )
    await line.run('send', 'a', ...TO)
    expect(line.clientOptions[0]).toMatchObject({ aor: 'sip:a@b', proxy: 'sip:p', listen: 'sip:0.0.0.0:5060', password: 'x' })
  })

  it('is refused when it is no SIP address, or a proxy without an address', async () => {
    expect(await new CommandLine().run('send', 'a', ...TO, '--as', 'alice')).toBe(2)
    expect(await new CommandLine().run('send', 'a', ...TO, '--proxy', 'sip:p')).toBe(2)
  })
})

describe('stopping a send', () => {
  const start = (): { line: CommandLine; transfer: FakeTransfer; exit: Promise<number>; started: Promise<void> } => {
    const transfer = new FakeTransfer([transferFile({ state: 'sending' })], { hang: true })
    const line = new CommandLine({ transfer })
    const exit = line.run('send', 'a', ...TO)
    const started = new Promise<void>(resolve => {
      const timer = setInterval(() => {
        if (!line.stderr.text.includes('Ringing')) return
        clearInterval(timer)
        resolve()
      }, 2)
    })
    return { line, transfer, exit, started }
  }

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s aborts the transfer in good order, exit %i', async (signal, code) => {
    const { line, transfer, exit, started } = start()
    await started
    line.signals.emit(signal)
    expect(await exit).toBe(code)
    expect(transfer.aborted).toHaveLength(1)
    expect(line.client?.closed).toBe(1)
    expect(line.exits).toEqual([])
    expect(line.stderr.text).toMatch(/Cancelled\.\n$/)
  })

  it('leaves at once at the second Ctrl-C', async () => {
    const { line, exit, started } = start()
    await started
    line.signals.emit('SIGINT')
    line.signals.emit('SIGINT')
    expect(line.exits).toEqual([130])
    await exit
    expect(line.signals.listenerCount('SIGINT')).toBe(0)
  })

  it('ends with 10 after --timeout', async () => {
    const transfer = new FakeTransfer([transferFile({ state: 'sending' })], { hang: true })
    const line = new CommandLine({ transfer })
    expect(await line.run('send', 'a', ...TO, '--timeout', '500ms')).toBe(10)
    expect(transfer.aborted).toHaveLength(1)
  })

  it('keeps the session for the release timer, and Ctrl-C ends that without harm', async () => {
    const line = new CommandLine({ entries: [] })
    const exit = line.run('send', 'a', ...TO, '--release-timer', '3600')
    await expect.poll(() => line.stderr.text).toContain('The session stays open for 3600 s')
    expect(line.clientOptions[0]?.releaseTimer).toBe(3600)
    line.signals.emit('SIGINT')
    expect(await exit).toBe(0)
    expect(line.client?.closed).toBe(1)
  })

  it('closes a client that came too late', async () => {
    let late: FakeClient | undefined
    const createClient = async (options: ClientOptions): Promise<FakeClient> => {
      await new Promise(resolve => setTimeout(resolve, 60))
      late = new FakeClient(options, {})
      return late
    }
    expect(await new CommandLine({}, { createClient }).run('send', 'a', ...TO, '--timeout', '20ms')).toBe(10)
    await expect.poll(() => late?.closed).toBe(1)
  })

  it('does not hang in registration', async () => {
    const line = new CommandLine({ ready: new Promise(() => {}) })
    expect(await line.run('send', 'a', ...TO, '--timeout', '300ms')).toBe(10)
    expect(line.client?.closed).toBe(1)
  })
})

describe('--trace and -v', () => {
  it('writes a redacted trace that only the owner can read @req SEC-9', async () => {
    const file = join(folder, 'trace.jsonl')
    const line = new CommandLine({ entries: sampleTransfer().entries })
    expect(await line.run('send', 'a', ...TO, '--trace', file, '-v')).toBe(0)
    const written = readFileSync(file, 'utf8')
    expect(written).toContain('/qwerty;tcp')
    expect(written).not.toMatch(/qwertyuiop|\/srv\/alice/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(line.stderr.text).toContain('-> 127.0.0.1:5070 tcp INVITE (SDP ×2 files)')
    const reader = new CommandLine()
    expect(await reader.run('trace', file)).toBe(0)
    expect(reader.stdout.text).toContain('╞══ SEND ×21 · 1.3 MB · $ ═')
  })

  it('ends with 9 when the trace cannot be written', async () => {
    const line = new CommandLine()
    expect(await line.run('send', 'a', ...TO, '--trace', join(folder, 'no', 'such'))).toBe(9)
    expect(line.clientOptions).toEqual([])
  })
})
