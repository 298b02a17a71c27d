import { describe, expect, it } from 'vitest'
import { group } from '../../src/client/index.js'
import { sameOctets, ServerWorld, takeNext } from '../kit/server-world.js'

describe('calls through the server', () => {
  it('two clients register without password and one sends the other a file', async () => {
    await using world = await ServerWorld.start()
    const bob = await world.client('bob')
    const alice = await world.client('alice')
    const path = await world.file('notes.bin', 100_000)
    const taken = takeNext(bob)
    const report = await alice.send(world.aor('bob'), path).done
    expect(report.ok).toBe(true)
    const received = await taken
    expect(await sameOctets(received.files[0]?.path, path)).toBe(true)
    expect(received.peer).toMatchObject({ uri: world.aor('alice'), identity: 'asserted' })
  })

  it('two clients with passwords do the same', async () => {
    await using world = await ServerWorld.start({ openRegistration: false })
    await world.addUser('alice')
    await world.addUser('bob')
    const bob = await world.client('bob')
    const alice = await world.client('alice')
    const path = await world.file('notes.bin', 100_000)
    const taken = takeNext(bob)
    const report = await alice.send(world.aor('bob'), path).done
    expect(report.ok).toBe(true)
    expect(await sameOctets((await taken).files[0]?.path, path)).toBe(true)
  })
})

describe('groups through the server', () => {
  it('an ad-hoc group gets a file over factory, proxy and focus @req GRP-14 GRP-19', async () => {
    await using world = await ServerWorld.start()
    const members = await Promise.all(['bob', 'carol', 'dan'].map(user => world.client(user)))
    const alice = await world.client('alice')
    const path = await world.file('notes.bin', 300_000)
    const taken = members.map(takeNext)
    const report = await alice.send(group(['bob', 'carol', 'dan'].map(user => world.aor(user))), path).done
    expect(report.ok).toBe(true)
    for (const received of await Promise.all(taken)) expect(await sameOctets(received.files[0]?.path, path)).toBe(true)
  })

  it('a pre-defined group is reached by its address, by members only @req GRP-10 GRP-12 GRP-40', async () => {
    await using world = await ServerWorld.start({ openRegistration: false })
    for (const user of ['alice', 'bob', 'carol', 'mallory']) await world.addUser(user)
    const uri = world.aor('team')
    const team = ['alice', 'bob', 'carol'].map(user => ({ uri: world.aor(user), hidden: false }))
    await world.server.database.groups.put({ name: 'Team', uri, members: team, senders: 'members', maxSize: 10 })
    const members = await Promise.all(['bob', 'carol'].map(user => world.client(user)))
    const alice = await world.client('alice')
    const path = await world.file('notes.bin', 50_000)
    const taken = members.map(takeNext)
    expect((await alice.send(group(uri), path).done).ok).toBe(true)
    for (const received of await Promise.all(taken)) expect(await sameOctets(received.files[0]?.path, path)).toBe(true)
    const mallory = await world.client('mallory')
    const refused = await mallory.send(group(uri), path).done
    expect([refused.ok, refused.files[0]?.error?.status]).toEqual([false, 403])
  })
})
