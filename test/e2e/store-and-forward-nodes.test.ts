import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openServerDatabase } from '../../src/server/index.js'
import { tempFolder } from '../node/temp-folder.js'
import { sameOctets, ServerWorld, takeNext } from '../kit/server-world.js'

describe('a file that a server kept', { timeout: 60_000 }, () => {
  const start = async (sharedSpool: boolean) => {
    const folder = tempFolder()
    const database = await openServerDatabase(join(folder, 'server.db'))
    const news: string[] = []
    const world = (node: string): Promise<ServerWorld> => {
      const data = join(folder, node)
      mkdirSync(data)
      const onNews = ({ type }: { type: string }): void => void news.push(`${node} ${type}`)
      const storeAndForward = { spool: join(folder, 'spool'), sharedSpool, limits: { sweep: 100 }, onNews }
      return ServerWorld.start({ database, secret: new Uint8Array(32).fill(3), node, data, storeAndForward, openRegistration: true })
    }
    const [a, b] = [await world('a'), await world('b')]
    const spool = (): string[] => readdirSync(join(folder, 'spool'))
    return { a, b, news, spool, database }
  }

  it('is delivered by it to who registers at another one @req RCS-9', async () => {
    const { a, b, news, spool, database } = await start(false)
    const source = await a.file('plan.bin', 200_000)
    expect((await (await a.client('alice')).send('sip:bob@cpm.test', source).done).ok).toBe(true)
    const received = await takeNext(await b.client('bob'))
    expect(await sameOctets(received.files[0]?.path, source)).toBe(true)
    await expect.poll(() => news).toEqual(['a stored', 'a delivered'])
    expect(spool()).toEqual([])
    await a[Symbol.asyncDispose]()
    await b[Symbol.asyncDispose]()
    await database.close()
  })

  it('is delivered by another one that has the same folder, once that is gone @req RCS-9', async () => {
    const { a, b, news, spool, database } = await start(true)
    const source = await b.file('plan.bin', 200_000)
    const alice = await a.client('alice')
    expect((await alice.send('sip:bob@cpm.test', source).done).ok).toBe(true)
    expect(spool()).toHaveLength(1)
    await alice.close()
    await a.server.close()
    const received = await takeNext(await b.client('bob'))
    expect(await sameOctets(received.files[0]?.path, source)).toBe(true)
    await expect.poll(() => news).toEqual(['a stored', 'b delivered'])
    expect(spool()).toEqual([])
    await a[Symbol.asyncDispose]()
    await b[Symbol.asyncDispose]()
    await database.close()
  })
})
