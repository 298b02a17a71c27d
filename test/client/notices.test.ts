import { afterEach, describe, expect, it } from 'vitest'
import type { Notice } from '../../src/client/index.js'
import { alice, bob, finish, HELLO, NOTES, pair, refuse, start } from '../kit/client-world.js'
import { header } from '../kit/wire-log.js'

afterEach(finish)

function gather(): Notice[] {
  const seen: Notice[] = []
  void (async () => {
    for await (const notice of pair.alice.notices()) seen.push(notice)
  })()
  return seen
}

describe('notifications of delivery and display', () => {
  it('come by MESSAGE once a file is saved, and once it was opened, each once @req IMDN-1 IMDN-3 IMDN-4 IMDN-5', async () => {
    await start({ remember: true, alice: { notifications: true }, bob: { displayName: 'Bob Stone' } })
    pair.serve()
    const seen = gather()
    const transfer = pair.alice.send(pair.bobUri, [pair.file('notes.txt', NOTES), pair.file('hello.txt', HELLO)])
    await pair.network.until(transfer.done)
    await pair.network.run(500)
    expect(seen.map(({ name, state }) => `${name} ${state}`).sort()).toEqual(['hello.txt delivered', 'notes.txt delivered'])
    const [received] = await pair.bob.history()
    for (let round = 0; round < 2; round++) await pair.network.until(pair.bob.displayed(received?.id ?? '', 0))
    await pair.network.run(500)
    expect(seen.slice(2)).toEqual([{ transferId: transfer.id, index: 0, name: 'notes.txt', peer: pair.bobUri, state: 'displayed' }])
    expect((await pair.alice.history())[0]?.files.map(({ notice }) => notice)).toEqual(['displayed', 'delivered'])
    const [message = ''] = alice.texts('<- MESSAGE')
    expect(header(message, 'Content-Type')).toBe('message/cpim')
    expect(header(message, 'P-Preferred-Service')).toBe('urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg')
    expect(message).toContain('Content-Type: message/imdn+xml')
    expect(message).toContain('<delivered')
    const asked = alice.messages.filter(({ protocol, text }) => protocol === 'msrp' && text.includes(' SEND'))
    expect(asked).toHaveLength(2)
  })

  it('are not sent for declined files, nor when nobody asked, nor of displays when the user does not want it @req IMDN-3 IMDN-8', async () => {
    await start({ remember: true, alice: { notifications: true }, bob: { displayNotifications: false } })
    pair.serve(offer => (pair.offers.length === 1 ? refuse(offer) : offer.accept()))
    const send = (options = {}) => pair.network.until(pair.alice.send(pair.bobUri, pair.file('notes.txt', NOTES), options).done)
    await send()
    await pair.network.run(500)
    expect(bob.labels.filter(text => text.startsWith('-> MESSAGE'))).toEqual([])
    await send()
    await pair.network.run(500)
    const [received] = await pair.bob.history()
    await pair.network.until(pair.bob.displayed(received?.id ?? '', 0))
    await pair.network.run(500)
    expect(bob.labels.filter(text => text.startsWith('-> MESSAGE'))).toHaveLength(1)
  })

  it('do not tell of a file that was lost, as nobody asked for that @req IMDN-1 IMDN-3', async () => {
    await start({ remember: true, alice: { notifications: true, releaseTimer: 0 } })
    pair.serve()
    pair.hosts.alice.files.set('/outbox/liar.bin', { bytes: NOTES, digest: Uint8Array.from({ length: 20 }, () => 7) })
    const seen = gather()
    await pair.network.until(pair.alice.send(pair.bobUri, '/outbox/liar.bin').done)
    await pair.network.run(500)
    expect(seen).toEqual([])
    expect(pair.received[0]?.files[0]?.error?.code).toBe('hash-mismatch')
  })

  it('that are nonsense change nothing @req IMDN-4', async () => {
    await start({ remember: true, alice: { notifications: true } })
    const seen = gather()
    const bodies = [
      '',
      'From: <sip:x@y>\r\n\r\nContent-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n<!DOCTYPE a><imdn/>',
      '\0',
    ]
    for (const body of bodies) await message(body)
    await pair.network.run(500)
    expect(seen).toEqual([])
    expect(alice.labels.filter(text => text === '-> 200 MESSAGE')).toHaveLength(bodies.length)
  })
})

/** A MESSAGE of a stranger, by hand. */
async function message(body: string): Promise<void> {
  const call = Math.random().toString(36).slice(2)
  const text = [
    'MESSAGE sip:alice@192.0.2.10:5060 SIP/2.0',
    `Via: SIP/2.0/TCP 192.0.2.20:5099;branch=z9hG4bK${call}`,
    'Max-Forwards: 70',
    'From: <sip:mallory@192.0.2.20>;tag=1',
    'To: <sip:alice@192.0.2.10>',
    `Call-ID: ${call}`,
    'CSeq: 1 MESSAGE',
    'Content-Type: message/cpim',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
  const connection = await pair.network.until(pair.network.connect('192.0.2.20', { transport: 'tcp', host: '192.0.2.10', port: 5060 }))
  connection.start({ onBytes: () => undefined, onWritten: () => undefined, onClosed: () => undefined })
  connection.write([Buffer.from(text)])
  await pair.network.run(50)
  connection.end()
}
