import { existsSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeGroups, encodeGroups } from '../../src/focus/index.js'
import { makeUser } from '../../src/server/make-user.js'
import { openServerDatabase, serverDatabasePath } from '../../src/server/open-server-database.js'
import { TempFolder } from '../kit/temp-folder.js'
import { CommandLine } from './command-line.js'

let home: TempFolder
let data: string[]
beforeEach(() => {
  home = new TempFolder()
  data = ['--data', home.join('data')]
})
afterEach(() => home.remove())

const run = async (...args: string[]): Promise<CommandLine & { exit: number }> => {
  const line = new CommandLine({}, { home: home.path })
  return Object.assign(line, { exit: await line.run('group', ...args, ...data) })
}
const ok = async (...args: string[]): Promise<CommandLine> => {
  const line = await run(...args)
  expect(line.exit, line.stderr.text).toBe(0)
  return line
}
const refused = async (words: string, ...args: string[]): Promise<void> => {
  const line = await run(...args)
  expect(line.stderr.text).toContain(words)
  expect(line.exit).toBe(2)
}
const groups = async () => {
  const database = await openServerDatabase(serverDatabasePath(home.join('data')))
  try {
    return await database.groups.list()
  } finally {
    await database.close()
  }
}

const TEAM = 'sip:team@example.org'
const ALICE = 'sip:alice@example.org'

describe('cpmft group', () => {
  it('creates a group with members, senders and a limit @req GRP-44', async () => {
    const made = await ok(
      ...[
        'create',
        TEAM,
        '--name',
        'The Team',
        '--member',
        ALICE,
        '--member',
        'Bob Stone <sip:bob@example.org>',
        '--hidden',
        'tel:+15550100',
      ],
      ...['--senders', ALICE, '--max-size', '20'],
    )
    expect(made.stderr.text).toBe('Created      sip:team@example.org  The Team  3 members\n')
    expect(await groups()).toStrictEqual([
      {
        name: 'The Team',
        uri: TEAM,
        members: [
          { uri: ALICE, hidden: false },
          { uri: 'sip:bob@example.org', name: 'Bob Stone', hidden: false },
          { uri: 'tel:+15550100', hidden: true },
        ],
        senders: [ALICE],
        maxSize: 20,
      },
    ])
    expect((await ok('list')).stdout.text).toBe('sip:team@example.org  The Team  3 members\n')
    expect((await ok('show', TEAM)).stdout.text).toBe(
      [
        'The Team <sip:team@example.org>',
        'may send: sip:alice@example.org',
        'members:  3 of at most 20',
        '  sip:alice@example.org',
        '  Bob Stone <sip:bob@example.org>',
        '  tel:+15550100  (hidden)',
        '',
      ].join('\n'),
    )
  })

  it('lets every member send unless told otherwise, and refuses what is no group', async () => {
    await ok('create', TEAM, '--member', ALICE)
    expect(await groups()).toMatchObject([{ name: 'team', senders: 'members', maxSize: 500 }])
    await refused('There is a group', 'create', TEAM, '--member', ALICE)
    await ok('create', TEAM, '--member', ALICE, '--senders', 'members', '--replace')
    await refused('no member of the group', 'create', 'sip:b@example.org', '--member', ALICE, '--senders', 'sip:eve@example.org')
    await refused('at least one member', 'create', 'sip:b@example.org')
    await refused('the same address', 'create', 'sip:b@example.org', '--member', ALICE, '--member', ALICE)
    await refused('usable SIP address', 'create', 'sip:b@example.org', '--member', 'Alice <sip:alice@')
    await refused(
      'longer than',
      'create',
      'sip:b@example.org',
      '--member',
      ALICE,
      '--member',
      'sip:b@c.example',
      '--member',
      'sip:c@c.example',
      '--max-size',
      '2',
    )
    expect((await groups()).length).toBe(1)
  })

  it('adds and removes members while others do the same', async () => {
    await ok('create', TEAM, '--member', ALICE, '--member', 'sip:dan@example.org', '--senders', ALICE, 'sip:dan@example.org')
    await Promise.all(['b', 'c', 'd', 'e'].map(name => ok('add', TEAM, `sip:${name}@example.org`)))
    expect((await groups())[0]?.members.length).toBe(6)
    await ok('add', TEAM, 'Bee <sip:b@EXAMPLE.org>', '--hidden')
    expect((await groups())[0]?.members).toContainEqual({ uri: 'sip:b@EXAMPLE.org', name: 'Bee', hidden: true })
    await ok('remove', TEAM, ALICE, 'sip:b@example.org')
    expect((await groups())[0]).toMatchObject({ senders: ['sip:dan@example.org'] })
    expect((await groups())[0]?.members.length).toBe(4)
    await refused('no member of the group', 'remove', TEAM, ALICE)
    await refused('at least one member', 'remove', TEAM, ...['c', 'd', 'e', 'dan'].map(name => `sip:${name}@example.org`))
    await refused('There is no group', 'add', 'sip:none@example.org', ALICE)
    await refused('There is no group', 'show', 'sip:none@example.org')
    await ok('remove', TEAM)
    await refused('There is no group', 'remove', TEAM)
    expect((await ok('list')).stderr.text).toContain('There are no groups yet')
  })

  it('imports JSON, and what it prints with --json @req GRP-44', async () => {
    const text = readFileSync('docs/reference/groups.md', 'utf8')
    const [, example = ''] = /```json\n(\{\n {2}"groups"[\s\S]*?)```/.exec(text) ?? []
    const documented = decodeGroups(example)
    expect(documented.length).toBeGreaterThan(1)
    const done = await ok('import', home.file('groups.json', example))
    expect(done.stderr.text.match(/^Imported/gm)).toHaveLength(documented.length)
    const byUri = (all: typeof documented) => [...all].sort((a, b) => (a.uri < b.uri ? -1 : 1))
    expect(await groups()).toStrictEqual(byUri(documented))

    const listed = home.file('listed.json', (await ok('list', '--json')).stdout.text)
    await refused('already', 'import', listed)
    const first = documented[0]?.uri ?? ''
    const shown = home.file('shown.json', (await ok('show', first, '--json')).stdout.text)
    for (const { uri } of documented) await ok('remove', uri)
    await ok('import', shown)
    expect((await groups()).map(({ uri }) => uri)).toStrictEqual([first])
    await ok('import', listed, '--replace')
    expect(await groups()).toStrictEqual(byUri(documented))
    expect(decodeGroups(encodeGroups(await groups()))).toStrictEqual(byUri(documented))
  })

  it('imports resource lists @req GRP-44', async () => {
    const list = (name: string, ...entries: string[]): string =>
      `<list name="${name}">${entries.map(uri => `<entry uri="${uri}"><display-name>X</display-name></entry>`).join('')}</list>`
    const file = (...lists: string[]): string =>
      home.file(
        'lists.xml',
        `<?xml version="1.0"?>\n<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">${lists.join('')}</resource-lists>`,
      )
    await refused('no address of their own', 'import', file(list('Friends', ALICE)))
    await ok('import', file(list('Close Friends', ALICE, 'sip:bob@example.org')), '--uri', TEAM)
    expect(await groups()).toMatchObject([
      { uri: TEAM, name: 'Close Friends', members: [{ uri: ALICE, name: 'X' }, { uri: 'sip:bob@example.org' }] },
    ])
    await refused('is the address of one', 'import', file(list('a', ALICE), list('b', ALICE)), '--uri', 'sip:two@example.org')
    await ok('import', file(list('Close Friends', ALICE), list('Ärzte', ALICE), list('友', ALICE)), '--domain', 'g.example')
    expect((await groups()).map(({ uri }) => uri)).toStrictEqual([
      'sip:a-rzte@g.example',
      'sip:close-friends@g.example',
      'sip:list-3@g.example',
      TEAM,
    ])
    const elsewhere = await ok(
      'import',
      file(`<list name="e"><entry uri="${ALICE}"/><external anchor="http://x.example"/></list>`),
      '--domain',
      'g.example',
    )
    expect(elsewhere.stderr.text).toContain('1 references lead to another server')
  })

  it('takes no file that is damaged, too large or two groups of one address, and makes no database for it', async () => {
    await refused('cannot be read', 'import', home.join('none.json'))
    await refused('no JSON', 'import', home.file('a.json', '{"groups": ['))
    await refused(
      'groups[0].members',
      'import',
      home.file('b.json', '{"groups": [{"name": "A", "uri": "sip:a@b.example", "members": []}]}'),
    )
    await refused('no JSON', 'import', home.file('c.json', '{"v":1,"event":"groups","groups":[]}\n{"v":'))
    await refused('too large', 'import', home.file('d.json', ' '.repeat(3 * 1_048_576 + 1)))
    const bomb = '<!DOCTYPE l [<!ENTITY a "b">]><resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"/>'
    await refused('no usable groups', 'import', home.file('e.xml', bomb), '--uri', TEAM)
    const one = home.file('one.json', '{"groups": [{"name": "A", "uri": "sip:a@b.example", "members": ["sip:c@b.example"]}]}')
    await refused('two groups', 'import', one, one)
    await refused('several files', 'import', one, one, '--uri', TEAM)
    await refused('no database', 'list')
    expect(existsSync(home.join('data'))).toBe(false)
  })

  it('works beside a running server', async () => {
    const database = await openServerDatabase(serverDatabasePath(home.join('data')))
    await ok('create', TEAM, '--member', ALICE)
    expect((await database.groups.get(TEAM))?.members.length).toBe(1)
    const busy = Array.from({ length: 50 }, (_, index) =>
      database.users.put(makeUser({ aor: `sip:u${index}@example.org`, password: 'x', created: 0 })),
    )
    await ok('add', TEAM, 'sip:bob@example.org')
    await Promise.all(busy)
    expect((await database.groups.get(TEAM))?.members.length).toBe(2)
    expect((await database.users.list()).length).toBe(50)
    await database.close()
  })
})
