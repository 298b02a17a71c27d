import { mkdirSync, readFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommandLine, freePort } from '../kit/command-line.js'
import { sha1, TempFolder } from '../kit/temp-folder.js'

describe('two processes over TLS, with certificates of cpmft cert', () => {
  let folder: TempFolder
  const running: CommandLine[] = []
  const run = (args: string[]) => {
    const command = new CommandLine(args)
    running.push(command)
    return command
  }
  beforeEach(() => {
    folder = new TempFolder()
    mkdirSync(folder.join('inbox'))
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map(command => command.stop()))
    folder.remove()
  })

  const certificates = async (...names: string[]) => {
    const cert = run(['cert', ...names, '--into', folder.join('certs')])
    expect(await cert.exit, cert.stderr).toBe(0)
    const [own, key, ca] = cert.stdout.trim().split('\n') as [string, string, string]
    return { ca, own: ['--tls-ca', ca, '--tls-cert', own, '--tls-key', key] }
  }
  const receiver = async (...extra: string[]) => {
    const uri = `sip:bob@127.0.0.1:${await freePort()};transport=tls`
    const bob = run(['receive', '--profile', 'secure', '--listen', uri, '--into', folder.join('inbox'), '--accept', 'all', ...extra])
    await bob.says(/listening/i)
    return { bob, uri }
  }

  it('SIP and MSRP go over TLS alone, and the file arrives @req SEC-7', async () => {
    const { ca, own } = await certificates('localhost', '127.0.0.1')
    const { bob, uri } = await receiver('--once', ...own)
    const file = folder.file('secret.bin', randomBytes(1_000_000))
    const trace = folder.join('trace.jsonl')
    const alice = run(['send', file, '--profile', 'secure', '--to', uri, '--tls-ca', ca, '--trace', trace])
    expect(await alice.exit, alice.stderr).toBe(0)
    expect(await bob.exit, bob.stderr).toBe(0)
    expect(sha1(bob.stdout.trim())).toBe(sha1(file))
    const messages = readFileSync(trace, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { kind: string; transport?: string; text?: string })
    const transports = new Set(messages.filter(({ kind }) => kind === 'message').map(({ transport }) => transport))
    expect([...transports]).toEqual(['tls'])
    expect(messages.some(({ text }) => text?.includes('TCP/TLS/MSRP') && text.includes('msrps://'))).toBe(true)
  })

  it('a certificate that nobody vouches for, or for another name, ends with a word about it', async () => {
    const { ca, own } = await certificates('elsewhere.example.org')
    const { uri } = await receiver(...own)
    const file = folder.file('a.txt', 'x')
    for (const trust of [[], ['--tls-ca', ca]]) {
      const alice = run(['send', file, '--profile', 'secure', '--to', uri, ...trust])
      expect(await alice.exit, alice.stderr).toBe(5)
      expect(alice.stderr).toMatch(/secure connection failed.*Check the certificate/)
    }
  })

  it('says what is missing without a certificate, and refuses to speak in the clear @req SEC-7', async () => {
    const bob = run(['receive', '--profile', 'secure', '--listen', `sip:bob@127.0.0.1:${await freePort()}`, '--accept', 'all'])
    expect(await bob.exit).toBe(2)
    expect(bob.stderr).toContain('Listening with TLS needs a certificate. Give --tls-cert and --tls-key; cpmft cert makes a pair')
    const alice = run(['send', folder.file('a.txt', 'x'), '--profile', 'secure', '--to', 'sip:bob@127.0.0.1:5;transport=tcp'])
    expect(await alice.exit).toBe(7)
    expect(alice.stderr).toContain('unprotected')
  })
})
