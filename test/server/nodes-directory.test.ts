import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { NodeDirectory, type NodeDirectoryOptions } from '../../src/server/node-directory.js'
import { type OpenedServerDatabase, openServerDatabase } from '../../src/server/open-server-database.js'
import { TempFolder } from '../kit/temp-folder.js'
import { binding } from './database-samples.js'

const TIMEOUT = 20_000
const START = 1_800_000_000_000

describe('the directory of servers', () => {
  let folder: TempFolder
  let database: OpenedServerDatabase
  let now = START
  const said: string[] = []

  beforeEach(async () => {
    folder = new TempFolder()
    database = await openServerDatabase(folder.join('server.db'))
    now = START
    said.length = 0
  })
  afterEach(async () => {
    await database.close()
    folder.remove()
  })

  const join = async (id: string, more: Partial<NodeDirectoryOptions> = {}): Promise<NodeDirectory> => {
    const tell = (facts: object, text: string) => void said.push(`${id}: ${text} ${JSON.stringify(facts)}`)
    const log = { debug: tell, info: tell, warn: tell, error: tell }
    const address = `sip:${id}.example.org;transport=tcp`
    const directory = await NodeDirectory.join({
      database,
      id,
      address,
      timeout: TIMEOUT,
      isFollowed: false,
      date: () => now,
      log,
      ...more,
    })
    onTestFinished(() => directory.close())
    return directory
  }

  it('finds those that live, also one that came a moment ago, and neither the dead nor itself', async () => {
    const a = await join('a')
    expect(await a.find('b')).toBeUndefined()
    await join('b')
    expect(await a.find('b')).toBe('sip:b.example.org;transport=tcp')
    expect(await a.find('a')).toBeUndefined()
    now += TIMEOUT + 1
    expect(await a.find('b')).toBeUndefined()
  })

  it('gives signs of life, and takes note of those of others', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const byA = () => said.filter(line => line.startsWith('a:'))
    const a = await join('a')
    await join('b', { timeout: 1e9 })
    now += TIMEOUT / 4
    vi.advanceTimersByTime(TIMEOUT / 4)
    await vi.waitFor(() => expect(byA()).toStrictEqual(['a: another server is there {"node":"b"}']))
    expect(await database.nodes.get('a')).toMatchObject({ heartbeat: now })
    now += TIMEOUT
    vi.advanceTimersByTime(TIMEOUT / 4)
    await vi.waitFor(() => expect(byA().slice(1)).toStrictEqual(['a: another server is gone {"node":"b"}']))
    expect(await a.find('b')).toBeUndefined()
  })

  it('says once that the database cannot be told, and goes on when it can', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    let broken = false
    let tries = 0
    const nodes = Object.assign(Object.create(database.nodes) as OpenedServerDatabase['nodes'], {
      beat: async (node: Parameters<OpenedServerDatabase['nodes']['beat']>[0]) => {
        tries++
        if (broken) throw new Error('no')
        await database.nodes.beat(node)
      },
      alive: (since: number) => database.nodes.alive(since),
      get: (id: string) => database.nodes.get(id),
      remove: (id: string) => database.nodes.remove(id),
    })
    await join('a', { database: { nodes, bindings: database.bindings } })
    broken = true
    for (const count of [2, 3]) {
      vi.advanceTimersByTime(TIMEOUT / 4)
      await vi.waitFor(() => expect(tries).toBe(count))
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(said).toStrictEqual(['a: no sign of life could be given {"node":"a"}'])
    broken = false
    now += 5
    vi.advanceTimersByTime(TIMEOUT / 4)
    await vi.waitFor(async () => expect(await database.nodes.get('a')).toMatchObject({ heartbeat: now }))
  })

  it('lets nobody have the name of a server that runs, and lets one that was killed come back', async () => {
    await join('a')
    const other = join('a', { address: 'sip:elsewhere.example.org' })
    await expect(other).rejects.toMatchObject({ code: 'config', message: expect.stringContaining('"a"') })
    await join('a')
    now += TIMEOUT + 1
    await join('a', { address: 'sip:elsewhere.example.org' })
  })

  it('forgets connections of an earlier life and its own row when it leaves', async () => {
    const aor = 'sip:bob@example.org'
    const put = (node: string) =>
      database.bindings.update(aor, now, known => ({ bindings: [...known, binding({ node, flow: 'in-1' })], result: 0 }))
    await put('a')
    const a = await join('a')
    expect(await database.bindings.of(aor, now)).toStrictEqual([])
    await put('a')
    await a.close()
    expect(await database.bindings.of(aor, now)).toStrictEqual([])
    expect(await database.nodes.get('a')).toBeUndefined()
  })

  it('counts as dead at once when the others are to take over what it leaves', async () => {
    const a = await join('a', { isFollowed: true })
    await a.close()
    expect((await database.nodes.dead(now - TIMEOUT)).map(({ id }) => id)).toStrictEqual(['a'])
    await join('a', { address: 'sip:elsewhere.example.org' })
  })

  it('ends without the database too', async () => {
    const broken = Object.assign(Object.create(database.nodes) as OpenedServerDatabase['nodes'], {
      beat: async () => {},
      alive: async () => [],
      get: async () => undefined,
      remove: () => Promise.reject(new Error('gone')),
    })
    const a = await join('a', { database: { nodes: broken, bindings: database.bindings } })
    await a.close()
    expect(said).toStrictEqual(['a: the other servers could not be told of the end {"node":"a"}'])
  })
})
