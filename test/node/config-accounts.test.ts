import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/node/config.js'
import { listAccounts, removeAccount, setAccount, useAccount } from '../../src/node/config-accounts.js'
import { tempFolder } from './temp-folder.js'

interface Place {
  readonly home: string
  readonly env: Record<string, string>
  readonly platform: 'linux'
  readonly path: string
}

function place(text?: string): Place {
  const home = tempFolder()
  const path = join(home, '.config', 'cpmft', 'config.toml')
  if (text !== undefined) {
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, text, { mode: 0o600 })
  }
  return { home, env: {}, platform: 'linux', path }
}

const read = ({ path }: Place): string => readFileSync(path, 'utf8')

const FILE = `# My settings
into = "~/in" # where it goes

# at work
[account.work]
aor = "sip:alice@example.com" # me
proxy = "sip:proxy.example.com"

# in the lab
[account.lab]
aor = "sip:lab@127.0.0.1"
# the end
`

describe('accounts in the file', () => {
  it('the first one makes folder and file, for the owner only', async () => {
    const options = place()
    await setAccount(
      'work',
      {
        aor: 'sip:alice@example.com',
        displayName: 'Alice "A" Reed',
        proxy: 'sip:proxy.example.com',
        transport: 'tls',
        passwordCommand: ['secret-tool', 'lookup', 'service', 'cpmft'],
      },
      options,
    )
    if (process.platform !== 'win32') {
      expect(statSync(options.path).mode & 0o777).toBe(0o600)
      expect(statSync(join(options.path, '..')).mode & 0o777).toBe(0o700)
    }
    expect((await loadConfig(options)).values).toMatchObject({
      account: 'work',
      displayName: 'Alice "A" Reed',
      proxy: 'sip:proxy.example.com;transport=tls',
      passwordCommand: ['secret-tool', 'lookup', 'service', 'cpmft'],
    })
    expect(readdirSync(join(options.path, '..'))).toStrictEqual(['config.toml'])
  })

  it('adding, replacing, choosing and removing leave the rest as it is, with its comments', async () => {
    const options = place(FILE)
    await setAccount('home', { aor: 'sip:alice@home.example' }, options)
    expect(read(options)).toBe(`${FILE}\n[account.home]\naor = "sip:alice@home.example"\n`)
    await setAccount('work', { aor: 'sip:alice@work.example', username: 'al' }, options)
    expect(read(options)).toContain(
      '# at work\n[account.work]\naor = "sip:alice@work.example"\nusername = "al"\n\n# in the lab\n[account.lab]\n',
    )
    await useAccount('lab', options)
    expect(read(options)).toMatch(/^# My settings\ndefault-account = "lab"\ninto = "~\/in" # where it goes\n/)
    await useAccount('home', options)
    expect(read(options).match(/default-account/g)).toHaveLength(1)
    expect((await loadConfig(options)).values.aor).toBe('sip:alice@home.example')
    expect(await removeAccount('home', options)).toBe(true)
    expect(read(options)).not.toContain('default-account')
    expect(await removeAccount('work', options)).toBe(true)
    expect(await removeAccount('work', options)).toBe(false)
    expect(read(options)).toContain('# the end')
    expect((await loadConfig(options)).accounts).toStrictEqual(['lab'])
    expect(await removeAccount('lab', options)).toBe(true)
    expect(read(options)).not.toContain('Written by cpmft')
    expect((await loadConfig(options)).accounts).toStrictEqual([])
  })

  it('are listed without their passwords', async () => {
    const options = place(
      'default-account = "b"\n[account.a]\naor = "sip:a@x.example"\n[account.b]\naor = "sip:b@x.example"\npassword = "s3cret"\n',
    )
    const listed = await listAccounts(options)
    expect(listed.map(({ name, aor, chosen, password }) => [name, aor, chosen, password])).toStrictEqual([
      ['a', 'sip:a@x.example', false, undefined],
      ['b', 'sip:b@x.example', true, 'configuration'],
    ])
    expect(JSON.stringify(listed)).not.toContain('s3cret')
    expect(await listAccounts(place())).toStrictEqual([])
  })

  it('a file written in an unusual way keeps its values and says that its comments are gone', async () => {
    const options = place('# lost\naccount.work.aor = "sip:a@x.example"\ninto = """\n[account.work]\n"""\n')
    await setAccount('work', { aor: 'sip:b@x.example' }, options)
    const text = read(options)
    expect(text).toMatch(/^# Written by cpmft\. Comments/)
    expect(text).not.toContain('# lost')
    expect((await loadConfig(options)).values.aor).toBe('sip:b@x.example')
    expect((await loadConfig(options)).values.into).toContain('[account.work]')
  })

  it('a file that is not understood is not written over', async () => {
    for (const text of ['max-sise = 5\n', 'nonsense']) {
      const options = place(text)
      await expect(setAccount('work', { aor: 'sip:a@x.example' }, options)).rejects.toMatchObject({ code: 'config' })
      expect(read(options)).toBe(text)
    }
  })

  it('bad names and values are refused before anything is written', async () => {
    const options = place()
    for (const name of ['', 'a b', 'a]', '"', '__proto__', 'a'.repeat(65), 'a.b', 'ä'])
      await expect(setAccount(name, { aor: 'sip:a@x.example' }, options)).rejects.toMatchObject({ code: 'config' })
    await expect(setAccount('work', { aor: 'alice' }, options)).rejects.toMatchObject({ code: 'config' })
    await expect(useAccount('work', options)).rejects.toMatchObject({ code: 'config' })
    expect(await removeAccount('work', options)).toBe(false)
    expect(existsSync(options.path)).toBe(false)
  })

  it('a link to the file stays a link', async () => {
    if (process.platform === 'win32') return
    const options = place()
    const real = join(options.home, 'dotfiles.toml')
    writeFileSync(real, '# mine\n', { mode: 0o644 })
    mkdirSync(join(options.path, '..'), { recursive: true })
    symlinkSync(real, options.path)
    await setAccount('work', { aor: 'sip:a@x.example', password: 's3cret' }, options)
    expect(lstatSync(options.path).isSymbolicLink()).toBe(true)
    expect(readFileSync(real, 'utf8')).toContain('# mine')
    expect(statSync(real).mode & 0o777).toBe(0o600)
    expect(await (await loadConfig(options)).password()).toBe('s3cret')
  })

  it('says shortly why it cannot write', async () => {
    const options = place()
    writeFileSync(join(options.home, '.config'), '')
    await expect(setAccount('work', { aor: 'sip:a@x.example' }, options)).rejects.toMatchObject({
      message: expect.stringMatching(/^~\/\.config\/cpmft\/config\.toml cannot be (?:written|read) \(\w+\)\.$/),
    })
  })
})
