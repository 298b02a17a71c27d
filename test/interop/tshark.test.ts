import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { CommandLine, freePort } from '../kit/command-line.js'
import { installed } from '../kit/installed.js'
import { TempFolder } from '../kit/temp-folder.js'

const canCapture = installed('tshark') && process.getuid?.() === 0

describe.skipIf(!canCapture)('tshark reads a captured transfer', () => {
  const folder = new TempFolder()
  let capture: ChildProcess | undefined
  let bob: CommandLine | undefined

  afterEach(async () => {
    capture?.kill('SIGTERM')
    await bob?.stop()
    folder.remove()
  })

  it('finds no malformed packet and no expert error in SIP, SDP and MSRP @req MSRP-1 MSRP-2 SDP-1 SIP-10', async () => {
    const port = await freePort()
    const file = folder.join('transfer.pcapng')
    capture = spawn('tshark', ['-i', 'lo', '-f', 'tcp', '-w', file, '-q'], { stdio: ['ignore', 'ignore', 'pipe'] })
    await new Promise<void>(resolve =>
      capture?.stderr?.on('data', (data: Buffer) => data.toString().includes('Capturing') && setTimeout(resolve, 500)),
    )
    const inbox = folder.join('inbox')
    mkdirSync(inbox)
    bob = new CommandLine(['receive', '--listen', `sip:bob@127.0.0.1:${port};transport=tcp`, '--into', inbox, '--accept', 'all', '--once'])
    await bob.says(/listening/i)
    const trace = folder.join('trace.jsonl')
    const files = [
      folder.file('notes.txt', 'The quick brown fox\n'.repeat(50)),
      folder.file('data.txt', 'The quick brown fox jumps over the lazy dog, line by line.\n'.repeat(4000)),
      folder.file('empty.txt', ''),
    ]
    const alice = new CommandLine(['send', ...files, '--to', `sip:bob@127.0.0.1:${port};transport=tcp`, '--trace', trace])
    expect(await alice.exit, alice.stderr).toBe(0)
    expect(await bob.exit).toBe(0)
    await stopped(file)
    capture.kill('SIGINT')
    await new Promise(resolve => capture?.on('close', resolve))
    const sips = fields(file, port, 'sip', ['sip.Method', 'sip.Status-Code'])
    expect(sips.join(' ')).toMatch(/INVITE.*180.*200.*ACK.*BYE/s)
    expect(fields(file, port, 'sdp', ['sdp.media']).join(' ')).toContain('TCP/MSRP')
    const msrp = msrpPorts(file, port)
    expect(fields(file, port, 'msrp', ['msrp.method', 'msrp.status.code'], msrp).join(' ')).toMatch(/SEND/)
    expect(fields(file, port, 'msrp', ['msrp.method'], msrp).join(' ')).toContain('REPORT')
    const bad = fields(
      file,
      port,
      // Octets of a file that begin a segment are taken for a message of their own: those are no messages of ours
      '(sip or sdp or msrp.method or msrp.status.code) and (_ws.malformed or _ws.expert.severity >= 0x00800000)',
      ['frame.number', '_ws.expert.message'],
      msrp,
    )
    expect(bad).toEqual([])
  })
})

/** The MSRP listener's port is in the SDP. */
function msrpPorts(file: string, sip: number): string[] {
  const media = fields(file, sip, 'sdp', ['sdp.media.port']).flatMap(line => line.split(','))
  return [...new Set(media)].filter(port => port !== '0' && port !== '')
}

function fields(file: string, sip: number, filter: string, names: readonly string[], msrp: readonly string[] = []): string[] {
  const decode = [`tcp.port==${sip},sip`, ...msrp.map(port => `tcp.port==${port},msrp`)].flatMap(rule => ['-d', rule])
  const out = execFileSync('tshark', ['-r', file, ...decode, '-Y', filter, '-T', 'fields', ...names.flatMap(name => ['-e', name])], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return out.split('\n').filter(line => line.trim() !== '')
}

/** Waits until the capture file stops growing. */
async function stopped(file: string): Promise<void> {
  let before = -1
  for (let tries = 0; tries < 20; tries++) {
    await new Promise(resolve => setTimeout(resolve, 300))
    const { size } = statSync(file)
    if (size === before) return
    before = size
  }
}
