import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, group, type Transfer } from '../../src/client/index.js'
import { installed } from '../kit/installed.js'
import { takeNext } from '../kit/server-world.js'
import { sha1 } from '../kit/temp-folder.js'
import { postgresPrograms } from '../server/postgres-cluster.js'
import { ManyNodes } from './many-nodes-world.js'

const programs = postgresPrograms()
if (programs === undefined)
  process.stderr.write('skipped: postgresql is not installed (Debian package of the same name; .ci/run installs it)\n')

const hashOf = (transfer: Transfer): string => sha1(transfer.files[0]?.path ?? '')

describe.skipIf(!installed('kamailio', '-v') || programs === undefined)(
  'two servers behind Kamailio, with one PostgreSQL',
  { timeout: 70_000 },
  () => {
    let world: ManyNodes
    let alice: Client
    let bob: Client
    let carol: Client
    const seen: string[] = []
    let people = 0

    beforeAll(async () => {
      world = await ManyNodes.start(programs as string)
      await world.addUsers('alice', 'bob', 'carol', 'dave', 'erin')
      alice = await world.client('alice', { chunkSize: 2048 })
      bob = await world.client('bob')
      carol = await world.client('carol')
      void (async () => {
        for await (const entry of alice.trace()) if (entry.kind === 'message' && entry.protocol === 'sip') seen.push(entry.text)
      })()
    }, 60_000)
    afterAll(() => world?.close(), 60_000)

    const file = (name: string, octets: number): string => world.folder.file(name, randomBytes(octets))

    it('register people at Kamailio, which leads to them whatever server is asked', async () => {
      const [binding] = await world.database.bindings.of(world.aor('bob'), Date.now())
      expect(binding?.node).toBeUndefined()
      expect(binding?.path[0]).toMatch(/^<sip:edge@127\.0\.0\.1:\d+;transport=tcp;lr;received=sip:[^;]+;ob>$/)
      expect((await world.database.nodes.alive(Date.now() - 3000)).map(({ id }) => id)).toStrictEqual(['a', 'b'])
    })

    it('bring a file from one person to another', async () => {
      const path = file('one.bin', 400_000)
      const taken = takeNext(bob)
      const report = await alice.send(world.aor('bob'), path).done
      expect(report, world.log).toMatchObject({ ok: true })
      expect(hashOf(await taken)).toBe(sha1(path))
    })

    it('bring a file to somebody who is connected to one server, from Kamailio and from the other one', async () => {
      const erin = await world.client('erin', { proxy: world.nodeProxy('b') })
      const path = file('direct.bin', 200_000)
      for (const sender of [alice, await world.client('dave', { proxy: world.nodeProxy('a') })]) {
        const taken = takeNext(erin)
        expect(await sender.send(world.aor('erin'), path).done, world.log).toMatchObject({ ok: true })
        expect(hashOf(await taken)).toBe(sha1(path))
        if (sender !== alice) await sender.close()
      }
      await erin.close()
    })

    it('carry on when one is killed in the middle @req GRP-18 RCS-9 RCS-10', async () => {
      const stored = file('stored.bin', 300_000)
      const away = await keepAtBoth(stored)
      const members = [world.aor('bob'), world.aor('carol')]
      const first = [takeNext(bob), takeNext(carol)]
      expect(await alice.send(group(members), file('small.bin', 100_000)).done, world.log).toMatchObject({ ok: true })
      await Promise.all(first)

      const path = file('group.bin', 48_000_000)
      const cut = [takeNext(bob), takeNext(carol)]
      seen.length = 0
      const running = alice.send(group(members), path)
      for await (const event of running) if (event.type === 'progress' && event.sent > 500_000) break
      // the session before may still say something
      const [, node] = seen.map(text => /^Contact: <sip:ft-(\w+)-/m.exec(text)).findLast(found => found !== null) as RegExpExecArray
      await world.kill(node as string)
      const report = await running.done
      expect(report.ok).toBe(false)
      expect(report.error ?? report.files[0]?.error).toBeDefined()
      for (const transfer of await Promise.all(cut)) expect((await transfer.done).ok).toBe(false)

      // registrations are there, and sessions begin at the other one
      const again = [takeNext(bob), takeNext(carol)]
      const retried = await alice.retry(running.id)
      const result = await retried.done
      const why = [result.error, ...(result.recipients ?? []).map(({ uri, state, error }) => `${uri} ${state} ${error}`)].join(', ')
      expect(result, `${why}\n${world.log}`).toMatchObject({ ok: true })
      for (const transfer of await Promise.all(again)) expect(hashOf(transfer)).toBe(sha1(path))
      const oneToOne = takeNext(carol)
      expect(await bob.send(world.aor('carol'), stored).done, world.log).toMatchObject({ ok: true })
      expect(hashOf(await oneToOne)).toBe(sha1(stored))

      // what either of them kept is delivered, and nothing is left
      for (const user of away) expect(hashOf(await takeNext(await world.client(user)))).toBe(sha1(stored))
      await expect.poll(() => readdirSync(world.folder.join('spool')).filter(name => name.endsWith('.cpmft-deposit'))).toEqual([])
    })

    it('leave what they keep to one another when they end in good order, and come back under their names @req RCS-9 RCS-10', async () => {
      for (const [node, server] of world.nodes)
        if (server.process.exitCode !== null || server.process.signalCode !== null) await world.run(node)
      const stored = file('later.bin', 100_000)
      const away = await keepAtBoth(stored)
      const first = world.nodes.get('a')
      first?.process.kill('SIGTERM')
      expect(await first?.exit).toBe(0)
      for (const user of away) expect(hashOf(await takeNext(await world.client(user)))).toBe(sha1(stored))
      await world.run('a')
      const taken = [takeNext(bob), takeNext(carol)]
      expect(await alice.send(group([world.aor('bob'), world.aor('carol')]), stored).done, world.log).toMatchObject({ ok: true })
      for (const transfer of await Promise.all(taken)) expect(hashOf(transfer)).toBe(sha1(stored))
    })

    /** Sends a file to people who are away until both servers keep one. @returns those people */
    async function keepAtBoth(path: string): Promise<string[]> {
      const keepers = new Set<string>()
      const away: string[] = []
      for (const end = performance.now() + 25_000; keepers.size < 2 && performance.now() < end; ) {
        // Kamailio may still have to learn that a server is back
        if (away.length > 10) await new Promise(resolve => setTimeout(resolve, 500))
        const user = `away${people++}`
        away.push(user)
        await world.addUsers(user)
        expect(await bob.send(world.aor(user), path).done, world.log).toMatchObject({ ok: true })
        for (const { node } of await world.database.deposits.waitingFor(world.aor(user))) keepers.add(node)
      }
      expect(keepers.size).toBe(2)
      return away
    }
  },
)
