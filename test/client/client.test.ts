import { createHash, randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { TraceEntry } from '../../src/trace/index.js'
import { VirtualPair } from '../kit/virtual-pair.js'

const NOTES = new TextEncoder().encode('The quick brown fox jumps over the lazy dog\n'.repeat(100))

let pair: VirtualPair
afterEach(async () => {
  await pair.close()
  await pair.network.run(100)
  expect(pair.network.openResources()).toEqual([])
})

/** `INVITE`, `200 INVITE`, `SEND $` in the order a client saw them. */
function labels(entries: readonly TraceEntry[]): string[] {
  return entries.flatMap(entry => {
    if (entry.kind !== 'message') return []
    const arrow = entry.direction === 'out' ? '->' : '<-'
    const first = entry.text.slice(0, entry.text.indexOf('\r'))
    if (entry.protocol === 'sip') {
      const method = /^CSeq:\s*\d+ (\w+)/im.exec(entry.text)?.[1] ?? ''
      const status = /^SIP\/2\.0 (\d+)/.exec(first)?.[1]
      return [status === undefined ? `${arrow} ${method}` : `${arrow} ${status} ${method}`]
    }
    const [, , word] = first.split(' ')
    return [`${arrow} ${word}${entry.flag === undefined || word === '200' ? '' : ` ${entry.flag}`}`]
  })
}

function record(client: { trace(): AsyncIterable<TraceEntry> }): TraceEntry[] {
  const list: TraceEntry[] = []
  void (async () => {
    for await (const entry of client.trace()) list.push(entry)
  })()
  return list
}

describe('two clients on a virtual network', () => {
  it('walks callflow 1 message by message @req CR-1 CR-10 CR-14 CR-15 SND-2 MSRP-51 SIP-10 SIP-13', async () => {
    pair = await new VirtualPair().start({ transport: 'tcp', alice: { notifications: false } })
    pair.serve()
    const trace = record(pair.alice)
    const transfer = pair.alice.send(pair.bobUri, pair.file('notes.txt', NOTES))
    const report = await pair.network.until(transfer.done)
    expect(report.files.map(file => [file.name, file.state, file.error?.message])).toEqual([['notes.txt', 'done', undefined]])
    await pair.network.run(31_000)
    expect(labels(trace).filter(label => label !== '<- 100 INVITE')).toEqual([
      '-> INVITE',
      '<- 180 INVITE',
      '<- 200 INVITE',
      '-> ACK',
      '-> SEND $',
      '<- 200',
      '<- REPORT $',
      '-> INVITE',
      '<- 200 INVITE',
      '-> ACK',
      '-> BYE',
      '<- 200 BYE',
    ])
    expect(pair.hosts.bob.saved.get('/inbox/notes.txt')?.bytes).toEqual(NOTES)
    expect(pair.received[0]?.files[0]?.sha1?.replaceAll(':', '').toLowerCase()).toBe(createHash('sha1').update(NOTES).digest('hex'))
  })

  it('opens one TCP connection for three files and interleaves them @req CR-7 CON-11 CON-18 RCV-17', async () => {
    pair = await new VirtualPair().start({ transport: 'tcp' })
    pair.serve()
    const trace = record(pair.alice)
    const contents = [randomBytes(400_000), randomBytes(300_000), randomBytes(10)]
    const paths = contents.map((content, index) => pair.file(`${index}.bin`, content))
    const report = await pair.network.until(pair.alice.send(pair.bobUri, paths).done)
    expect(report.ok).toBe(true)
    contents.forEach((content, index) => expect(pair.hosts.bob.saved.get(`/inbox/${index}.bin`)?.bytes?.length).toBe(content.length))
    const ends = new Set(trace.flatMap(entry => (entry.kind === 'message' && entry.protocol === 'msrp' ? [entry.local] : [])))
    expect(ends.size).toBe(1)
  })

  it('works over UDP signalling too, with loss and reordering @req SIP-5 SIP-39', async () => {
    pair = await new VirtualPair(7, { loss: 0.2, jitter: 30 }).start()
    pair.serve()
    const transfer = pair.alice.send('sip:bob@192.0.2.20:5060;transport=udp', pair.file('a.txt', NOTES))
    const report = await pair.network.until(transfer.done, 120_000)
    expect(report.ok).toBe(true)
    await pair.network.run(40_000)
  })

  it('joins a second send to the open session @req CR-16 D-6', async () => {
    pair = await new VirtualPair().start({ transport: 'tcp', alice: { notifications: false } })
    pair.serve()
    const trace = record(pair.alice)
    await pair.network.until(pair.alice.send(pair.bobUri, pair.file('a.txt', NOTES)).done)
    await pair.network.run(20_000)
    await pair.network.until(pair.alice.send(pair.bobUri, pair.file('b.txt', NOTES)).done)
    const callIds = new Set(
      trace.flatMap(e => (e.kind === 'message' && e.protocol === 'sip' ? [/^Call-ID:\s*(\S+)/im.exec(e.text)?.[1]] : [])),
    )
    expect(callIds.size).toBe(1)
    expect(pair.offers).toHaveLength(2)
    await pair.network.run(31_000)
    expect(labels(trace).filter(label => label.endsWith('BYE'))).toEqual(['-> BYE', '<- 200 BYE'])
  })

  it('says declined, opens no MSRP and leaves nothing when everything is declined @req CR-22 SND-3', async () => {
    pair = await new VirtualPair().start({ transport: 'tcp' })
    pair.serve(offer => {
      void offer.decline()
      return undefined
    })
    const trace = record(pair.alice)
    const report = await pair.network.until(pair.alice.send(pair.bobUri, pair.file('a.txt', NOTES)).done)
    expect(report.files[0]).toMatchObject({ state: 'declined' })
    expect(report.files[0]?.error).toMatchObject({ code: 'declined', status: 488 })
    expect(labels(trace).filter(label => !label.includes('100'))).toEqual(['-> INVITE', '<- 180 INVITE', '<- 488 INVITE', '-> ACK'])
  })

  it('withdraws the offer with CANCEL, and the prompt goes away @req SIP-18 SND-10 RCV-8', async () => {
    pair = await new VirtualPair().start({ transport: 'tcp' })
    pair.serve(() => undefined)
    const trace = record(pair.alice)
    const transfer = pair.alice.send(pair.bobUri, pair.file('a.txt', NOTES))
    await pair.network.run(1000)
    transfer.abort()
    const report = await pair.network.until(transfer.done)
    await pair.network.run(1000)
    expect(report.files[0]?.state).toBe('cancelled')
    expect(pair.offers[0]?.signal.aborted).toBe(true)
    expect(labels(trace)).toEqual(expect.arrayContaining(['-> CANCEL', '<- 200 CANCEL', '<- 487 INVITE', '-> ACK']))
  })

  it('keeps nothing when a bit flips on the way to the disk, and tells both users @req RCV-13 RCV-14 CR-12', async () => {
    pair = await new VirtualPair().start({ transport: 'tcp' })
    pair.serve()
    pair.hosts.bob.faults.flipBitAt = 100
    const report = await pair.network.until(pair.alice.send(pair.bobUri, pair.file('a.txt', NOTES)).done)
    expect(report.files[0]).toMatchObject({ state: 'failed' })
    expect(report.files[0]?.error).toMatchObject({ code: 'peer-failed', status: 403 })
    const mine = await pair.network.until((pair.received[0] as (typeof pair.received)[0]).done)
    expect(mine.files[0]?.error?.code).toBe('hash-mismatch')
    expect(pair.hosts.bob.saved.size).toBe(0)
  })

  it('stops the sender with 413 when the disk runs full @req RCV-10 OA-41 OA-43', async () => {
    pair = await new VirtualPair().start({ transport: 'tcp' })
    pair.serve()
    pair.hosts.bob.faults.diskFullAt = 500_000
    const report = await pair.network.until(pair.alice.send(pair.bobUri, pair.file('a.bin', randomBytes(5_000_000))).done)
    expect(report.files[0]?.error).toMatchObject({ code: 'aborted-by-peer', status: 413 })
    const mine = await pair.network.until((pair.received[0] as (typeof pair.received)[0]).done)
    expect(mine.files[0]?.error?.code).toBe('disk-full')
    expect(pair.hosts.bob.saved.size).toBe(0)
  })

  it('declines with port 0 what has no room before the 200 @req RCV-10', async () => {
    pair = await new VirtualPair().start({ transport: 'tcp' })
    pair.serve()
    pair.hosts.bob.faults.freeSpace = 1000
    const paths = [pair.file('small.txt', NOTES.subarray(0, 500)), pair.file('large.txt', NOTES)]
    const report = await pair.network.until(pair.alice.send(pair.bobUri, paths).done)
    expect(report.files.map(file => file.state)).toEqual(['done', 'declined'])
  })

  it('ends the message with # when the file changes while it is sent @req SND-4 OA-45 CR-13', async () => {
    pair = await new VirtualPair().start({ transport: 'tcp' })
    pair.serve()
    const trace = record(pair.alice)
    pair.hosts.alice.files.set('/outbox/moving.bin', { bytes: randomBytes(6_000_000), changedAt: 5_000_000 })
    const report = await pair.network.until(pair.alice.send(pair.bobUri, '/outbox/moving.bin').done)
    expect(report.files[0]).toMatchObject({ state: 'failed' })
    expect(report.files[0]?.error?.code).toBe('file-changed')
    await pair.network.run(1000)
    expect(labels(trace)).toContain('-> SEND #')
    expect(pair.hosts.bob.saved.size).toBe(0)
  })

  it('tells the peer and leaves no partial file when the client closes in the middle @req OA-40 SIP-19', async () => {
    pair = await new VirtualPair(3, { latency: 20 }).start({ transport: 'tcp' })
    pair.serve()
    const transfer = pair.alice.send(pair.bobUri, pair.file('a.bin', randomBytes(20_000_000)))
    await pair.network.run(150)
    await pair.network.until(pair.alice.close())
    const report = await pair.network.until(transfer.done)
    expect(report.files[0]?.state).toBe('cancelled')
    await pair.network.run(1000)
    expect(pair.hosts.bob.saved.size).toBe(0)
    expect(pair.received[0]?.files[0]?.state).toBe('failed')
  })

  it('says that nobody can be reached when there is no such host @req SIP-34', async () => {
    pair = await new VirtualPair().start()
    const transfer = pair.alice.send('sip:bob@192.0.2.99:5060;transport=tcp', pair.file('a.txt', NOTES.subarray(0, 10)))
    const report = await pair.network.until(transfer.done, 60_000)
    expect(report.files[0]?.error?.code).toMatch(/^(unreachable|connection-refused)$/)
  })
})
