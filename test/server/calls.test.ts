import { describe, expect, it } from 'vitest'
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
