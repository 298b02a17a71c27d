import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { encodeEntry } from '../../src/trace/encode-entry.js'
import { sampleTransfer } from '../trace/sample-trace.js'
import { CommandLine } from './command-line.js'

const folder = mkdtempSync(join(tmpdir(), 'cpmft-program-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const recording = (): string => file('trace.jsonl', `${sampleTransfer().entries.map(encodeEntry).join('')}junk\n`)

describe('command line', () => {
  it('prints version and help with 0', async () => {
    const line = new CommandLine()
    expect(await line.run('--version')).toBe(0)
    expect(line.stdout.text).toBe('1.2.3\n')
    expect(await line.run('receive', '--help')).toBe(0)
    expect(line.stdout.text).toContain('--on-conflict <policy>')
    expect(line.stdout.text).toContain('--timeout <duration>')
    expect(line.stderr.text).toBe('')
  })

  it('has help for commands, below commands, and for topics', async () => {
    const text = async (...args: string[]) => {
      const line = new CommandLine()
      expect(await line.run('help', ...args)).toBe(0)
      expect(line.stderr.text).toBe('')
      return line.stdout.text
    }
    expect(await text()).toContain('Commands:')
    expect(await text('rx')).toContain('--on-conflict <policy>')
    expect(await text('account', 'add')).toContain('--no-check')
    const errors = await text('errors')
    expect(errors).toMatch(/^ {2}143 {2}cancelled by SIGTERM$/m)
    expect(errors).toMatch(/^ {2}hash-mismatch \(8\)$/m)
    expect(await text('settings')).toMatch(/^ {2}aor +CPMFT_AS +own address/m)
    const unknown = new CommandLine()
    expect(await unknown.run('help', 'sned')).toBe(2)
    expect(unknown.stderr.text).toContain('Did you mean `cpmft send`?')
    const json = new CommandLine()
    expect(await json.run('help', 'errors', '--json')).toBe(0)
    expect(json.events.map(({ event }) => event)).toEqual(['help', 'exit'])
  })

  it.each(['send', 'tx', 'receive', 'rx', 'describe'])('%s says the same when it is built without the other commands', async word => {
    const [alone, whole, wrong] = [new CommandLine(), new CommandLine(), new CommandLine()]
    expect(await alone.run(word, '--help')).toBe(0)
    expect(await whole.run('--no-color', word, '--help')).toBe(0)
    expect(alone.stdout.text).toContain(`cpmft ${word === 'tx' ? 'send' : word === 'rx' ? 'receive' : word}`)
    expect(alone.stdout.text).toBe(whole.stdout.text)
    expect(await wrong.run(word, '--jsonn')).toBe(2)
    expect(wrong.stderr.text).toContain('(Did you mean --json?)')
  })

  it('prints help on stderr without a command', async () => {
    const line = new CommandLine()
    expect(await line.run()).toBe(2)
    expect(line.stderr.text).toContain('Usage: cpmft')
    expect(line.stdout.text).toBe('')
  })

  it.each([
    [['sned', 'x'], 'Did you mean `cpmft send`?'],
    [['recieve'], 'Did you mean `cpmft receive`?'],
    [['frobnicate'], "there is no command 'frobnicate'.\n"],
    [['\x1b[31m'], "'\\x1b[31m'"],
    [['send'], "missing required argument 'file'"],
    [['send', 'a', '--frob'], "unknown option '--frob'"],
    [['receive', '--accept', 'some'], 'Allowed choices are ask, known, all, none'],
    [['receive', '--max-size', 'big'], 'Write it like 100MB or 2GiB'],
    [['--timeout', '0', 'demo'], 'Write it like 500ms'],
  ])('%j is refused with 2 and a word of help', async (args, words) => {
    const line = new CommandLine()
    expect(await line.run(...args)).toBe(2)
    expect(line.stderr.text).toContain(words)
    expect(line.stdout.text).toBe('')
  })

  it('takes a bare file name for something to be sent', async () => {
    const line = new CommandLine()
    const path = file('plan.pdf', 'x')
    expect(await line.run(path)).toBe(2)
    expect(line.stderr.text).toMatch(/is a file, not a command\. Did you mean `cpmft send /)
  })

  it('keeps to JSON when the command line is wrong', async () => {
    const line = new CommandLine()
    expect(await line.run('--json', 'frob')).toBe(2)
    expect(line.events).toMatchObject([
      { event: 'error', error: { code: 'usage', message: "there is no command 'frob'." }, exit: 2 },
      { exit: 2 },
    ])
  })
})

describe('describe', () => {
  it('prints one selector a line', async () => {
    const line = new CommandLine()
    expect(await line.run('describe', 'a', 'b')).toBe(0)
    expect(line.stdout.text).toBe('name:"a" type:a/b size:5\nname:"b" type:a/b size:5\n')
    expect(line.stderr.text).toBe('')
  })
})

describe('trace', () => {
  it('draws the ladder and names the lines it left out', async () => {
    const line = new CommandLine()
    expect(await line.run('trace', recording())).toBe(0)
    expect(line.stdout.text).toContain('├── INVITE (SDP ×2 files) ──')
    expect(line.stderr.text).toBe(`Line ${sampleTransfer().entries.length + 1} is left out: not JSON.\n`)
  })

  it('converts to redacted lines @req SEC-9', async () => {
    const line = new CommandLine()
    expect(await line.run('trace', recording(), '--format', 'jsonl', '--redact')).toBe(0)
    expect(line.stdout.text.split('\n')).toHaveLength(sampleTransfer().entries.length + 1)
    expect(line.stdout.text).not.toMatch(/qwertyuiop|\/srv\/alice/)
  })

  it('converts to pcapng, but not onto a terminal', async () => {
    const line = new CommandLine()
    expect(await line.run('trace', recording(), '--format', 'pcapng')).toBe(0)
    expect(line.stdout.text.slice(0, 4)).toBe('\n\r\r\n')
    const terminal = new CommandLine({}, { isTerminal: { stdin: true, stdout: true, stderr: true }, env: { TERM: 'dumb' } })
    expect(await terminal.run('trace', recording(), '--format', 'pcapng')).toBe(2)
  })

  it('says what is wrong with the file', async () => {
    expect(await new CommandLine().run('trace', join(folder, 'none'))).toBe(9)
    expect(await new CommandLine().run('trace', folder)).toBe(9)
    expect(await new CommandLine().run('trace', file('empty', 'hello\n'))).toBe(2)
  })
})

describe('demo', () => {
  it('gives back the exit code of the demo', async () => {
    expect(await new CommandLine().run('demo', '--headless')).toBe(0)
    expect(await new CommandLine().run('demo')).toBe(1)
  })
})
