import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { group } from '../../src/node/index.js'
import { pattern } from '../server/passage-kit.js'
import { tempFolder } from '../node/temp-folder.js'
import { accept, type Conduct, decline, GroupWorld, type Member, type Pace, sha1 } from './group-world.js'

let world: GroupWorld
let folder: string

function file(size: number): { readonly path: string; readonly sha1: string } {
  const bytes = pattern(size)
  const path = join(folder, 'build.zip')
  writeFileSync(path, bytes)
  return { path, sha1: sha1(bytes) }
}

async function until(condition: () => boolean, seconds = 10): Promise<void> {
  for (const end = performance.now() + seconds * 1000; !condition(); ) {
    if (performance.now() > end) throw new Error('It never came true.')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** Files on the disk of the server. */
const spooled = (): string[] => (existsSync(world.spool) ? readdirSync(world.spool) : [])

const people = (names: readonly string[]): string[] => names.map(name => `sip:${name}@cpm.test`)

beforeEach(async () => {
  folder = tempFolder()
  world = await GroupWorld.open(folder)
})

afterEach(async () => {
  await world.close()
  expect(spooled()).toEqual([])
}, 60_000)

describe('a group through the server', () => {
  it('gets a file, each member its own copy of every octet, without a file on disk @req GRP-14 GRP-18 GRP-27', async () => {
    const source = file(3_000_000)
    const alice = await world.member('alice')
    const names = ['bob', 'carol', 'dave']
    const members = await Promise.all(names.map(name => world.member(name)))
    const report = await alice.client.send(group(people(names)), source.path).done
    expect(report.recipients?.map(({ files }) => files.map(({ state }) => state))).toEqual(names.map(() => ['delivered']))
    for (const member of members) expect(member.files()).toEqual([source.sha1])
    expect(existsSync(world.spool)).toBe(false)
  })

  it('serves who accepts, whoever else declines, is away, dies or reads 10 KiB a second @req GRP-29 GRP-31 GRP-33', async () => {
    const source = file(24_000_000)
    const pace: Pace = { rate: 10 * 1024 }
    const alice = await world.member('alice')
    const bob = await world.member('bob')
    await world.member('carol', decline)
    const slow = await world.member('erin', accept, pace)
    const crashing = await world.member('frank', accept, { rate: 500_000 })
    const transfer = alice.client.send(group(people(['bob', 'carol', 'dave', 'erin', 'frank'])), source.path)
    const stateOf = (name: string): string | undefined =>
      transfer.recipients?.find(({ uri }) => uri === `sip:${name}@cpm.test`)?.files[0]?.state
    await until(() => stateOf('frank') === 'sending')
    await world.crash(crashing)
    await until(() => bob.files().length === 1)
    expect(bob.files()).toEqual([source.sha1])
    expect(slow.files()).toEqual([])
    expect(spooled()).toHaveLength(1)
    await until(() => stateOf('bob') === 'delivered' && stateOf('frank') === 'failed')
    expect(stateOf('erin')).toBe('sending')
    pace.rate = Number.POSITIVE_INFINITY
    const report = await transfer.done
    expect(slow.files()).toEqual([source.sha1])
    const away = /unreachable|failed/
    expect(report.recipients?.map(({ uri, files }) => [uri.slice(4, uri.indexOf('@')), files[0]?.state])).toEqual([
      ['bob', 'delivered'],
      ['carol', 'declined'],
      ['dave', expect.stringMatching(away)],
      ['erin', 'delivered'],
      ['frank', 'failed'],
    ])
  }, 60_000)

  it('ends for all when the creator dies in the middle, and leaves nothing behind @req GRP-32', async () => {
    const source = file(24_000_000)
    const alice = await world.member('alice')
    const outcomes: string[] = []
    const conduct: Conduct = async (offer, into) => {
      const { files } = await offer.accept(undefined, { into }).done
      outcomes.push(...files.map(({ state }) => state))
    }
    const members = [await world.member('bob', conduct, { rate: 2_000_000 }), await world.member('carol', conduct, { rate: 50_000 })]
    const transfer = alice.client.send(group(people(['bob', 'carol'])), source.path)
    await until(() => (transfer.files[0]?.bytes ?? 0) > 4_000_000)
    await world.crash(alice)
    await until(() => outcomes.length === 2, 60)
    expect(outcomes.filter(state => state === 'completed')).toEqual([])
    for (const member of members) expect(member.files()).toEqual([])
    await until(() => spooled().length === 0)
  }, 90_000)

  it('tells the creator when everybody declines @req GRP-20', async () => {
    const source = file(1000)
    const alice = await world.member('alice')
    for (const name of ['bob', 'carol']) await world.member(name, decline)
    const report = await alice.client.send(group(people(['bob', 'carol'])), source.path).done
    expect(report.files.map(({ state }) => state)).toEqual(['declined'])
    expect(report.recipients?.map(({ state }) => state)).toEqual(['declined', 'declined'])
  }, 30_000)

  for (const count of [20, 100]) {
    it(`reaches ${count} members of a defined group, of whom some decline, are away, read 10 KiB a second or die @req GRP-40 GRP-10 GRP-29 GRP-31`, async () => {
      const source = file(3_000_000)
      const names = Array.from({ length: count }, (_, index) => `m${index}`)
      const of = (kind: Kind): string[] => names.filter((_, index) => kindOf(index) === kind)
      await world.server.database.groups.put({
        name: 'Team',
        uri: 'sip:team@cpm.test',
        members: people(['alice', ...names]).map(uri => ({ uri, hidden: false })),
        senders: 'members',
        maxSize: 200,
      })
      const alice = await world.member('alice')
      const pace: Pace = { rate: 10 * 1024 }
      const members = new Map<string, Member>()
      for (const name of of('well')) members.set(name, await world.member(name))
      for (const name of of('decline')) members.set(name, await world.member(name, decline))
      for (const name of of('slow')) members.set(name, await world.member(name, accept, pace))
      for (const name of of('die')) members.set(name, await world.member(name, accept, { rate: 50_000 }))
      const filesOf = (name: string): readonly string[] => members.get(name)?.files() ?? []
      const transfer = alice.client.send(group('sip:team@cpm.test'), source.path)
      const areAll = (kind: Kind, ...states: string[]): boolean => {
        const uris = new Set(people(of(kind)))
        const those = (transfer.recipients ?? []).filter(({ uri }) => uris.has(uri))
        return those.length === uris.size && those.every(({ files }) => states.includes(files[0]?.state ?? ''))
      }
      await until(() => areAll('die', 'sending'), 60)
      for (const name of of('die')) await world.crash(members.get(name) as Member)
      await until(() => areAll('well', 'delivered'), 60)
      expect(areAll('slow', 'sending')).toBe(true)
      for (const name of of('slow')) expect(filesOf(name)).toEqual([])
      pace.rate = Number.POSITIVE_INFINITY
      await transfer.done
      for (const name of [...of('well'), ...of('slow')]) expect(filesOf(name)).toEqual([source.sha1])
      expect(areAll('slow', 'delivered')).toBe(true)
      expect(areAll('decline', 'declined')).toBe(true)
      expect(areAll('away', 'unreachable', 'failed')).toBe(true)
      expect(areAll('die', 'failed')).toBe(true)
    }, 180_000)
  }
})

type Kind = 'well' | 'decline' | 'away' | 'slow' | 'die'

/** Of ten members six do as they are told, and each of the others in a way of its own. */
function kindOf(index: number): Kind {
  return (['well', 'die', 'well', 'decline', 'well', 'away', 'well', 'slow', 'well', 'well'] as const)[index % 10] ?? 'well'
}
