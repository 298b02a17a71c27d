import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { explainConfig, type LoadConfigOptions, loadConfig } from '../../src/node/config.js'
import { ConfigError } from '../../src/node/config-error.js'
import { configFolders, storePath } from '../../src/node/config-folders.js'
import { CONFIG_KEYS, CONFIG_NAMES, flagOf, variableOf } from '../../src/node/config-keys.js'
import { tempFolder } from './temp-folder.js'

/** A home with this text as its configuration file. */
function home(text?: string, mode = 0o600): LoadConfigOptions & { readonly home: string; readonly env: Record<string, string> } {
  const folder = tempFolder()
  mkdirSync(join(folder, '.config', 'cpmft'), { recursive: true })
  if (text !== undefined) writeFileSync(join(folder, '.config', 'cpmft', 'config.toml'), text, { mode })
  return { home: folder, env: {}, platform: 'linux', folder: '/here' }
}

async function refusal(options: LoadConfigOptions): Promise<string> {
  const error = await loadConfig(options).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(ConfigError)
  return `${(error as ConfigError).message} ${(error as ConfigError).hint}`
}

const ACCOUNTS = `
default-account = "work"
[account.work]
aor = "sip:alice@example.com"
proxy = "sip:proxy.example.com"
transport = "tls"
username = "alice01"
profile = "secure"
password-command = ["printf", "s3cret\\nmore"]
[account.lab]
aor = "sip:lab@127.0.0.1"
profile = "open"
`

describe('values', () => {
  it('without any configuration are the defaults', async () => {
    const { values, accounts, notices, file } = await loadConfig(home())
    expect(values).toMatchObject({
      onConflict: 'rename',
      warnSize: 2 * 1024 * 1024,
      maxSize: 0,
      ringTimeout: 120,
      resumeTtl: 86_400,
      capabilityTtl: 86_400,
      autoAccept: false,
      displayNotifications: true,
      into: undefined,
      accept: undefined,
      profile: undefined,
      aor: undefined,
    })
    expect(accounts).toStrictEqual([])
    expect(notices).toStrictEqual([])
    expect(file).toMatch(/\.config\/cpmft\/config\.toml$/)
  })

  it('come from the command line before the environment before the file before the defaults', async () => {
    const options = home('max-size = "100MB"\nring-timeout = 60\nrelease-timer = "1m"\n')
    const env = { CPMFT_RING_TIMEOUT: '30s', CPMFT_RELEASE_TIMER: '20', CPMFT_MAX_SIZE: '' }
    const { values } = await loadConfig({ ...options, env, flags: { releaseTimer: 5 } })
    expect(values).toMatchObject({ releaseTimer: 5, ringTimeout: 30, maxSize: 100_000_000, warnSize: 2_097_152 })
  })

  it('are read in every form that is documented', async () => {
    const text = `
into = "~/Downloads"
tls-ca = "ca.pem"
tls-cert = "/etc/cert.pem"
max-size = 1500
warn-size = "1.5 GiB"
quota-total = "0"
timeout = "500ms"
resume-ttl = "7d"
capability-ttl = "2h"
ring-timeout = 1.5
auto-accept = true
accept = "known"
listen = "sip:alice@127.0.0.1:5071"
relay = "msrps://relay.example.com:2855;tcp"
`
    const options = home(text)
    const { values } = await loadConfig({ ...options, env: { CPMFT_ICONS: 'off', CPMFT_NO_COLOR: 'Yes', CPMFT_TLS_KEY: 'key.pem' } })
    expect(values).toMatchObject({
      into: join(options.home, 'Downloads'),
      tlsCa: join(options.home, '.config', 'cpmft', 'ca.pem'),
      tlsCert: '/etc/cert.pem',
      tlsKey: '/here/key.pem',
      maxSize: 1500,
      warnSize: 1_610_612_736,
      quotaTotal: 0,
      timeout: 0.5,
      resumeTtl: 604_800,
      capabilityTtl: 7200,
      ringTimeout: 1.5,
      autoAccept: true,
      accept: 'known',
      icons: false,
      noColor: true,
    })
  })

  it('have a variable and an option each, no two the same', () => {
    expect(variableOf('release-timer')).toBe('CPMFT_RELEASE_TIMER')
    expect(variableOf('quota-per-sender-day')).toBe('CPMFT_QUOTA_PER_SENDER_DAY')
    expect(variableOf('aor')).toBe('CPMFT_AS')
    expect(flagOf('aor')).toBe('--as')
    expect(new Set(CONFIG_NAMES.map(variableOf)).size).toBe(CONFIG_NAMES.length)
    for (const name of CONFIG_NAMES) expect('default' in CONFIG_KEYS[name] || 'otherwise' in CONFIG_KEYS[name], name).toBe(true)
  })
})

describe('mistakes', () => {
  it('an unknown setting is refused with line and the nearest name', async () => {
    expect(await refusal(home('# mine\nmax-sise = 5\n'))).toBe(
      '~/.config/cpmft/config.toml:2: there is no setting max-sise. Did you mean max-size?',
    )
    expect(await refusal(home('release_timer = 5'))).toContain('Did you mean release-timer?')
    expect(await refusal(home('[acount.work]\naor = "sip:a@b"'))).toBe(
      '~/.config/cpmft/config.toml:1: there is no setting acount. Did you mean account?',
    )
    expect(await refusal(home('[account.work]\n\nusrname = "a"'))).toContain(
      ':3: there is no setting usrname in [account.work]. Did you mean username?',
    )
    expect(await refusal(home('zzzzzzzz = 1'))).toContain('cpmft config --explain')
    expect(await refusal(home('proxy = "sip:a"'))).toContain('Put it into [account.NAME]')
    expect(await refusal(home('[account.a]\nmax-size = 1'))).toContain('Put it above all sections')
    expect(await refusal(home('"__proto__" = 1'))).toContain('there is no setting __proto__')
  })

  it.each([
    ['max-size = "big"', 'max-size must be a size: octets, or a text like "100MB" or "2GiB".'],
    ['max-size = -1', 'max-size must be a size'],
    ['max-size = true', 'max-size must be a size'],
    ['max-size = "9999999999TB"', 'max-size must be a size'],
    ['ring-timeout = "soon"', 'ring-timeout must be a time'],
    ['ring-timeout = nan', 'ring-timeout must be a time'],
    ['auto-accept = "yes"', 'auto-accept must be true or false.'],
    ['accept = "maybe"', 'accept must be one of "ask", "known", "all", "none".'],
    ['into = 5', 'into must be a path'],
    ['into = ""', 'into must be a path'],
    ['into = ["a"]', 'into must be a path'],
    ['listen = "alice"', 'listen must be an address'],
    ['[account.a]\naor = "sip:a b"', 'aor in [account.a] must be an address'],
    ['[account.a]\npassword-command = "pass show sip"', 'password-command in [account.a] must be a list of words'],
    ['[account.a]\npassword-command = []', 'password-command in [account.a] must be a list of words'],
    ['into = 1979-05-27', 'into must be a path'],
  ])('%s is refused with the expected form', async (text, words) => {
    const lines = text.split('\n').length
    expect(await refusal(home(text))).toContain(`~/.config/cpmft/config.toml:${lines}: ${words}`)
  })

  it('text that is no TOML is refused with its line', async () => {
    expect(await refusal(home('into = "a"\nmax-size 5\n'))).toMatch(/config\.toml:2: .*TOML/)
    expect(await refusal(home('into = "a"\ninto = "b"\n'))).toMatch(/config\.toml:2: /)
    expect(await refusal(home('[account]\nwork = 5'))).toContain('account.work must be a section')
    expect(await refusal(home('account = 5'))).toContain('account must be a section')
    expect(await refusal(home('[account."a b"]\naor = "sip:a@b"'))).toContain('is no name of an account')
  })

  it('in the environment are refused as well', async () => {
    expect(await refusal({ ...home(), env: { CPMFT_MAX_SIZE: 'big' } })).toBe(
      'CPMFT_MAX_SIZE must be a size: octets, or a text like "100MB" or "2GiB". Correct it, or unset it.',
    )
    expect(await refusal({ ...home(), env: { CPMFT_RELEASE_TIMR: '5' } })).toBe(
      'There is no variable CPMFT_RELEASE_TIMR. Did you mean CPMFT_RELEASE_TIMER?',
    )
    await loadConfig({ ...home(), env: { CPMFT_SOMETHING_ELSE_ALTOGETHER: '1', PATH: '/bin' } })
  })

  it('a file that was named must be there, and be of a sane size', async () => {
    const options = home()
    expect(await refusal({ ...options, file: join(options.home, 'none.toml') })).toBe('There is no file ~/none.toml. Check --config.')
    expect(await refusal({ ...options, env: { CPMFT_CONFIG: join(options.home, 'none.toml') } })).toContain('There is no file')
    expect(await refusal({ ...options, file: options.home })).toContain('cannot be read (EISDIR)')
    expect(await refusal(home('#'.repeat(1024 * 1024 + 1)))).toContain('too long')
  })
})

describe('accounts', () => {
  it('the default account fills in who we are, with the transport in its proxy', async () => {
    const { values, accounts } = await loadConfig(home(ACCOUNTS))
    expect(values).toMatchObject({
      account: 'work',
      aor: 'sip:alice@example.com',
      proxy: 'sip:proxy.example.com;transport=tls',
      username: 'alice01',
      profile: 'secure',
    })
    expect(accounts).toStrictEqual(['work', 'lab'])
  })

  it('another one is chosen by --account, then CPMFT_ACCOUNT; the only one needs no choosing', async () => {
    const options = home(ACCOUNTS)
    expect((await loadConfig({ ...options, env: { CPMFT_ACCOUNT: 'lab' } })).values).toMatchObject({
      account: 'lab',
      profile: 'open',
      proxy: undefined,
    })
    expect((await loadConfig({ ...options, env: { CPMFT_ACCOUNT: 'lab' }, flags: { account: 'work' } })).values.account).toBe('work')
    expect((await loadConfig(home('[account.one]\naor = "sip:a@b.example"'))).values).toMatchObject({
      account: 'one',
      aor: 'sip:a@b.example',
    })
    expect((await loadConfig(home(ACCOUNTS.replace('default-account = "work"', '')))).values).toMatchObject({
      account: undefined,
      aor: undefined,
    })
    expect(await refusal({ ...options, flags: { account: 'wrok' } })).toBe('There is no account "wrok" (--account). Did you mean work?')
    expect(await refusal(home('default-account = "x"'))).toContain(
      'There is no account "x" (config.toml:1). Add one with cpmft account add.',
    )
  })

  it('another address on the command line does not go out with the proxy and password of the account', async () => {
    const options = home(ACCOUNTS)
    const other = await loadConfig({ ...options, flags: { aor: 'sip:eve@example.net' } })
    expect(other.values).toMatchObject({ account: undefined, proxy: undefined, username: undefined })
    expect(await other.password()).toBeUndefined()
    expect((await loadConfig({ ...options, env: { CPMFT_AS: 'sip:alice@example.com' } })).values.username).toBe('alice01')
    expect((await loadConfig({ ...options, flags: { aor: 'sip:eve@example.net', account: 'work' } })).values).toMatchObject({
      aor: 'sip:eve@example.net',
      username: 'alice01',
    })
  })
})

describe('the password', () => {
  it('comes from --password-file, CPMFT_PASSWORD, CPMFT_PASSWORD_FILE, then the account', async () => {
    const options = home(ACCOUNTS)
    writeFileSync(join(options.home, 'secret'), 'from file\nrest', { mode: 0o600 })
    const passwordFile = join(options.home, 'secret')
    const env = { CPMFT_PASSWORD: 'from env' }
    expect(await (await loadConfig({ ...options, env, flags: { passwordFile } })).password()).toBe('from file')
    expect(await (await loadConfig({ ...options, env: { ...env, CPMFT_PASSWORD_FILE: passwordFile } })).password()).toBe('from env')
    expect(await (await loadConfig({ ...options, env: { CPMFT_PASSWORD_FILE: passwordFile } })).password()).toBe('from file')
    expect(await (await loadConfig(options)).password()).toBe('s3cret')
    expect(await (await loadConfig(home())).password()).toBeUndefined()
  })

  it('may stand in a file that nobody else can read, with a warning, and in no other', async () => {
    const text = '[account.work]\naor = "sip:a@example.com"\npassword = "s3cret"\n'
    const config = await loadConfig(home(text))
    expect(await config.password()).toBe('s3cret')
    expect(config.notices).toHaveLength(1)
    expect(config.notices[0]).toContain('password-command')
    expect(config.notices.join()).not.toContain('s3cret')
    if (process.platform === 'win32') return
    const open = home(text)
    chmodSync(join(open.home, '.config', 'cpmft', 'config.toml'), 0o640)
    const words = await refusal(open)
    expect(words).toContain('chmod 600 ~/.config/cpmft/config.toml')
    expect(words).not.toContain('s3cret')
  })

  it('that cannot be had is an error that tells why and nothing else', async () => {
    const account = (line: string): LoadConfigOptions => home(`[account.work]\naor = "sip:a@example.com"\n${line}`)
    const failing = async (line: string): Promise<string> => {
      const config = await loadConfig(account(line))
      return config.password().then(
        () => 'no error',
        (error: unknown) => (error instanceof ConfigError ? error.message : 'another error'),
      )
    }
    expect(await failing('password-file = "none"')).toBe('The password file cannot be read (ENOENT).')
    expect(await failing('password-file = "/dev/zero"')).toBe('The password file is too long.')
    expect(await failing('password-file = "/dev/null"')).toBe('The password file gives no password.')
    expect(await failing('password-command = ["no-such-program-here"]')).toBe('The password command failed (no-such-program-here: ENOENT).')
    expect(await failing('password-command = ["sh", "-c", "echo s3cret; echo s3cret >&2; exit 3"]')).toBe(
      'The password command failed (sh: 3).',
    )
    expect(await failing('password-command = ["true"]')).toBe('The password command gives no password.')
    expect(await failing('password-command = ["printf", "%s", "$HOME; x"]')).toBe('no error')
  })
})

describe('the explanation', () => {
  it('gives each value and its source', async () => {
    const options = home(`max-size = "1MB"\n${ACCOUNTS}`)
    const config = await loadConfig({ ...options, env: { CPMFT_RING_TIMEOUT: '5' }, flags: { into: '/tmp' } })
    const rows = new Map(explainConfig(config).map(({ name, value, source }) => [name, `${value} | ${source}`]))
    expect(rows.get('into')).toBe('/tmp | --into')
    expect(rows.get('ring-timeout')).toBe('5 | CPMFT_RING_TIMEOUT')
    expect(rows.get('max-size')).toBe('1000000 | config.toml:1')
    expect(rows.get('warn-size')).toBe('2097152 | default')
    expect(rows.get('accept')).toBe(' | ask at a terminal, none elsewhere')
    expect(rows.get('account')).toBe('work | config.toml:3')
    expect(rows.get('aor')).toBe('sip:alice@example.com | config.toml:5')
    expect(rows.get('password')).toBe('(hidden) | config.toml:10')
    expect(rows.size).toBe(CONFIG_NAMES.length + 1)
  })

  it('and the configuration itself show no password', async () => {
    const text = '[account.work]\naor = "sip:a:s3cret@example.com"\nproxy = "sip:x:s3cret@proxy.example.com"\npassword = "s3cret"\n'
    const config = await loadConfig(home(text))
    expect(JSON.stringify(explainConfig(config))).not.toContain('s3cret')
    expect(JSON.stringify(explainConfig(config))).toContain('sip:a:(hidden)@example.com')
    const env = await loadConfig({ ...home(), env: { CPMFT_PASSWORD: 's3cret' } })
    expect(JSON.stringify(env)).not.toContain('s3cret')
  })
})

describe('folders', () => {
  it('follow XDG where it is absolute, else the platform', () => {
    const place = { env: {}, home: '/h/bob', platform: 'linux' } as const
    expect(configFolders(place)).toStrictEqual({
      config: '/h/bob/.config/cpmft',
      state: '/h/bob/.local/state/cpmft',
      cache: '/h/bob/.cache/cpmft',
    })
    expect(storePath(place)).toBe('/h/bob/.local/state/cpmft/store.sqlite')
    const env = { XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/k' }
    expect(configFolders({ ...place, env })).toStrictEqual({ config: '/c/cpmft', state: '/s/cpmft', cache: '/k/cpmft' })
    expect(configFolders({ ...place, env: { XDG_CONFIG_HOME: 'relative', XDG_STATE_HOME: '' } })).toStrictEqual(configFolders(place))
    expect(configFolders({ ...place, platform: 'darwin', env }).state).toBe('/s/cpmft')
    expect(configFolders({ env: { HOME: '/h/eve' }, platform: 'linux' }).config).toBe('/h/eve/.config/cpmft')
  })
})

describe('the page on configuration', () => {
  const page = readFileSync(new URL('../../docs/how-to/configuration.md', import.meta.url), 'utf8')

  it('names every setting with its variable and meaning', () => {
    for (const name of CONFIG_NAMES) {
      const row = page.split('\n').find(line => line.includes(`| \`${variableOf(name)}\` |`))
      expect(row, name).toContain(CONFIG_KEYS[name].about)
      expect(row).toContain(name === 'account' ? '`default-account`' : `\`${name}\``)
    }
  })

  it('has an example that works', async () => {
    const example = page.split('```toml\n')[1]?.split('```')[0] ?? ''
    const { values, accounts } = await loadConfig(home(example))
    expect(accounts).toStrictEqual(['work', 'lab'])
    expect(values).toMatchObject({ maxSize: 2 ** 31, quotaPerSenderDay: 5e9, proxy: 'sip:proxy.example.com;transport=tls' })
  })
})
