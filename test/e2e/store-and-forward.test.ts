import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Client, Notice, Transfer } from '../../src/node/index.js'
import { sameOctets, ServerWorld, takeNext } from '../kit/server-world.js'

let world: ServerWorld | undefined

afterEach(async () => {
  await world?.[Symbol.asyncDispose]()
  world = undefined
})

async function spooled(): Promise<string[]> {
  const names = await readdir(join(world?.folder ?? '', 'spool')).catch(() => [])
  return names.filter(name => name.endsWith('.cpmft-deposit'))
}

async function noticeOf(client: Client, state: Notice['state']): Promise<Notice> {
  for await (const notice of client.notices()) if (notice.state === state) return notice
  throw new Error('no notice came')
}

function pathOf(transfer: Transfer): string | undefined {
  return transfer.files[0]?.path
}

describe('a file for somebody who is away', () => {
  it('is kept, and brought when the recipient registers @req RCS-9 RCS-10', async () => {
    world = await ServerWorld.start()
    const alice = await world.client('alice', { notifications: true })
    const source = await world.file('report.pdf', 300_000)
    const stored = noticeOf(alice, 'stored')
    const transfer = alice.send(world.aor('bob'), source)
    const result = await transfer.done
    expect(result.ok).toBe(true)
    expect((await stored).name).toBe('report.pdf')
    expect(await spooled()).toHaveLength(1)
    const delivered = noticeOf(alice, 'delivered')
    const bob = await world.client('bob', { notifications: true })
    const received = await takeNext(bob)
    expect(received.peer).toMatchObject({ uri: world.aor('alice'), identity: 'asserted' })
    expect(await sameOctets(pathOf(received), source)).toBe(true)
    expect((await delivered).name).toBe('report.pdf')
    await expect.poll(spooled).toEqual([])
  }, 20_000)
})
