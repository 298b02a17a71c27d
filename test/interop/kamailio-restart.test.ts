import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { kamailioInstalled } from '../kit/kamailio.js'
import { KamailioWorld, until } from '../kit/kamailio-world.js'
import { sha1 } from '../kit/temp-folder.js'

// Half a minute is right for a million clients, not for a test
vi.mock('../../src/sip/limits.js', async importOriginal => ({
  ...(await importOriginal<object>()),
  REGISTER_BACKOFF: { first: 400, last: 3200 },
}))

const SIZE = 24 * 1024 * 1024

describe.skipIf(!kamailioInstalled())('when a real Kamailio is started again', () => {
  let world: KamailioWorld
  beforeEach(async () => {
    world = await KamailioWorld.start()
  })
  afterEach(() => world.close())

  for (const transport of ['tcp', 'tls', 'ws'] as const)
    it(`clients on ${transport} come back by themselves, running files go on, later ones work @req SIP-3`, async () => {
      const { kamailio } = world
      const alice = (await world.party('alice', transport)).acceptAll()
      const bob = await world.party('bob', transport)
      await Promise.all([alice.client.ready, bob.client.ready])
      const file = kamailio.folder.file('large.bin', randomBytes(SIZE))

      // Bob reads a part and waits, so that the transfer cannot end before the restart
      let goOn: () => void = () => undefined
      const gate = new Promise<void>(resolve => {
        goOn = resolve
      })
      let got = 0
      const reading = (async () => {
        for await (const offer of bob.client.offers()) {
          const received = offer.accept().files[0]
          for await (const octets of received?.readable ?? []) {
            got += octets.length
            if (got > SIZE / 8) await gate
          }
          return
        }
      })()
      const transfer = alice.client.send(bob.client.aor, file)
      await until(() => got > SIZE / 8, 10_000, 'half of the file')

      await kamailio.stop()
      await until(() => [alice, bob].every(({ registrations }) => registrations.at(-1) === 'registration-failed'), 10_000, 'the loss')
      // Nobody listens for a while: they try in vain, each time later
      await until(() => [alice, bob].every(({ registrations }) => registrations.length >= 4), 15_000, 'a second try')
      await kamailio.run()
      await until(() => [alice, bob].every(({ registrations }) => registrations.at(-1) === 'registered'), 15_000, 'registration')
      goOn()
      const report = await transfer.done
      await reading
      expect([report.files[0]?.state, report.files[0]?.error?.message]).toEqual(['done', undefined])
      expect(got).toBe(SIZE)

      // The dialog that is older than this Kamailio comes to its end by BYE
      await until(() => bob.starts('in').some(start => start.startsWith('BYE ')), 10_000, 'BYE')
      const small = kamailio.folder.file('small.txt', 'after the restart\n')
      const next = await bob.client.send(alice.client.aor, small).done
      expect([next.ok, next.files[0]?.error?.message], kamailio.log).toEqual([true, undefined])
      expect(readdirSync(alice.inbox).map(name => sha1(`${alice.inbox}/${name}`))).toEqual([sha1(small)])
      expect(bob.starts('out').filter(start => / 4[0-9][0-9] /.test(start))).toEqual([])
    })

  it('a file that ends while nobody carries its closing offer stays done @req SND-7', async () => {
    const { kamailio } = world
    const alice = (await world.party('alice', 'tls')).acceptAll()
    const bob = await world.party('bob', 'tls')
    await Promise.all([alice.client.ready, bob.client.ready])
    const file = kamailio.folder.file('large.bin', randomBytes(SIZE))
    let got = 0
    const reading = (async () => {
      for await (const offer of bob.client.offers()) {
        for await (const octets of offer.accept().files[0]?.readable ?? []) {
          if (got === 0) await kamailio.stop()
          got += octets.length
        }
        return
      }
    })()
    const report = await alice.client.send(bob.client.aor, file).done
    await reading
    expect([report.files[0]?.state, report.files[0]?.error?.message, got]).toEqual(['done', undefined, SIZE])
    await kamailio.run()
    await until(() => [alice, bob].every(({ registrations }) => registrations.at(-1) === 'registered'), 15_000, 'registration')
    const next = await bob.client.send(alice.client.aor, kamailio.folder.file('small.txt', 'after the restart\n')).done
    expect([next.ok, next.files[0]?.error?.message], kamailio.log).toEqual([true, undefined])
  })
})
