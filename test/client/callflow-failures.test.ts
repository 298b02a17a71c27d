import { afterEach, describe, expect, it } from 'vitest'
import { decodeUtf8 } from '../../src/wire/index.js'
import { finish, pair, receiveByHand, sendByHand, states } from '../kit/client-world.js'
import { HandPeer } from '../kit/hand-peer.js'
import { responseText } from '../kit/msrp-hand.js'

afterEach(finish)

describe('callflow 4 and 5 with a peer by hand', () => {
  it('4a: no trigger while an earlier chunk waits for its 200 @req CR-8 D-1', async () => {
    const { peer, transfer, offers, sends, reply } = await sendByHand({ successReport: false })
    expect(sends().map(({ flag }) => flag)).toEqual(['+', '+', '$'])
    reply(0)
    reply(2)
    await pair.network.run(2000)
    expect(offers()).toEqual([true])
    expect(states(transfer)).toEqual(['sending'])
    reply(1)
    await pair.network.run(100)
    expect(offers()).toEqual([true, false])
    expect(states(transfer)).toEqual(['done'])
    await peer.stop()
  })

  it('4b: closes when two REPORTs cover the message, not before @req CR-9 MSRP-54 D-1', async () => {
    const { peer, transfer, offers, sends, reply, report } = await sendByHand()
    const total = Number(sends()[0]?.headers['Byte-Range']?.split('/')[1])
    for (const index of [0, 1, 2]) reply(index)
    await pair.network.run(2000)
    expect(offers()).toEqual([true])
    expect(states(transfer)).toEqual(['verifying'])
    report(`1-3000/${total}`)
    report(`1-${total}/${total}`, '000 200 OK', 'anotherMessage01')
    await pair.network.run(2000)
    expect(offers()).toEqual([true])
    report(`2000-${total}/${total}`)
    await pair.network.run(100)
    expect(offers()).toEqual([true, false])
    expect(states(transfer)).toEqual(['done'])
    expect(transfer.files[0]?.confirmed).toBe(true)
    await peer.stop()
  })

  it('says "not confirmed" when the report never comes, and closes the line @req SND-8', async () => {
    const { peer, transfer, offers, reply } = await sendByHand()
    for (const index of [0, 1, 2]) reply(index)
    await pair.network.run(119_000)
    expect(offers()).toEqual([true])
    const report = await pair.network.until(transfer.done)
    expect(report.files[0]).toMatchObject({ state: 'done', confirmed: false })
    await pair.network.run(100)
    expect(offers()).toEqual([true, false])
    await peer.stop()
  })

  it.each([400, 403, 408, 415, 423, 481, 501, 506, 599])(
    '5a: %i fails this file and closes its line @req CR-12 MSRP-45 MSRP-46',
    async status => {
      const { peer, transfer, offers, reply } = await sendByHand()
      reply(0, `${status} Refused`)
      const report = await pair.network.until(transfer.done)
      expect(report.files[0]).toMatchObject({ state: 'failed' })
      expect(report.files[0]?.error).toMatchObject({ status })
      await pair.network.run(100)
      expect(offers()).toEqual([true, false])
      await peer.stop()
    },
  )

  it('5a: ends the chunk that is being sent with # @req MSRP-46 OA-40', async () => {
    const slow: HandPeer['onMsrp'] = ({ connection }) => connection.pause()
    const { peer, transfer, line } = await sendByHand({ chunkSize: 16 * 1024 * 1024 }, new Uint8Array(9_000_000), slow)
    const tid = /^MSRP (\S+) SEND/.exec(line().heard)?.[1] ?? ''
    const [, to = '', from = ''] = /To-Path: (\S+)\r\nFrom-Path: (\S+)/.exec(line().heard) ?? []
    peer.write(line(), responseText(tid, '415 Type', from, to))
    await pair.network.run(50)
    peer.onMsrp = () => undefined
    line().connection.resume()
    const report = await pair.network.until(transfer.done)
    expect(report.files[0]?.error).toMatchObject({ status: 415 })
    await pair.network.run(2000)
    expect(line().heard.match(/\r\n-------[A-Za-z0-9]+[+#$]\r\n/g)).toEqual([`\r\n-------${tid}#\r\n`])
    await peer.stop()
  })

  it('5b: a failure REPORT after the 200 fails the file with its code @req CR-12 MSRP-54 MSRP-47', async () => {
    const { peer, transfer, offers, sends, reply, report } = await sendByHand()
    const total = Number(sends()[0]?.headers['Byte-Range']?.split('/')[1])
    for (const index of [0, 1, 2]) reply(index)
    await pair.network.run(100)
    report(`1-${total}/${total}`, '000 403 content does not match')
    const outcome = await pair.network.until(transfer.done)
    expect(outcome.files[0]?.error).toMatchObject({ code: 'peer-failed', status: 403 })
    await pair.network.run(100)
    expect(offers()).toEqual([true, false])
    await peer.stop()
  })

  it('5c: 30 s of silence after the last octet fail the file @req MSRP-43 CR-13', async () => {
    const { peer, transfer, offers } = await sendByHand()
    await pair.network.run(29_700)
    expect(states(transfer)).toEqual(['sending'])
    const report = await pair.network.until(transfer.done)
    expect(report.files[0]?.error).toMatchObject({ code: 'timeout', status: 408 })
    await pair.network.run(100)
    expect(offers()).toEqual([true, false])
    await peer.stop()
  })
})

describe('callflow 5d: wrong and stolen sessions', () => {
  it('answers 481 for an unknown session and 506 from a second connection; the first goes on @req CON-14', async () => {
    const { peer, dialled, send } = await receiveByHand({ size: 8 })
    const line = await peer.open(dialled.path())
    const unknown = dialled.path().replace(/\/[^/;]+;/, '/unknownunknownunknow;')
    peer.write(line, send({ to: unknown, tid: 'unknown1', body: 'abcd' }))
    peer.write(line, send({ tid: 'first001', body: 'abcd', range: '1-4/8', flag: '+' }))
    await pair.network.run(50)
    const second = await peer.open(dialled.path())
    peer.write(second, send({ tid: 'stolen01', body: 'efgh', range: '5-8/8' }))
    await pair.network.run(50)
    peer.write(line, send({ tid: 'first002', body: 'efgh', range: '5-8/8' }))
    await pair.network.run(50)
    expect(peer.said(line).map(({ start }) => start)).toEqual(
      ['MSRP unknown1 481 Session Does Not Exist', 'MSRP first001 200 OK', 'MSRP first002 200 OK'].map(
        text => expect.stringMatching(text.slice(0, 17)) as string,
      ),
    )
    expect(peer.said(second).map(({ start }) => start.slice(0, 17))).toEqual(['MSRP stolen01 506'])
    expect(decodeUtf8(pair.hosts.bob.saved.get('/inbox/a.txt')?.bytes ?? new Uint8Array(0))).toBe('abcdefgh')
    await peer.stop()
  })
})
