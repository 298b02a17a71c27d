import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { COMPLETION_SCRIPTS } from '../../src/cli/completion-scripts.js'
import { TempFolder } from '../kit/temp-folder.js'
import { CommandLine } from './command-line.js'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
/** First words of the candidates. */
const complete = async (line: CommandLine, ...words: string[]): Promise<string[]> => {
  line.stdout.text = ''
  expect(await line.run('complete', '--', ...words)).toBe(0)
  expect(line.stderr.text).toBe('')
  return line.stdout.text
    .split('\n')
    .filter(text => text !== '')
    .map(text => text.split('\t')[0] as string)
}

describe('completion', () => {
  it('knows commands, options, choices and files at their places', async () => {
    const line = new CommandLine()
    expect(await complete(line, 're')).toEqual(expect.arrayContaining(['receive', 'resume', 'retry']))
    expect(await complete(line, '')).not.toContain('complete')
    expect(await complete(line, '--json', '--config', 'x', 'rec')).toEqual(['receive'])
    expect(await complete(line, 'send', '--tls')).toEqual(['--tls-ca', '--tls-cert', '--tls-key'])
    expect(await complete(line, 'send', '--ver')).toEqual(expect.arrayContaining(['--verbose']))
    expect(await complete(line, 'receive', '--accept', '')).toEqual(expect.arrayContaining(['ask', 'all', 'none']))
    expect(await complete(line, 'receive', '--profile=s')).toEqual(['--profile=secure'])
    expect(await complete(line, 'send', 'a', 'b')).toEqual([':file'])
    expect(await complete(line, 'send', '--', '-')).toEqual([':file'])
    expect(await complete(line, 'rx', '--into', '')).toEqual([':folder'])
    expect(await complete(line, 'account', '')).toEqual(expect.arrayContaining(['add', 'list', 'use', 'remove']))
    expect(await complete(line, 'completion', 'z')).toEqual(['zsh'])
    expect(await complete(line, 'send', '--subject', '')).toEqual([])
    expect(await complete(line, 'nothing', 'here')).toEqual([])
    expect(await complete(line, 'help', 's')).toEqual(expect.arrayContaining(['send', 'settings']))
  })

  it('knows contacts, peers, transfers and nothing that would act on a terminal', async () => {
    const line = new CommandLine()
    for (const uri of ['sip:bob@example.org', 'sip:\x1b[31m@x'])
      await line.store.saveContact({ uri, name: 'Bob', trusted: false, added: 1 })
    await line.store.saveTransfer({
      id: '7Q2F',
      direction: 'sent',
      kind: 'push',
      account: 'sip:a@b',
      peer: 'sip:carol@example.org',
      peerName: undefined,
      subject: undefined,
      conversationId: undefined,
      started: 1,
      ended: 2,
      files: [],
    })
    expect(await complete(line, 'send', 'f', '--to', 'sip:')).toEqual(['sip:bob@example.org', 'sip:carol@example.org'])
    expect(await complete(line, 'contacts', 'trust', 'sip:b')).toEqual(['sip:bob@example.org'])
    expect(await complete(line, 'resume', '')).toEqual(['7Q2F'])
  })

  it('is silent when nothing can be remembered', async () => {
    const line = new CommandLine({}, { openStore: async () => Promise.reject(new Error('no')) })
    expect(await complete(line, 'send', '--to', '')).toEqual([])
  })

  it('has a script for three shells, and refuses others', async () => {
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      const line = new CommandLine()
      expect(await line.run('completion', shell)).toBe(0)
      expect(line.stdout.text).toBe(COMPLETION_SCRIPTS[shell])
      if (spawnSync(shell, ['-c', 'true']).status === 0) expect(spawnSync(shell, ['-n'], { input: line.stdout.text }).status).toBe(0)
    }
    expect(await new CommandLine().run('completion', 'tcsh')).toBe(2)
  })
})

describe('completion in bash', () => {
  let folder: TempFolder
  beforeEach(() => {
    folder = new TempFolder()
    mkdirSync(folder.join('bin'))
    symlinkSync(MAIN, folder.join('bin/cpmft'))
    chmodSync(MAIN, 0o755)
  })
  afterEach(() => folder.remove())

  it('completes commands, addresses with their colons, and files', context => {
    if (spawnSync('bash', ['-c', 'true']).status !== 0) return context.skip('bash is not installed')
    folder.file('plan one.pdf', '')
    const script = `
source <(cpmft completion bash)
try() {
  COMP_LINE=$1 COMP_POINT=\${#1}; shift
  COMP_WORDS=("$@") COMP_CWORD=$(( $# - 1 ))
  _cpmft 2>/dev/null
  printf '%s|' "\${COMPREPLY[@]}"; echo
}
cpmft contacts add sip:bob@example.org >/dev/null
try 'cpmft rec' cpmft rec
try 'cpmft send f --to sip:b' cpmft send f --to sip : b
try 'cpmft send f --profile=s' cpmft send f --profile = s
try 'cpmft send pl' cpmft send pl
`
    const env = {
      ...process.env,
      PATH: `${folder.join('bin')}:${process.env['PATH'] ?? ''}`,
      XDG_CONFIG_HOME: folder.path,
      XDG_STATE_HOME: folder.path,
    }
    const output = execFileSync('bash', ['--noprofile', '--norc', '-c', script], { env, cwd: folder.path, encoding: 'utf8' })
    expect(output.trim().split('\n')).toEqual(['receive|', 'bob@example.org|', 'secure|', 'plan one.pdf|'])
  })
})
