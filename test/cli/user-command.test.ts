import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { User } from '../../src/server/database.js'
import { openServerDatabase, serverDatabasePath } from '../../src/server/open-server-database.js'
import { TempFolder } from '../kit/temp-folder.js'
import { CommandLine, TERMINAL } from './command-line.js'

let home: TempFolder
beforeEach(() => {
  home = new TempFolder()
})
afterEach(() => home.remove())

const NOW = 1_700_000_000_000
const md5 = (text: string): string => createHash('md5').update(text).digest('hex')
const line = (env: Record<string, string> = {}, more: object = {}): CommandLine =>
  new CommandLine({}, { home: home.path, env: { HOME: home.path, ...env }, ...more })
const usersIn = async (folder: string): Promise<User[]> => {
  const database = await openServerDatabase(serverDatabasePath(folder))
  try {
    return await database.users.list()
  } finally {
    await database.close()
  }
}

/** A terminal at which these answers are typed. */
const typing = (...answers: (string | undefined)[]): { asked: string[]; more: object } => {
  const asked: string[] = []
  const askPassword = async (message: string): Promise<string | undefined> => {
    asked.push(message)
    return answers[asked.length - 1]
  }
  return { asked, more: { ...TERMINAL, askPassword } }
}

describe('cpmft user', () => {
  it('adds users with hashes in place of their passwords, where the server looks for them', async () => {
    const admin = line({ CPMFT_PASSWORD: 's3cret' })
    expect(await admin.run('user', 'add', 'alice@Example.org', '--name', 'Alice Reed')).toBe(0)
    expect(admin.stderr.text).toBe('Added        sip:alice@example.org  Alice Reed\n')
    expect(admin.stdout.text).toBe('')
    const [alice] = await usersIn(home.join('.local/state/cpmft/server'))
    expect(alice).toMatchObject({ aor: 'sip:alice@example.org', username: 'alice', realm: 'example.org', created: NOW })
    expect(alice?.ha1.md5).toBe(md5('alice:example.org:s3cret'))
    expect(JSON.stringify(alice)).not.toContain('s3cret')
    const state = line({ CPMFT_PASSWORD: 'x', XDG_STATE_HOME: home.join('s') })
    expect(await state.run('user', 'add', 'sip:bob@example.org', '--username', 'b', '--realm', 'home')).toBe(0)
    expect(await usersIn(home.join('s/cpmft/server'))).toMatchObject([{ aor: 'sip:bob@example.org', username: 'b', realm: 'home' }])
  })

  it('takes folder and realm of the server that is configured', async () => {
    const admin = line({ CPMFT_PASSWORD: 'x', CPMFT_SERVER_DATA: home.join('env'), CPMFT_SERVER_DOMAIN: 'first.example,second.example' })
    expect(await admin.run('user', 'add', 'sip:bob@second.example')).toBe(0)
    expect(await usersIn(home.join('env'))).toMatchObject([{ aor: 'sip:bob@second.example', realm: 'first.example' }])
  })

  it('lists, replaces and removes', async () => {
    const data = ['--data', home.join('data')]
    const admin = line({ CPMFT_PASSWORD: 'x' })
    expect(await admin.run('user', 'add', 'sip:bob@example.org', ...data)).toBe(0)
    expect(await admin.run('user', 'add', 'sip:alice@example.org', '--username', 'a', '--name', 'A\x07', ...data)).toBe(0)
    expect(await admin.run('user', 'add', 'sip:bob@example.org', ...data)).toBe(2)
    expect(admin.stderr.text).toContain('There is a user sip:bob@example.org already.')
    expect(await admin.run('user', 'add', 'sip:mallory@example.org', '--username', 'bob', ...data)).toBe(2)
    expect(admin.stderr.text).toContain('belongs to sip:bob@example.org already')
    expect(await admin.run('user', 'add', 'sip:bob@example.org', '--name', 'Bob', '--replace', ...data)).toBe(0)
    const shown = line()
    expect(await shown.run('user', ...data)).toBe(0)
    expect(shown.stdout.text).toBe('sip:alice@example.org  A\\x07  as a\nsip:bob@example.org  Bob\n')
    const events = line()
    expect(await events.run('user', 'list', '--json', ...data)).toBe(0)
    expect(events.events).toMatchObject([
      { event: 'user', aor: 'sip:alice@example.org', username: 'a', realm: 'example.org', created: NOW },
      { event: 'user', aor: 'sip:bob@example.org', name: 'Bob' },
      { event: 'exit', exit: 0 },
    ])
    expect(events.stdout.text).not.toMatch(/[0-9a-f]{32}/)
    expect(await admin.run('user', 'remove', 'sip:bob@EXAMPLE.org', ...data)).toBe(0)
    expect(await admin.run('user', 'remove', 'sip:bob@example.org', ...data)).toBe(2)
    expect(await usersIn(home.join('data'))).toMatchObject([{ aor: 'sip:alice@example.org' }])
  })

  it('asks twice for a new password, and keeps name and realm', async () => {
    const data = ['--data', home.join('data')]
    const { asked, more } = typing('one', 'one')
    expect(await line({}, more).run('user', 'add', 'sip:bob@example.org', '--username', 'b', '--name', 'Bob', ...data)).toBe(0)
    expect(asked).toEqual(['New password of sip:bob@example.org', 'The same again'])
    const wrong = line({}, typing('two', 'too').more)
    expect(await wrong.run('user', 'passwd', 'sip:bob@example.org', ...data)).toBe(2)
    expect(wrong.stderr.text).toContain('The two passwords differ.')
    expect(await line({}, typing(undefined).more).run('user', 'passwd', 'sip:bob@example.org', ...data)).toBe(130)
    expect((await usersIn(home.join('data')))[0]?.ha1.md5).toBe(md5('b:example.org:one'))
    expect(await line({}, typing('two', 'two').more).run('user', 'passwd', 'sip:bob@example.org', ...data)).toBe(0)
    expect(await usersIn(home.join('data'))).toMatchObject([
      { username: 'b', displayName: 'Bob', created: NOW, ha1: { md5: md5('b:example.org:two') } },
    ])
    expect(await line({}, typing('x', 'x').more).run('user', 'passwd', 'sip:carol@example.org', ...data)).toBe(2)
  })

  it('takes the password from a file or a program, never from an argument', async () => {
    const data = ['--data', home.join('data')]
    const file = home.file('password', 'from file\nmore\n')
    const admin = line({ CPMFT_PASSWORD: 'not this' })
    expect(await admin.run('user', 'add', 'sip:bob@example.org', '--password-file', file, ...data)).toBe(0)
    expect(
      await line().run('user', 'add', 'sip:al@example.org', ...data, '--password-command', process.execPath, '-e', 'console.log(4)'),
    ).toBe(2)
    const program = home.file('print.mjs', 'console.log("printed")')
    expect(await line().run('user', 'add', 'sip:al@example.org', ...data, '--password-command', process.execPath, program)).toBe(0)
    expect((await usersIn(home.join('data'))).map(({ ha1 }) => ha1.md5)).toEqual([
      md5('al:example.org:printed'),
      md5('bob:example.org:from file'),
    ])
    expect(await line().run('user', 'passwd', 'sip:bob@example.org', '--password', 'x', ...data)).toBe(2)
    const bare = line()
    expect(await bare.run('user', 'passwd', 'sip:bob@example.org', ...data)).toBe(2)
    expect(bare.stderr.text).toContain('no terminal to ask at')
    expect(await line({ CPMFT_PASSWORD: '' }).run('user', 'passwd', 'sip:bob@example.org', ...data)).toBe(2)
  })

  it('makes no database where one is only looked for, and refuses what can be no user', async () => {
    const data = ['--data', home.join('none')]
    for (const words of [['list'], ['remove', 'sip:bob@example.org'], ['passwd', 'sip:bob@example.org']]) {
      const admin = line({ CPMFT_PASSWORD: 'x' })
      expect(await admin.run('user', ...words, ...data)).toBe(2)
      expect(admin.stderr.text).toContain('There is no database of a server')
    }
    expect(existsSync(home.join('none'))).toBe(false)
    for (const uri of ['tel:+15550100', 'sip:example.org', 'not an address'])
      expect(await line({ CPMFT_PASSWORD: 'x' }).run('user', 'add', uri, ...data)).toBe(2)
    expect(await line({ CPMFT_PASSWORD: 'x' }).run('user', 'add', 'sip:a@b.example', '--username', 'a:b', ...data)).toBe(2)
  })

  it('says what is wrong with a database, and what to do', async () => {
    const broken = line({ CPMFT_PASSWORD: 'x' })
    expect(await broken.run('user', 'add', 'sip:a@b.example', '--data', home.file('file', 'x'))).toBe(9)
    expect(broken.stderr.text).toMatch(/database of the server cannot be used.*\n?.*--data/)
    const nobody = line({ CPMFT_PASSWORD: 'x' })
    expect(await nobody.run('user', 'list', '--database', 'postgres://u:s3cret@127.0.0.1:1/db')).toBe(9)
    expect(nobody.stderr.text).toContain('nobody listens')
    expect(nobody.stderr.text).toContain('can see the password')
    expect(nobody.stderr.text).not.toContain('s3cret')
    expect(await line().run('user', 'list', '--database', 'mysql://u@h/db')).toBe(2)
  })
})
