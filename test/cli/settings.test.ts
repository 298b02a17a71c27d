import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Command } from 'commander'
import { CONFIG_KEYS, type ConfigKey, flagOf } from '../../src/node/config-keys.js'
import { makeCertificates } from '../../src/node/dev-certificates.js'
import { addAccountOptions } from '../../src/cli/commands/add-account-options.js'
import { CpmftError } from '../../src/client/errors.js'
import { TempFolder } from '../kit/temp-folder.js'
import { CommandLine, TERMINAL } from './command-line.js'

let home: TempFolder
const TO = ['--to', 'sip:bob@example.org']
beforeEach(() => {
  home = new TempFolder()
})
afterEach(() => home.remove())

/** A command line of somebody with this configuration. */
const line = (config: string, env: Record<string, string> = {}, more: object = {}): CommandLine => {
  mkdirSync(join(home.path, '.config', 'cpmft'), { recursive: true })
  if (config !== '') writeFileSync(configPath(), config, { mode: 0o600 })
  return new CommandLine({}, { home: home.path, env, ...more })
}
const configPath = (): string => join(home.path, '.config', 'cpmft', 'config.toml')

describe('settings of a command', () => {
  it('flags count before variables, those before the file, and defaults are left to the client', async () => {
    const config = 'chunk-size = "64KiB"\nring-timeout = "1m"\nquota-total = "5GB"\nmax-size = 0\nwarn-size = "1MB"\n'
    const sender = line(config, { CPMFT_CHUNK_SIZE: '32KiB', CPMFT_RING_TIMEOUT: '90' })
    expect(await sender.run('send', 'a', ...TO, '--chunk-size', '16KiB', '--profile', 'open', '--allow-private')).toBe(0)
    expect(sender.clientOptions).toEqual([
      {
        aor: 'sip:tester@here',
        chunkSize: 16_384,
        ringTimeout: 90,
        warnSize: 1_000_000,
        quota: { total: 5e9 },
        profile: 'open',
        allowPrivate: true,
        releaseTimer: 0,
        reach: 'sip:bob@example.org',
      },
    ])
  })

  it('the chosen account gives address, proxy and password; --account chooses another one', async () => {
    const config = `default-account = "work"
[account.work]
aor = "sip:alice@work.example"
proxy = "sip:work.example"
transport = "tls"
display-name = "Alice"
relay = "msrps://relay.work.example:2855;tcp"
[account.lab]
aor = "sip:al@lab.example"
proxy = "sip:lab.example"
password = "from file"
`
    const work = line(config, { CPMFT_PASSWORD: 'x' })
    expect(await work.run('send', 'a', ...TO)).toBe(0)
    expect(work.clientOptions[0]).toMatchObject({
      aor: 'sip:alice@work.example',
      proxy: 'sip:work.example;transport=tls',
      displayName: 'Alice',
      password: 'x',
      relay: { uri: 'msrps://relay.work.example:2855;tcp' },
    })
    const lab = line('')
    expect(await lab.run('--account', 'lab', 'send', 'a', ...TO)).toBe(0)
    expect(lab.clientOptions[0]).toMatchObject({ aor: 'sip:al@lab.example', proxy: 'sip:lab.example', password: 'from file' })
    expect(lab.stderr.text).not.toContain('from file')
    expect(await line('').run('--account', 'nobody', 'send', 'a', ...TO)).toBe(2)
  })

  it('takes another file by --config, a timeout and no colours from it; a mistake in it ends with 2', async () => {
    const other = home.file('other.toml', 'no-color = true\nrelease-timer = 5\n')
    const sender = line('max-sise = 5\n', { FORCE_COLOR: '1' })
    expect(await sender.run('--config', other, '-q', 'send', 'a', ...TO)).toBe(0)
    expect(sender.clientOptions[0]).toMatchObject({ releaseTimer: 5 })
    expect(await sender.run('send', 'a', ...TO, '--json')).toBe(2)
    expect(sender.events[0]).toMatchObject({ event: 'error', error: { code: 'config' }, exit: 2 })
    expect(JSON.stringify(sender.events[0])).toContain('max-size')
    expect(await line('').run('--config', home.join('none.toml'), 'send', 'a', ...TO)).toBe(2)
  })

  it('every flag of clients is a key of the configuration, with the same choices', () => {
    const command = addAccountOptions(new Command())
    for (const option of command.options.filter(({ long }) => long !== '--no-store')) {
      const found = Object.entries(CONFIG_KEYS).find(([name]) => flagOf(name as 'aor') === option.long)
      expect(found, option.long).toBeDefined()
      const kind = (found?.[1] as ConfigKey | undefined)?.kind
      expect(option.argChoices, option.long).toEqual(typeof kind === 'object' ? kind : undefined)
    }
  })

  it('listening with TLS needs certificate and key, PEM files that can be read @req SEC-7', async () => {
    const paths = await makeCertificates({ into: home.join('certs'), names: ['localhost'] })
    const listen = ['receive', '--accept', 'all', '--profile', 'secure', '--listen', 'sip:bob@127.0.0.1:5061', '--into', home.path]
    const without = line('')
    expect(await without.run(...listen)).toBe(2)
    expect(without.stderr.text).toContain('Listening with TLS needs a certificate. Give --tls-cert and --tls-key; cpmft cert makes a pair')
    for (const args of [
      ['--tls-cert', paths.cert],
      ['--tls-key', paths.key],
      ['--tls-cert', paths.cert, '--tls-key', home.join('none')],
      ['--tls-cert', paths.cert, '--tls-key', home.file('text', 'hello')],
    ])
      expect(await line('').run(...listen, ...args)).toBe(2)
    const sender = line('')
    expect(await sender.run('send', 'a', ...TO, '--tls-ca', paths.ca, '--tls-cert', paths.cert, '--tls-key', paths.key)).toBe(0)
    expect(String((sender.clientOptions[0] as { tls?: { ca?: Uint8Array } }).tls?.ca)).toContain('BEGIN CERTIFICATE')
  })
})

describe('config', () => {
  it('tells what was set and where, explains the rest, and hides passwords', async () => {
    const config = 'into = "~/in"\n[account.a]\naor = "sip:a:secret@b.example"\npassword = "s3cret"\n'
    const short = line(config, { CPMFT_LISTEN: 'sip:0.0.0.0:5060' })
    expect(await short.run('config')).toBe(0)
    expect(short.stdout.text).toMatch(/^into +\S+\/in +config\.toml:1$/m)
    expect(short.stdout.text).toMatch(/^listen +sip:0\.0\.0\.0:5060 +CPMFT_LISTEN$/m)
    expect(short.stdout.text).not.toContain('chunk-size')
    const long = line('')
    expect(await long.run('config', '--explain')).toBe(0)
    expect(long.stdout.text).toMatch(/^chunk-size +4 MiB, up to 15 MiB to fast peers$/m)
    expect(long.stdout.text + short.stdout.text).not.toMatch(/s3cret|:secret/)
    const path = line('')
    expect(await path.run('config', '--path')).toBe(0)
    expect(path.stdout.text).toBe(`${configPath()}\n`)
    const json = line('')
    await json.run('config', '--json')
    expect(json.events).toContainEqual(expect.objectContaining({ event: 'setting', name: 'password', value: '(hidden)' }))
  })
})

describe('account', () => {
  const ADD = ['account', 'add', 'work', '--as', 'sip:alice@example.org', '--proxy', 'sip:proxy.example.org']

  it('is added after it registered, its password in a file of the owner, and listed, chosen, removed', async () => {
    const one = line('', { CPMFT_PASSWORD: 's3cret' })
    expect(await one.run(...ADD, '--transport', 'tls')).toBe(0)
    expect(one.clientOptions).toEqual([{ aor: 'sip:alice@example.org', proxy: 'sip:proxy.example.org;transport=tls', password: 's3cret' }])
    expect(one.client?.closed).toBe(1)
    const password = join(home.path, '.config', 'cpmft', 'work.password')
    expect(readFileSync(password, 'utf8')).toBe('s3cret\n')
    expect(statSync(password).mode & 0o777).toBe(0o600)
    expect(one.stdout.text + one.stderr.text + readFileSync(configPath(), 'utf8')).not.toContain('s3cret')
    const sender = line('')
    expect(await sender.run('send', 'a', ...TO)).toBe(0)
    expect(sender.clientOptions[0]).toMatchObject({ aor: 'sip:alice@example.org', password: 's3cret' })

    expect(await line('').run('account', 'add', '--as', 'sip:al@lab.example', '--no-check')).toBe(0)
    expect(await line('').run('account', 'use', 'lab-example')).toBe(0)
    const listed = line('')
    expect(await listed.run('account')).toBe(0)
    expect(listed.stdout.text).toBe(
      '  work  sip:alice@example.org  sip:proxy.example.org  tls\n* lab-example  sip:al@lab.example  sip:lab.example\n',
    )
    expect(await line('').run('account', 'remove', 'work')).toBe(0)
    expect(() => statSync(password)).toThrow('ENOENT')
    expect(await line('').run('account', 'remove', 'work')).toBe(2)
    expect(await line('').run('account', 'use', 'work')).toBe(2)
  })

  it('is not written when registering fails, or when there is one already', async () => {
    const ready = Promise.reject(new CpmftError('auth-failed', undefined, 403))
    ready.catch(() => {})
    mkdirSync(join(home.path, '.config', 'cpmft'), { recursive: true })
    const failing = new CommandLine({ ready }, { home: home.path, env: { CPMFT_PASSWORD: 'x' } })
    expect(await failing.run(...ADD)).toBe(6)
    expect(() => statSync(configPath())).toThrow('ENOENT')
    expect(await line('').run(...ADD, '--no-check')).toBe(0)
    expect(await line('').run(...ADD, '--no-check')).toBe(2)
    expect(await line('').run(...ADD, '--no-check', '--replace')).toBe(0)
  })

  it('asks for what is missing at a terminal, and only there', async () => {
    const asked: string[] = []
    const answers = {
      ...TERMINAL,
      askText: async (message: string, usual?: string) => {
        asked.push(message)
        return usual ?? 'sip:carol@example.org'
      },
      askPassword: async () => '',
    }
    const person = line('', {}, answers)
    expect(await person.run('account', 'add')).toBe(0)
    expect(asked).toHaveLength(2)
    expect(readFileSync(configPath(), 'utf8')).toBe('[account.example-org]\naor = "sip:carol@example.org"\nproxy = "sip:example.org"\n')
    expect(await line('').run('account', 'add')).toBe(2)
  })
})

describe('contacts', () => {
  it('are added, trusted, listed and removed', async () => {
    const person = line('')
    expect(await person.run('contacts', 'add', 'bob@example.org', '--name', 'Bob')).toBe(0)
    expect(await person.run('contacts', 'trust', 'sip:bob@EXAMPLE.org')).toBe(0)
    expect(await person.store.contacts()).toEqual([{ uri: 'sip:bob@example.org', name: 'Bob', trusted: true, added: 1_700_000_000_000 }])
    expect(person.stderr.text).toContain('auto-accept = true')
    expect(await person.run('contacts', 'untrust', 'sip:bob@example.org')).toBe(0)
    person.stdout.text = ''
    expect(await person.run('contacts')).toBe(0)
    expect(person.stdout.text).toBe('sip:bob@example.org  Bob\n')
    expect(await person.run('contacts', 'remove', 'sip:bob@example.org')).toBe(0)
    expect(await person.run('contacts', 'trust', 'sip:bob@example.org')).toBe(2)
    expect(await person.run('contacts', 'add', 'not an address')).toBe(2)
    expect(await person.store.contacts()).toEqual([])
  })
})

describe('cert', () => {
  it('makes a certificate with its authority, says what to type, and overwrites nothing', async () => {
    const folder = home.join('certs')
    const maker = line('')
    expect(await maker.run('cert', 'bob.example.org', '192.0.2.1', '--into', folder, '--days', '2')).toBe(0)
    const [cert, key, ca] = maker.stdout.text.trim().split('\n') as [string, string, string]
    expect(cert).toBe(join(folder, 'bob.example.org.pem'))
    expect(statSync(key).mode & 0o777).toBe(0o600)
    expect(readFileSync(ca, 'utf8')).toContain('BEGIN CERTIFICATE')
    expect(maker.stderr.text).toContain("cpmft receive --profile secure --listen 'sip:you@bob.example.org:5061;transport=tls'")
    expect(await maker.run('cert', 'bob.example.org', '--into', folder)).toBe(2)
    expect(await maker.run('cert', 'carol.example.org', '--into', folder)).toBe(0)
    expect(await maker.run('cert', 'a b', '--into', folder)).toBe(2)
    expect(await maker.run('cert', 'x', '--days', '0', '--into', folder)).toBe(2)
  })
})
