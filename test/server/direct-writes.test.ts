import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/node/index.js'
import { openSqliteEngine } from '../../src/server/database-sqlite.js'
import type { DatabaseEngine, DirectAccess } from '../../src/server/database-engine.js'

const INSERT = 'insert into secrets (name, value) values (?, ?)'
const SELECT = 'select name from secrets order by name'

describe('writes of one turn', () => {
  let folder: string
  let path: string
  let engine: DatabaseEngine & { readonly direct: DirectAccess }
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cpmft-direct-'))
    path = join(folder, 'server.db')
    engine = (await openSqliteEngine(path, { date: () => 0 })) as typeof engine
  })
  afterEach(async () => {
    await engine.close()
    rmSync(folder, { recursive: true })
  })

  const add = (name: string): Promise<string> =>
    engine.direct.write(sql => {
      sql.run(INSERT, [name, ''])
      return name
    })
  const names = (): Promise<string[]> => engine.direct.read(sql => sql.all<{ name: string }>(SELECT, []).map(row => row.name))

  it('are seen by another process once they are answered', async () => {
    const other = openDatabase(path, 1000)
    try {
      const seen = other.prepare(SELECT)
      const answers = ['a', 'b', 'c'].map(name => add(name).then(() => seen.all([]).length))
      expect(seen.all([])).toEqual([])
      expect(await Promise.all(answers)).toEqual([3, 3, 3])
    } finally {
      other.close()
    }
  })

  it('do not fail with the one among them that fails', async () => {
    await add('b')
    const news: (string | undefined)[] = []
    engine.news.onBinding(aor => news.push(aor))
    const told = engine.direct.write(sql => {
      sql.run(INSERT, ['c', ''])
      sql.tell('c')
    })
    const results = await Promise.allSettled([add('a'), add('b'), told])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({ reason: { code: 'store' } })
    expect(await names()).toEqual(['a', 'b', 'c'])
    await new Promise(resolve => setTimeout(resolve, 5))
    expect(news).toEqual(['c'])
  })

  it('are not read before they are committed, nor within a transaction of another kind', async () => {
    const slow = engine.write(async db => {
      await db.insertInto('secrets').values({ name: 'slow', value: '' }).execute()
      await new Promise(resolve => setTimeout(resolve, 10))
      throw new Error('no')
    })
    await new Promise(resolve => setTimeout(resolve, 2))
    const [read, direct] = [names(), add('a')]
    await expect(slow).rejects.toMatchObject({ code: 'store' })
    expect(await read).not.toContain('slow')
    await direct
    expect(await names()).toEqual(['a'])
  })

  it('wait for a lock of another process without holding up this one', async () => {
    const other = openDatabase(path, 1000)
    other.exec('BEGIN IMMEDIATE')
    const write = add('a')
    await new Promise(resolve => setTimeout(resolve, 80))
    other.exec('ROLLBACK')
    other.close()
    expect(await write).toBe('a')
  })

  it('are all done before the database closes, and refused afterwards', async () => {
    const writes = Array.from({ length: 100 }, (_, index) => add(`n${index}`))
    const closing = engine.close()
    expect(await Promise.all(writes)).toHaveLength(100)
    await closing
    await expect(add('late')).rejects.toMatchObject({ code: 'store' })
    await expect(names()).rejects.toMatchObject({ code: 'store' })
  })
})
