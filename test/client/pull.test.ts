import { afterEach, describe, expect, it } from 'vitest'
import { alice, BIG, BIG_HASH, bob, finish, HELLO, HELLO_HASH, NOTES, pair, start, states } from '../kit/client-world.js'

afterEach(finish)

const HELLO_SHA1 = HELLO_HASH.slice('sha-1:'.length)
const BIG_SHA1 = BIG_HASH.slice('sha-1:'.length)

describe('callflow 7: pull', () => {
  it('goes step by step @req OA-4 OA-11 OA-23 OA-36 CON-12 CON-13 OA-65', async () => {
    await start()
    await pair.network.until(pair.bob.share(pair.file('hello.txt', HELLO, 'bob')))
    const transfer = pair.alice.get(pair.bobUri, { sha1: HELLO_SHA1 })
    const report = await pair.network.until(transfer.done)
    await pair.network.run(31_000)
    expect(report.ok).toBe(true)
    expect(alice.labels.map(text => text.replace(/\d+-\d+\/\d+/, 'N').replace(/^(-> REPORT N).*/, '$1'))).toEqual([
      '-> INVITE m',
      '<- 180 INVITE',
      '<- 200 INVITE m',
      '-> ACK',
      '-> SEND N $',
      '<- 200',
      '<- SEND N $',
      '-> 200',
      '-> REPORT N',
      '<- INVITE 0',
      '-> 200 INVITE 0',
      '<- ACK',
      '-> BYE',
      '<- 200 BYE',
    ])
    const [offer] = alice.sdps('-> INVITE m')
    expect(offer?.media[0]).toMatchObject({ direction: 'recvonly', selector: `hash:${HELLO_HASH}` })
    const [answer] = alice.sdps('<- 200 INVITE m')
    expect(answer?.media[0]).toMatchObject({ direction: 'sendonly', setup: 'passive', transferId: offer?.media[0]?.transferId })
    expect(answer?.media[0]?.selector).toContain(`hash:${HELLO_HASH}`)
    expect(pair.hosts.alice.saved.get('/inbox/hello.txt')?.bytes).toEqual(HELLO)
  })

  it('asks by name for several files in one session; what is not shared is declined, the others come @req OA-31 OA-32 CR-7', async () => {
    await start()
    const share = await pair.network.until(
      pair.bob.share([pair.file('hello.txt', HELLO, 'bob'), pair.file('big.bin', BIG, 'bob'), pair.file('notes.txt', NOTES, 'bob')]),
    )
    expect(share.files.map(({ name, size, sha1 }) => [name, size, sha1])).toContainEqual(['big.bin', 100_000, BIG_SHA1])
    const transfer = pair.alice.get(pair.bobUri, [{ name: 'hello.txt' }, { name: 'secret.txt' }, { name: 'big.bin', size: 100_000 }])
    const report = await pair.network.until(transfer.done)
    expect(states(transfer)).toEqual(['done', 'declined', 'done'])
    expect(report.files.map(({ path }) => path)).toEqual(['/inbox/hello.txt', undefined, '/inbox/big.bin'])
    expect(pair.hosts.alice.saved.get('/inbox/big.bin')?.bytes).toEqual(BIG)
  })

  it('tells nobody whether a file exists: not shared, closed share and wrong hash get the same 488 @req OA-31 OA-33 OA-35 SEC-13', async () => {
    await start()
    const share = await pair.network.until(pair.bob.share(pair.file('hello.txt', HELLO, 'bob'), { with: ['sip:carol@192.0.2.30'] }))
    const wanted = [{ name: 'hello.txt' }, { name: 'nothing.txt' }, { name: 'hello.txt', sha1: BIG_SHA1 }]
    const refusals: string[] = []
    for (const file of wanted) {
      const report = await pair.network.until(pair.alice.get(pair.bobUri, file).done)
      expect(report.files[0]?.state).toBe('declined')
      const [refusal = ''] = alice.texts('<- 488').slice(-1)
      refusals.push(refusal.replace(/(branch|tag)=[^;\r\n]+|Call-ID:.*|CSeq:.*|To:.*|From:.*/g, ''))
    }
    await share.close()
    await pair.network.until(pair.alice.get(pair.bobUri, wanted[0] ?? {}).done)
    expect(new Set(refusals).size).toBe(1)
    expect(bob.labels.filter(text => text === '-> 488 INVITE')).toHaveLength(4)
    expect(pair.hosts.alice.saved.size).toBe(0)
  })

  it('shows the owner of a share who gets what, and fails when the file changed meanwhile @req OA-35 SND-4', async () => {
    await start()
    const share = await pair.network.until(pair.bob.share(pair.file('hello.txt', HELLO, 'bob')))
    const watching = share[Symbol.asyncIterator]().next()
    await pair.network.until(pair.alice.get(pair.bobUri, { name: 'hello.txt' }).done)
    const served = await pair.network.until(watching)
    expect(served.value).toMatchObject({ peer: { uri: 'sip:alice@192.0.2.10:5060' }, files: [{ name: 'hello.txt' }] })
    pair.hosts.bob.files.set('/outbox/hello.txt', { bytes: NOTES })
    const report = await pair.network.until(pair.alice.get(pair.bobUri, { name: 'hello.txt' }).done)
    expect(report.files[0]?.state).toBe('declined')
  })

  it('checks what came against what was asked for @req OA-11 RCV-14', async () => {
    await start()
    pair.hosts.bob.files.set('/outbox/liar.bin', { bytes: BIG, digest: Uint8Array.from({ length: 20 }, () => 7) })
    await pair.network.until(pair.bob.share('/outbox/liar.bin'))
    const report = await pair.network.until(pair.alice.get(pair.bobUri, { name: 'liar.bin' }).done)
    expect(report.files[0]).toMatchObject({ state: 'failed', error: { code: 'hash-mismatch' } })
    expect(pair.hosts.alice.saved.size).toBe(0)
  })
})
