import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { join } from 'node:path'
import { sqliteEngines } from '../../src/node/sqlite-database.js'
import { SqlBindingTable } from '../../src/server/binding-table.js'
import { openSqliteEngine } from '../../src/server/database-sqlite.js'
import type { DatabaseEngine, DirectAccess } from '../../src/server/database-engine.js'
import { SqlGroupTable } from '../../src/server/group-table.js'
import { makeUser } from '../../src/server/make-user.js'
import { RowCache } from '../../src/server/row-cache.js'
import { SqlUserTable } from '../../src/server/user-table.js'
import { tempFolder } from '../node/temp-folder.js'
import { binding, GROUP, NOW } from './database-samples.js'

const BOB = 'sip:bob@example.org'
const user = (password: string) => makeUser({ aor: BOB, password, created: 0 })

describe('a cache of rows', () => {
  it('keeps as many as it may, and lets the oldest go', () => {
    const cache = new RowCache<number>({ epoch: () => 1 }, 2)
    cache.get('a')
    for (const [value, key] of ['a', 'b', 'a', 'c', 'd'].entries()) cache.set(key, value)
    expect(['a', 'b', 'c', 'd'].map(key => cache.get(key))).toEqual([undefined, undefined, 3, 4])
    cache.forget('c')
    cache.set('e', 5)
    cache.set('f', 6)
    expect(['c', 'd', 'e', 'f'].map(key => cache.get(key))).toEqual([undefined, undefined, 5, 6])
  })

  it('is empty after each change that it cannot know of', () => {
    let epoch = 1
    const cache = new RowCache<number>({ epoch: () => epoch }, 2)
    cache.get('a')
    cache.set('a', 1)
    expect(cache.get('a')).toBe(1)
    epoch = 2
    expect(cache.get('a')).toBe(undefined)
    for (const key of ['b', 'c', 'd']) cache.set(key, 2)
    expect(['b', 'c', 'd'].map(key => cache.get(key))).toEqual([undefined, 2, 2])
  })
})

describe.each(sqliteEngines())('what is kept of a database in %s', engine => {
  type Direct = DatabaseEngine & { readonly direct: DirectAccess }
  const tablesOf = (opened: DatabaseEngine) => ({
    users: new SqlUserTable(opened),
    bindings: new SqlBindingTable(opened),
    groups: new SqlGroupTable(opened),
  })
  const open = async (path: string) => {
    const opened = (await openSqliteEngine(path, { date: () => NOW, engine })) as Direct
    onTestFinished(() => opened.close())
    return { engine: opened, ...tablesOf(opened) }
  }
  const contacts = async ({ bindings }: { readonly bindings: SqlBindingTable }) =>
    (await bindings.of(BOB, NOW)).map(({ contact }) => contact)
  const register = ({ bindings }: { readonly bindings: SqlBindingTable }, contact: string, flow?: string) =>
    bindings.update(BOB, NOW, known => ({
      bindings: [...known, binding({ contact, ...(flow !== undefined && { node: 'n1', flow }) })],
      result: known.length,
    }))

  it('counts no longer when another process wrote: users, groups, bindings', async () => {
    const path = join(tempFolder(), 'server.db')
    const [ours, other] = [await open(path), await open(path)]
    await ours.users.put(user('old'))
    const ha1 = async () => (await ours.users.byName('example.org', 'bob'))?.ha1.md5
    expect([await ha1(), await ours.groups.get(GROUP.uri), await contacts(ours)]).toEqual([user('old').ha1.md5, undefined, []])
    await other.users.put(user('new'))
    await other.groups.put(GROUP)
    await register(other, 'sip:other@192.0.2.1')
    await turn()
    expect([await ha1(), await ours.groups.get(GROUP.uri)]).toEqual([user('new').ha1.md5, GROUP])
    expect(await contacts(ours)).toEqual(['sip:other@192.0.2.1'])
    await other.users.remove(BOB)
    await other.groups.remove(GROUP.uri)
    await other.bindings.update(BOB, NOW, () => ({ bindings: [], result: 0 }))
    await turn()
    expect([await ha1(), await ours.groups.get(GROUP.uri), await contacts(ours)]).toEqual([undefined, undefined, []])
  })

  it('is never what an update decides on when another process wrote in the same turn', async () => {
    const path = join(tempFolder(), 'server.db')
    const [ours, other] = [await open(path), await open(path)]
    for (let round = 0; round < 5; round++) {
      expect(await register(ours, `sip:ours-${round}@192.0.2.1`)).toBe(2 * round)
      expect(await register(other, `sip:other-${round}@192.0.2.1`)).toBe(2 * round + 1)
    }
    expect((await contacts(ours)).length).toBe(10)
  })

  it('counts no longer after a change of our own that the table did not make', async () => {
    const ours = await open(join(tempFolder(), 'server.db'))
    await ours.users.put(user('old'))
    await ours.users.byName('example.org', 'bob')
    await ours.users.put(user('new'))
    expect((await ours.users.byName('example.org', 'bob'))?.ha1.md5).toBe(user('new').ha1.md5)
    await register(ours, 'sip:a@192.0.2.1')
    await ours.engine.write(db => db.deleteFrom('bindings').execute())
    expect(await contacts(ours)).toEqual([])
  })

  it('forgets what was undone', async () => {
    const ours = await open(join(tempFolder(), 'server.db'))
    await register(ours, 'sip:a@192.0.2.1')
    const first = register(ours, 'sip:b@192.0.2.1')
    const second = ours.bindings.update(BOB, NOW, () => {
      throw new Error('no')
    })
    await expect(second).rejects.toThrow('no')
    // done again by itself, upon what is in the file
    expect(await first).toBe(1)
    expect((await contacts(ours)).sort()).toEqual(['sip:a@192.0.2.1', 'sip:b@192.0.2.1'])
  })

  it('loses the bindings of a flow that closed, and no others', async () => {
    const ours = await open(join(tempFolder(), 'server.db'))
    await register(ours, 'sip:a@192.0.2.1', 'in-1')
    await register(ours, 'sip:b@192.0.2.1', 'in-2')
    const before = ours.engine.direct.epoch()
    await ours.bindings.dropFlow('n1', 'in-1')
    expect(await contacts(ours)).toEqual(['sip:b@192.0.2.1'])
    expect(ours.engine.direct.epoch()).toBe(before)
  })

  it('is as what is in the file, best first, after refreshes, a change of the wish and a removal', async () => {
    const path = join(tempFolder(), 'server.db')
    const ours = await open(path)
    const write = (...bindings: ReturnType<typeof binding>[]) => ours.bindings.update(BOB, NOW, () => ({ bindings, result: 0 }))
    const [a, b, c] = ['a', 'b', 'c'].map(name => binding({ contact: `sip:${name}@192.0.2.1`, aor: BOB }))
    if (a === undefined || b === undefined || c === undefined) throw new Error('three')
    for (const step of [[a], [a, b], [{ ...a, cseq: 2 }, b], [a, { ...b, q: 0.5 }, c], [{ ...c, expires: NOW + 9 }, a], [a]]) {
      await write(...step)
      const kept = await ours.bindings.of(BOB, NOW)
      // whoever opens it now has nothing in memory
      expect(kept).toStrictEqual(await (await open(path)).bindings.of(BOB, NOW))
      expect(kept.length).toBe(step.length)
    }
  })
})
