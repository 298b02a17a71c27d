import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { Parser } from 'sip.js/lib/core/messages/parser.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, type ClientOptions, createClient } from '../../src/node/index.js'
import { makeUser, type ServerHandle, startServer } from '../../src/server/index.js'
import { cseqOf, decodeMessage, parseNameAddress, parseVias } from '../../src/sip/index.js'
import type { MessageEntry } from '../../src/trace/index.js'
import { encodeLatin1 } from '../../src/wire/index.js'
import { TempFolder } from '../kit/temp-folder.js'

const DOMAIN = 'example.test'

/** Registration, two transfers with a declined file, a withdrawn and an unanswerable call: what both sides sent and received. */
class Recording {
  readonly folder = new TempFolder()
  readonly entries: MessageEntry[] = []
  #server: ServerHandle | undefined

  async make(): Promise<void> {
    const data = this.folder.join('server')
    this.#server = await startServer({ listen: ['sip:127.0.0.1:*;transport=tcp'], domains: [DOMAIN], data })
    for (const user of ['alice', 'bob'])
      await this.#server.database.users.put(makeUser({ aor: `sip:${user}@${DOMAIN}`, password: 'pw', created: 0 }))
    const inbox = this.folder.join('inbox')
    mkdirSync(inbox)
    const bob = await this.#client('bob', { into: inbox, displayName: 'Bob "the" Builder, Jr.' })
    const alice = await this.#client('alice', { releaseTimer: 1, displayName: 'Alice Ä; <Wonder>' })
    await Promise.all([alice.ready, bob.ready])
    const to = `sip:bob@${DOMAIN}`
    const answering = this.#answer(bob)
    const files = ['plain.txt', '50% "off"; a=b.bin', 'rés🙂.txt'].map(name => this.folder.file(name, randomBytes(3000)))
    await alice.send(to, files, { subject: 'Three files: "two" wanted, ü' }).done
    await alice.send(to, this.folder.file('late.txt', 'late\n')).done
    await this.#until(() => this.entries.some(({ text }) => text.startsWith('BYE ')))
    await alice.send(`sip:nobody@${DOMAIN}`, files).done
    const ringing = alice.send(to, files)
    for await (const event of ringing) if (event.type === 'ringing') ringing.abort()
    await ringing.done
    await this.#until(() => this.entries.some(({ text }) => text.startsWith('SIP/2.0 487')))
    await alice.close()
    await bob.close()
    await answering
  }

  async end(): Promise<void> {
    await this.#server?.close()
    this.folder.remove()
  }

  async #client(user: string, options: Partial<ClientOptions>): Promise<Client> {
    const client = await createClient({
      aor: `sip:${user}@${DOMAIN}`,
      password: 'pw',
      proxy: this.#server?.addresses[0]?.uri ?? '',
      ...options,
    })
    void (async () => {
      for await (const entry of client.trace()) if (entry.kind === 'message' && entry.protocol === 'sip') this.entries.push(entry)
    })()
    return client
  }

  /** Bob takes all but one file of the first offer, all of the second, and leaves the third question open. */
  async #answer(bob: Client): Promise<void> {
    let asked = 0
    for await (const offer of bob.offers()) if (++asked < 3) offer.accept(asked === 1 ? offer.files.slice(1) : offer.files)
  }

  async #until(done: () => boolean): Promise<void> {
    for (let tries = 0; tries < 200 && !done(); tries++) await new Promise(resolve => setTimeout(resolve, 25))
  }
}

describe('SIP.js reads what goes over the wire in a transfer', () => {
  const recording = new Recording()
  const complaints: string[] = []
  const note = (...words: unknown[]) => complaints.push(words.join(' '))
  const logger = { warn: note, error: note, log: () => {}, debug: () => {} } as unknown as Parameters<typeof Parser.parseMessage>[1]

  beforeAll(() => recording.make())
  afterAll(() => recording.end())

  it('finds every kind of message in the recording', () => {
    const starts = recording.entries.map(({ text }) => text.split(' ', 2).join(' '))
    const kinds = starts.map(start => (start.startsWith('SIP/2.0 ') ? start.slice(8) : (start.split(' ')[0] as string)))
    for (const kind of ['REGISTER', '401', 'INVITE', '100', '180', '200', 'ACK', 'BYE', 'CANCEL', '487', '404'])
      expect(kinds).toContain(kind)
  })

  it('parses each one without complaint and reads the same values @req SIP-36', () => {
    for (const { text } of recording.entries) {
      const read = Parser.parseMessage(text, logger)
      expect(complaints, text).toEqual([])
      const own = decodeMessage(encodeLatin1(text))
      if (read === undefined) throw new Error(text)
      const uri = own.kind === 'request' ? { method: own.method } : { statusCode: own.status, reasonPhrase: own.reason }
      expect(read, text).toMatchObject({
        ...uri,
        callId: own.headers.get('call-id'),
        cseq: cseqOf(own)?.number,
        viaBranch: parseVias(own.headers)?.[0]?.branch,
        body: String.fromCharCode(...own.body),
      })
      for (const name of ['from', 'to'] as const) {
        const address = parseNameAddress(own.headers.get(name) as string)
        expect(read[name].uri.toString()).toBe(address?.uri)
        expect(read[name].getParam('tag') ?? undefined).toBe(address?.parameters.get('tag'))
      }
      if ('ruri' in read && own.kind === 'request') expect(read.ruri?.toString()).toBe(own.uri)
    }
  })

  it('reads the same list of header fields, value by value @req SIP-36', () => {
    for (const { text } of recording.entries) {
      // Recorded as one character for one octet; our values are text
      const read = Parser.parseMessage(Buffer.from(text, 'latin1').toString(), logger)
      const own = decodeMessage(encodeLatin1(text))
      for (const [name, value] of own.headers) {
        // SIP.js keeps the last challenge only
        const kept = name === 'WWW-Authenticate' || name === 'Proxy-Authenticate' ? own.headers.getAll(name).at(-1) : value
        expect(oneSpace(read?.getHeaders(name).join(', ')), `${name} in ${text}`).toContain(oneSpace(kept))
      }
    }
  })

  it('reads the Contact with its feature tags @req SIP-1 CPM-4', () => {
    const invites = recording.entries.filter(({ text }) => text.startsWith('INVITE ') && text.includes('application/sdp'))
    expect(invites.length).toBeGreaterThan(1)
    for (const { text } of invites) {
      const contact = Parser.parseMessage(text, logger)?.parseHeader('contact')
      expect(contact?.uri.scheme).toBe('sip')
      expect(contact?.getParam('+g.3gpp.icsi-ref')).toContain('urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer')
    }
  })
})

function oneSpace(text = ''): string {
  return text.replaceAll(/\s+/g, ' ')
}
