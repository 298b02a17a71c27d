import { describe, expect, it } from 'vitest'
import { makeUser } from '../../src/server/make-user.js'
import type { OpenedServerDatabase } from '../../src/server/open-server-database.js'
import { binding, FULL_BINDING, GROUP, MINUTE, NOW } from './database-samples.js'
import { depositTests, nodeTests } from './database-deposit-suite.js'

/** What every database of the server does. `open` gives an empty one, and another connection to it where there can be two. */
export type OpenForTest = () => Promise<{
  readonly database: OpenedServerDatabase
  readonly other: OpenedServerDatabase | undefined
}>

export function describeDatabase(name: string, open: OpenForTest): void {
  describe(name, { timeout: 60_000 }, () => {
    describe('users', () => userTests(open))
    describe('bindings', () => bindingTests(open))
    describe('groups', () => groupTests(open))
    describe('deposits', () => depositTests(open))
    describe('nodes and conferences', () => nodeTests(open))
    it('gives everybody the secret that was there first', () => firstSecret(open))
  })
}

async function firstSecret(open: OpenForTest): Promise<void> {
  const { database, other = database } = await open()
  const secrets = Array.from({ length: 8 }, (_, index) =>
    (index % 2 === 0 ? database : other).secrets.get('a', new Uint8Array([index, 255])),
  )
  const [first, ...rest] = await Promise.all(secrets)
  expect(first).toHaveLength(2)
  for (const secret of rest) expect(secret).toStrictEqual(first)
  expect(await other.secrets.get('b', new Uint8Array([9]))).toStrictEqual(new Uint8Array([9]))
}

function userTests(open: OpenForTest): void {
  it('gives back users as they were added, by address and by name, in order', async () => {
    const { users } = (await open()).database
    const alice = makeUser({ aor: 'sip:alice@example.org', password: 's3cret', displayName: 'Alice "Ü" 📎', created: NOW })
    const bob = makeUser({ aor: 'sip:Bob@example.org', password: 'x', username: 'b', realm: 'home', created: NOW + 1 })
    await users.put(alice)
    await users.put(bob)
    expect(await users.get('sip:alice@example.org')).toStrictEqual(alice)
    expect(await users.get('sips:alice@EXAMPLE.org;user=phone')).toStrictEqual(alice)
    expect(await users.get('sip:bob@example.org')).toBeUndefined()
    expect(await users.byName('home', 'b')).toStrictEqual(bob)
    expect(await users.byName('example.org', 'b')).toBeUndefined()
    // by octets, whatever the locale: B is before a
    expect(await users.list()).toStrictEqual([bob, alice])
    expect(await users.list({ limit: 1 })).toStrictEqual([bob])
    expect(await users.list({ after: bob.aor })).toStrictEqual([alice])
    const changed = makeUser({ aor: alice.aor, password: 'new', created: NOW + 2 })
    await users.put(changed)
    expect(await users.get(alice.aor)).toStrictEqual(changed)
    expect(await users.remove('sip:alice@example.org')).toBe(true)
    expect(await users.remove('sip:alice@example.org')).toBe(false)
    expect(await users.list()).toStrictEqual([bob])
  })

  it('gives one digest name of a realm to one user only', async () => {
    const { users } = (await open()).database
    await users.put(makeUser({ aor: 'sip:alice@example.org', password: 'x', created: NOW }))
    const thief = makeUser({ aor: 'sip:mallory@example.org', username: 'alice', password: 'x', created: NOW })
    await expect(users.put(thief)).rejects.toMatchObject({ code: 'store', message: expect.stringContaining('sip:alice@example.org') })
    expect(await users.get('sip:mallory@example.org')).toBeUndefined()
    await users.put({ ...thief, realm: 'elsewhere' })
  })

  it('gives a digest name to one of two who ask at the same time', async () => {
    const { database, other } = await open()
    const asking = Array.from({ length: 10 }, (_, index) => {
      const user = makeUser({ aor: `sip:u${index}@example.org`, username: 'same', password: 'x', created: NOW })
      return (index % 2 === 0 ? database : (other ?? database)).users.put(user)
    })
    const failures = (await Promise.allSettled(asking)).flatMap(result => (result.status === 'rejected' ? [result.reason] : []))
    expect(failures.length).toBe(9)
    for (const failure of failures)
      expect(failure).toMatchObject({ code: 'store', message: expect.stringContaining('user name belongs to') })
    expect((await database.users.list()).length).toBe(1)
  })

  it('keeps text that no database takes in a form that it does', async () => {
    const { users } = (await open()).database
    await users.put({ ...makeUser({ aor: 'sip:a@example.org', password: 'x', created: NOW }), displayName: 'a\0b\ud83dc📎' })
    expect((await users.get('sip:a@example.org'))?.displayName).toBe('a\ufffdb\ufffdc📎')
    expect(await users.byName('example.org', "'; drop table users; --")).toBeUndefined()
  })
}

function bindingTests(open: OpenForTest): void {
  const set = (database: OpenedServerDatabase, aor: string, ...bindings: (typeof FULL_BINDING)[]): Promise<string> =>
    database.bindings.update(aor, NOW, () => ({ bindings, result: 'done' }))
  const AOR = 'sip:bob@example.org'

  it('gives back bindings with every field, and what change gave', async () => {
    const { database } = await open()
    const bare = binding({ contact: 'sip:bob@192.0.2.8', q: 0.5 })
    expect(await set(database, 'sip:bob@Example.org', FULL_BINDING, bare)).toBe('done')
    expect(await database.bindings.of('sips:bob@example.org', NOW)).toStrictEqual([bare, FULL_BINDING])
    expect(await database.bindings.of('sip:Bob@example.org', NOW)).toStrictEqual([])
    expect(await database.bindings.count(NOW)).toBe(2)
    expect(await database.bindings.count(NOW + MINUTE)).toBe(0)
  })

  it('puts the best first: q, then what registered last', async () => {
    const { database } = await open()
    const [a, b, c] = ['a', 'b', 'c'].map(contact => binding({ contact: `sip:${contact}@192.0.2.1` })) as [
      ReturnType<typeof binding>,
      ReturnType<typeof binding>,
      ReturnType<typeof binding>,
    ]
    await set(database, AOR, a)
    await set(database, AOR, a, b)
    const weak = { ...c, q: 0.1 }
    await set(database, AOR, b, a, weak)
    expect(await database.bindings.of(AOR, NOW)).toStrictEqual([b, a, weak])
    const refreshed = { ...a, cseq: 2, expires: NOW + 2 * MINUTE }
    await database.bindings.update(AOR, NOW + 1, living => {
      expect(living).toStrictEqual([b, a, weak])
      return { bindings: [refreshed, b, weak], result: undefined }
    })
    expect(await database.bindings.of(AOR, NOW)).toStrictEqual([refreshed, b, weak])
    // the newest itself, once merely refreshed and once with another address
    const again = { ...refreshed, cseq: 3, callId: 'later', expires: NOW + 3 * MINUTE }
    await set(database, AOR, b, again, weak)
    expect(await database.bindings.of(AOR, NOW)).toStrictEqual([again, b, weak])
    const moved = { ...again, cseq: 4, contact: 'sip:moved@192.0.2.1', flow: 'another' }
    await set(database, AOR, b, moved, weak)
    expect(await database.bindings.of(AOR, NOW)).toStrictEqual([moved, b, weak])
    await set(database, AOR, b)
    expect(await database.bindings.of(AOR, NOW)).toStrictEqual([b])
    await set(database, AOR)
    expect(await database.bindings.of(AOR, NOW)).toStrictEqual([])
  })

  it('keeps equal bindings apart', async () => {
    const { database } = await open()
    await set(database, AOR, FULL_BINDING, FULL_BINDING)
    await set(database, AOR, FULL_BINDING, FULL_BINDING)
    expect(await database.bindings.of(AOR, NOW)).toStrictEqual([FULL_BINDING, FULL_BINDING])
    await set(database, AOR, FULL_BINDING)
    expect(await database.bindings.of(AOR, NOW)).toStrictEqual([FULL_BINDING])
  })

  it('shows and keeps nothing that expired, and sweeps it', async () => {
    const { database } = await open()
    const short = binding({ contact: 'sip:s@192.0.2.1', expires: NOW + 10 })
    await set(database, AOR, short, binding())
    await set(database, 'sip:carol@example.org', { ...short, aor: 'sip:carol@example.org' })
    expect(await database.bindings.of(AOR, NOW + 10)).toStrictEqual([binding()])
    await database.bindings.update(AOR, NOW + 10, living => {
      expect(living).toStrictEqual([binding()])
      return { bindings: living, result: undefined }
    })
    // carol's is left
    expect(await database.bindings.sweep(NOW + 10)).toBe(0)
    expect(await database.bindings.sweep(NOW + 11)).toBe(1)
    expect(await database.bindings.count(0)).toBe(1)
  })

  it('drops what went over a connection that is gone, or all of a node', async () => {
    const { database } = await open()
    const over = (node: string, flow: string) => binding({ contact: `sip:${flow}@192.0.2.1`, node, flow })
    await set(database, AOR, over('n1', 'f1'), over('n1', 'f2'), over('n2', 'f1'), binding())
    await database.bindings.dropFlow('n1', 'f1')
    expect((await database.bindings.of(AOR, NOW)).map(({ node, flow }) => [node, flow])).toStrictEqual(
      expect.arrayContaining([
        ['n1', 'f2'],
        ['n2', 'f1'],
        [undefined, undefined],
      ]),
    )
    expect(await database.bindings.count(NOW)).toBe(3)
    await database.bindings.dropFlow('n1')
    expect(await database.bindings.count(NOW)).toBe(2)
  })

  it('writes nothing and hands the error on when change throws', async () => {
    const { database } = await open()
    await set(database, AOR, binding())
    const refused = new RangeError('no')
    const broken = database.bindings.update(AOR, NOW, () => {
      throw refused
    })
    await expect(broken).rejects.toBe(refused)
    expect(await database.bindings.of(AOR, NOW)).toStrictEqual([binding()])
  })

  it('never mixes updates of one address, of two connections either', async () => {
    const { database, other } = await open()
    const ROUNDS = 40
    // Each adds one binding to those it sees: one that saw an old picture would lose those of others
    const add = (from: OpenedServerDatabase, mark: string) => (_: unknown, index: number) =>
      from.bindings.update(AOR, NOW, living => ({
        bindings: [...living, binding({ contact: `sip:${mark}${index}@192.0.2.1` })],
        result: living.length,
      }))
    const rounds = Array.from({ length: ROUNDS })
    const seen = await Promise.all([...rounds.map(add(database, 'a')), ...rounds.map(add(other ?? database, 'b'))])
    expect(new Set(seen).size).toBe(2 * ROUNDS)
    const kept = (await database.bindings.of(AOR, NOW)).map(({ contact }) => contact)
    expect(new Set(kept).size).toBe(2 * ROUNDS)
  })

  it('tells others of new ways to a person, not of mere refreshes', async () => {
    const { database, other } = await open()
    const heard: (string | undefined)[] = []
    const listener = (aor: string | undefined): void => {
      heard.push(aor)
    }
    const watched = database.kind === 'postgres' && other !== undefined ? other : database
    const stop = watched.news.onBinding(listener)
    await set(database, AOR, binding())
    await expect.poll(() => heard).toStrictEqual([AOR])
    await set(database, AOR, binding({ cseq: 2, expires: NOW + 2 * MINUTE }))
    await database.bindings
      .update(AOR, NOW, () => {
        throw new RangeError('undone')
      })
      .catch(() => {})
    await set(database, 'SIP:carol@Example.ORG', binding({ aor: 'sip:carol@example.org' }))
    await expect.poll(() => heard).toStrictEqual([AOR, 'sip:carol@example.org'])
    await set(database, AOR, binding({ node: 'n1', flow: 'f1' }))
    await set(database, AOR)
    await expect.poll(() => heard).toStrictEqual([AOR, 'sip:carol@example.org', AOR, AOR])
    stop()
    await set(database, AOR, binding())
    await database.bindings.count(NOW)
    expect(heard.length).toBe(4)
  })
}

function groupTests(open: OpenForTest): void {
  it('gives back groups as they were saved, by address', async () => {
    const { groups } = (await open()).database
    const small = { ...GROUP, uri: 'sip:a-team@example.org', senders: 'members' as const }
    await groups.put(GROUP)
    await groups.put(small)
    expect(await groups.get('sip:team@Example.org')).toStrictEqual(GROUP)
    expect(await groups.list()).toStrictEqual([small, GROUP])
    await groups.put({ ...GROUP, name: 'Other' })
    expect((await groups.get(GROUP.uri))?.name).toBe('Other')
    expect(await groups.remove(GROUP.uri)).toBe(true)
    expect(await groups.remove(GROUP.uri)).toBe(false)
    expect(await groups.get(GROUP.uri)).toBeUndefined()
  })

  it('never mixes two changes of one group', async () => {
    const { database, other } = await open()
    await database.groups.put({ ...GROUP, maxSize: 200 })
    const join = (from: OpenedServerDatabase, mark: string) => (_: unknown, index: number) =>
      from.groups.change(GROUP.uri, group => ({
        ...(group ?? GROUP),
        members: [...(group ?? GROUP).members, { uri: `sip:${mark}${index}@example.org`, hidden: false }],
      }))
    const rounds = Array.from({ length: 20 })
    await Promise.all([...rounds.map(join(database, 'a')), ...rounds.map(join(other ?? database, 'b'))])
    expect((await database.groups.get(GROUP.uri))?.members.length).toBe(42)
    const refused = new RangeError('no')
    await expect(
      database.groups.change(GROUP.uri, () => {
        throw refused
      }),
    ).rejects.toBe(refused)
  })
}
