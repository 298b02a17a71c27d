import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  credentialsOf,
  decodeMessage,
  encodeMessage,
  responseTo,
  type SipRequest,
  type SipResponse,
  StreamFramer,
} from '../../src/sip/index.js'
import { encodeEntry, type MessageEntry } from '../../src/trace/index.js'
import { TempFolder } from '../kit/temp-folder.js'

// One room each, compiled against its published entry point
const example = (name: string) => import(new URL(`../../dist/examples/${name}.js`, import.meta.url).href)

afterEach(() => vi.restoreAllMocks())

describe('a room alone', () => {
  it('msrp-alone: a message crosses a queue and is confirmed', async () => {
    const { sendInMemory } = await example('msrp-alone')
    const print = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    const told: string[] = sendInMemory(new TextEncoder().encode('hello Bob'))
    expect(print.mock.calls).toEqual([['hello Bob']])
    expect(told.filter(line => !line.endsWith('progress'))).toEqual([
      'bob: bound',
      'bob: message',
      'bob: body',
      'bob: complete',
      'alice: bound',
      'alice: answered',
      'alice: reported',
    ])
  })

  it('sdp-offer: the first line is accepted, the others are declined with their names and ids', async () => {
    const { offerAndAnswer } = await example('sdp-offer')
    const files = ['notes.txt', 'plan.txt', 'c "d".txt'].map(name => ({ name, content: `content of ${name}` }))
    const { offer, answer, verdicts } = offerAndAnswer(files)
    expect(verdicts).toEqual(['notes.txt: accepted', 'plan.txt: declined', 'c "d".txt: declined'])
    expect(answer.match(/^m=.*$/gm)).toEqual(['m=message 2855 TCP/MSRP *', 'm=message 0 TCP/MSRP *', 'm=message 0 TCP/MSRP *'])
    const named = /^a=file-(?:selector|transfer-id).*$/gm
    expect(offer.match(named)).toHaveLength(6)
    expect(answer.match(named)).toEqual(offer.match(named))
  })

  it.each([1, 7, 1000])('cpim-wrap: the text comes back from pieces of %i octets', async pieceLength => {
    const { wrapAndUnwrap } = await example('cpim-wrap')
    const unwrapped = wrapAndUnwrap('Grüße', pieceLength)
    expect(unwrapped).toMatchObject({ from: 'Alice', type: 'text/plain', text: 'Grüße' })
    expect(unwrapped.message.split('\r\n\r\n')).toHaveLength(3)
  })

  it('ladder: a trace file becomes arrows, its bad lines are told, and secrets stay out', async () => {
    const { ladder } = await example('ladder')
    const complain = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const folder = new TempFolder()
    try {
      const path = folder.join('trace.jsonl')
      const { text, ...ends } = REGISTER
      writeFileSync(path, `${encodeEntry({ ...ends, text: `${text}Authorization: Digest secret\r\n\r\n` })}no entry\n`)
      const drawn: string = await ladder(path)
      expect(drawn).toContain('REGISTER')
      expect(drawn).toContain('▶')
      expect(drawn).not.toContain('secret')
      expect(complain.mock.calls).toEqual([['line 2 is left out: not JSON']])
    } finally {
      folder.remove()
    }
  })
})

describe('sip-subscribe', () => {
  it('tells every state of the roster in order, and the end', async () => {
    const { watchRoster } = await example('sip-subscribe')
    expect(watchRoster('<full/>', '<bob-joined/>', '<bob-left/>')).toEqual([
      'active: <full/>',
      'active: <bob-joined/>',
      'active: <bob-left/>',
      'terminated: ',
    ])
  })
})

describe('sip-proxy', () => {
  it('asks all devices, and the first that takes the message decides', async () => {
    const { tellBob } = await example('sip-proxy')
    const said = tellBob({ '192.0.2.20': 486, '192.0.2.21': 200 })
    expect(said).toEqual(['192.0.2.20: 486', '192.0.2.21: 200', 'Alice hears 200'])
    expect(tellBob({ '192.0.2.20': 486, '192.0.2.21': 404 }).at(-1)).toBe('Alice hears 486')
    expect(tellBob({})).toEqual(['Alice hears 480'])
  })
})

describe('sip-register', () => {
  let server: Server
  afterEach(() => {
    server.close()
  })

  it('answers the digest challenge and tells the seconds granted', async () => {
    const { register } = await example('sip-register')
    server = await registrar('s3cret')
    expect(await register('sip:alice@example.org', 's3cret', portOf(server))).toBe(300)
  })

  it('fails with the wrong password', async () => {
    const { register } = await example('sip-register')
    server = await registrar('s3cret')
    await expect(register('sip:alice@example.org', 'wrong', portOf(server))).rejects.toThrow('auth')
  })

  it('fails when nobody listens', async () => {
    const { register } = await example('sip-register')
    server = await registrar('s3cret')
    const port = portOf(server)
    server.close()
    await once(server, 'close')
    await expect(register('sip:alice@example.org', 's3cret', port)).rejects.toThrow('transport')
  })
})

const REGISTER: MessageEntry = {
  v: 1,
  kind: 'message',
  time: 1_714_824_000_000,
  protocol: 'sip',
  direction: 'out',
  transport: 'tcp',
  party: 'alice',
  local: '192.0.2.10:5060',
  remote: '192.0.2.99:5060',
  text: 'REGISTER sip:example.org SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n',
  bodyLength: 0,
}

/** A registrar that grants 300 seconds to whoever knows the password. */
async function registrar(password: string): Promise<Server> {
  const listening = createServer(socket => {
    const framer = new StreamFramer()
    socket.on('data', bytes => {
      for (const event of framer.push(bytes)) {
        if (event.type !== 'message') continue
        const message = decodeMessage(event.bytes)
        if (message.kind === 'request') socket.write(encodeMessage(answerTo(message, password)))
      }
    })
  }).listen(0, '127.0.0.1')
  await once(listening, 'listening')
  return listening
}

function answerTo(request: SipRequest, password: string): SipResponse {
  const given = credentialsOf(request.headers, false)[0]
  if (given === undefined || given.get('response') !== expectedResponse(given, request.uri, password))
    return responseTo(request, 401, {
      headers: [['WWW-Authenticate', 'Digest realm="example.org", nonce="n1", qop="auth", algorithm=SHA-256']],
    })
  return responseTo(request, 200, { headers: [['Expires', '300']] })
}

/** RFC 7616 §3.4.1, computed here and not by the code under test. */
function expectedResponse(given: ReadonlyMap<string, string>, uri: string, password: string): string {
  const h = (text: string) => createHash('sha256').update(text).digest('hex')
  const [nc, cnonce] = [given.get('nc'), given.get('cnonce')]
  return h(`${h(`alice:example.org:${password}`)}:n1:${nc}:${cnonce}:auth:${h(`REGISTER:${uri}`)}`)
}

function portOf(listening: Server): number {
  return (listening.address() as AddressInfo).port
}
