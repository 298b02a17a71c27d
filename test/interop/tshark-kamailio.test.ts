import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { BareMsrp } from '../kit/bare-msrp.js'
import { installed } from '../kit/installed.js'
import { kamailioInstalled } from '../kit/kamailio.js'
import { KamailioWorld, type Party, until } from '../kit/kamailio-world.js'
import { SipJsPeer } from '../kit/sip-js-peer.js'

/** The same in every run, since the judge guesses at octets. */
const CONTENT = Buffer.alloc(50_000, 'The quick brown fox jumps over the lazy dog, line by line.\n')

const canCapture = installed('tshark') && process.getuid?.() === 0 && kamailioInstalled()
/** Warnings count as well. MSRP is judged by `tshark.test.ts`: on a busy machine its segments are cut anywhere, and octets of files guessed at. */
const COMPLAINTS = [
  '((sip or sdp or websocket) and _ws.expert.severity >= 0x00600000)',
  '((sip or sdp or websocket) and _ws.malformed)',
].join(' or ')
/** A busy machine captures not every segment; what then is missing was not left out by us. */
const BAD = `(${COMPLAINTS}) and not (tcp.analysis.lost_segment or tcp.analysis.ack_lost_segment)`

describe.skipIf(!canCapture)('tshark reads what went through Kamailio in the clear', () => {
  let world: KamailioWorld
  let capture: ChildProcess | undefined
  let file: string

  beforeEach(async () => {
    world = await KamailioWorld.start()
    file = world.kamailio.folder.join('calls.pcapng')
    capture = spawn('tshark', ['-i', 'lo', '-f', 'tcp or udp', '-w', file, '-q'], { stdio: ['ignore', 'ignore', 'pipe'] })
    await new Promise<void>(resolve =>
      capture?.stderr?.on('data', (data: Buffer) => data.toString().includes('Capturing') && setTimeout(resolve, 500)),
    )
  })
  afterEach(async () => {
    await stop()
    await world.close()
    vi.unstubAllGlobals()
  })

  const stop = async () => {
    if (capture === undefined) return
    const ended = new Promise(resolve => capture?.on('close', resolve))
    capture.kill('SIGINT')
    capture = undefined
    await ended
  }

  /** Waits until the capture has all of it. */
  const settled = async () => {
    for (let before = -1, size = 0; before !== size; ) {
      before = size
      await new Promise(resolve => setTimeout(resolve, 400))
      size = statSync(file).size
    }
    await stop()
  }

  /** Ports of Kamailio serve SIP and WebSocket alike, so the other end's port tells what a connection carries. */
  const decoding = (parties: readonly Party[], msrp: readonly number[]) => {
    const rules = new Set([`udp.port==${world.kamailio.port},sip`, ...msrp.map(port => `tcp.port==${port},msrp`)])
    for (const { protocol, transport, direction, local } of parties.flatMap(({ entries }) => entries)) {
      const port = local.slice(local.lastIndexOf(':') + 1)
      if (protocol === 'msrp') rules.add(`tcp.port==${port},msrp`)
      else if (direction === 'in') rules.add(`${transport === 'udp' ? 'udp' : 'tcp'}.port==${port},${transport === 'ws' ? 'http' : 'sip'}`)
    }
    return [...rules].flatMap(rule => ['-d', rule])
  }
  const fields = (decode: readonly string[], filter: string, ...names: string[]) => {
    const args = ['-r', file, ...decode, '-Y', filter, '-T', 'fields', ...names.flatMap(name => ['-e', name])]
    const out = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return out.split('\n').filter(line => line.trim() !== '')
  }

  for (const [from, to] of [
    ['udp', 'tcp'],
    ['ws', 'udp'],
    ['tcp', 'ws'],
  ] as const)
    it(`from ${from} to ${to}: no malformed packet, no expert error @req SIP-36 SDP-1`, async () => {
      const alice = await world.party('alice', from)
      const bob = (await world.party('bob', to)).acceptAll()
      await Promise.all([alice.client.ready, bob.client.ready])
      const { folder } = world.kamailio
      const files = [folder.file('Größe, 50% "x".bin', CONTENT), folder.file('b.txt', 'b\n')]
      expect((await alice.client.send(bob.client.aor, files, { subject: 'Grüße' }).done).ok).toBe(true)
      await until(() => bob.starts('in').some(start => start.startsWith('BYE ')), 10_000, 'BYE')
      await settled()
      const rules = decoding([alice, bob], [])
      expect(fields(rules, 'sip', 'sip.Method').join(' ')).toMatch(/REGISTER.*INVITE.*ACK.*BYE/s)
      expect(fields(rules, 'sdp', 'sdp.media').join(' ')).toContain('TCP/MSRP')
      expect(fields(rules, 'msrp', 'msrp.method').join(' ')).toMatch(/SEND/)
      if (from === 'ws' || to === 'ws') expect(fields(rules, 'websocket and sip', 'sip.Method').length).toBeGreaterThan(3)
      expect(fields(rules, BAD, 'frame.number', 'frame.protocols', '_ws.expert.message')).toEqual([])
    })

  it('between SIP.js and us: nothing to complain about in our messages @req SIP-36 SDP-1', async () => {
    vi.stubGlobal('WebSocket', WebSocket)
    const msrp = await BareMsrp.start()
    const alice = await world.party('alice', 'ws')
    const { kamailio } = world
    const account = { aor: 'sip:bob@example.test', password: kamailio.password, server: `ws://127.0.0.1:${kamailio.port}` }
    const bob = await new SipJsPeer(msrp, account).start()
    await alice.client.ready
    const transfer = alice.client.send(account.aor, kamailio.folder.file('a.bin', CONTENT))
    await until(() => bob.invitations.length === 1, 10_000, 'the call')
    await bob.invitations[0]?.accept()
    expect((await transfer.done).ok).toBe(true)
    await until(() => alice.starts('out').some(start => start.startsWith('BYE ')), 10_000, 'BYE')
    await settled()
    await bob.stop()
    const rules = decoding([alice], [msrp.port])
    await msrp.close()
    expect(fields(rules, 'msrp', 'msrp.method').join(' ')).toMatch(/SEND.*REPORT/s)
    expect(fields(rules, BAD, 'frame.number', 'frame.protocols', '_ws.expert.message')).toEqual([])
  })
})
