import { afterEach, describe, expect, it } from 'vitest'
import { type ClientOptions, CpmClient, type Transfer } from '../../src/client/index.js'
import { profileOf } from '../../src/client/profile.js'
import { VirtualNetwork, virtualHost } from '../../src/testkit/index.js'
import { encodeLatin1 } from '../../src/wire/index.js'
import { HELLO, NOTES } from '../kit/client-world.js'
import { fileLine, HandPeer, sdp } from '../kit/hand-peer.js'
import { certificateOf, SecurePair } from '../kit/secure-pair.js'
import { VirtualPair } from '../kit/virtual-pair.js'

let pair: { readonly network: VirtualNetwork; close(): Promise<void> } | undefined
afterEach(async () => {
  const used = pair
  pair = undefined
  await used?.close()
  await used?.network.run(100)
  expect(used?.network.openResources() ?? []).toEqual([])
})

const secure = async (options: Parameters<SecurePair['start']>[0] = {}) => {
  const made = await new SecurePair().start(options)
  pair = made
  return made
}
const warningsOf = (transfer: Transfer) => {
  const codes: string[] = []
  void (async () => {
    for await (const event of transfer) if (event.type === 'warning') codes.push(event.code)
  })()
  return codes
}

describe('the secure profile', () => {
  it('takes a file over sip on TLS and msrps, with fingerprints both ways @req SEC-7 CON-40 CON-43', async () => {
    const made = await secure()
    const { network, alice, hosts, log } = made
    const transfer = alice.send(made.bobUri, [made.file('notes.txt', NOTES), made.file('hello.txt', HELLO)])
    const warnings = warningsOf(transfer)
    const report = await network.until(transfer.done)
    expect(report.files.map(({ state }) => state)).toEqual(['done', 'done'])
    expect(hosts.bob.saved.get('/inbox/notes.txt')?.bytes).toEqual(NOTES)
    expect(warnings).toEqual([])
    // before it is released: every connection there is goes over TLS
    expect(network.connections.length).toBeGreaterThanOrEqual(4)
    expect(network.connections.filter(connection => !connection.secure)).toEqual([])
    expect(network.openResources().filter(name => name.startsWith('listener') && !name.includes('tls'))).toEqual([])
    const hex = (octet: string) => Array.from({ length: 32 }, () => octet).join(':')
    for (const [what, octet] of [
      ['-> INVITE m', 'A1'],
      ['<- 200 INVITE m', 'B0'],
    ] as const) {
      const [described] = log.alice.sdps(what)
      for (const media of described?.media ?? []) {
        expect(media.lines[0]).toMatch(/^m=message \d+ TCP\/TLS\/MSRP \*$/)
        expect(media.path).toMatch(/^msrps:/)
        expect([...(described?.lines ?? []), ...media.lines]).toContain(`a=fingerprint:sha-256 ${hex(octet)}`)
      }
    }
  })

  it('lets no octet of a file out to a listener with another certificate @req CON-43', async () => {
    const made = await secure()
    made.impersonate('bob')
    const report = await made.network.until(made.alice.send(made.bobUri, made.file('notes.txt', NOTES)).done)
    expect(report.files[0]).toMatchObject({ state: 'failed', error: { code: 'tls' } })
    expect(made.log.alice.msrp).toEqual([])
    expect(made.log.bob.msrp).toEqual([])
    await made.network.run(1000)
    expect((await made.network.until(made.received[0]?.done ?? Promise.reject())).files[0]?.state).toBe('failed')
    expect(made.hosts.bob.saved.size).toBe(0)
  })

  it('hears nothing from a caller with another certificate than its offer announced @req CON-43', async () => {
    const made = await secure()
    made.impersonate('alice')
    const report = await made.network.until(made.alice.send(made.bobUri, made.file('notes.txt', NOTES)).done)
    expect(report.files[0]?.state).toBe('failed')
    await made.network.run(1000)
    const received = await made.network.until(made.received[0]?.done ?? Promise.reject())
    expect(received.files[0]).toMatchObject({ state: 'failed', bytes: 0, error: { code: 'tls' } })
    expect(made.hosts.bob.saved.size).toBe(0)
  })

  it('serves nothing to one that asks for a file and shows another certificate @req CON-43', async () => {
    const made = await secure()
    await made.network.until(made.bob.share(made.file('notes.txt', NOTES, 'bob')))
    made.impersonate('alice')
    const report = await made.network.until(made.alice.get(made.bobUri, { name: 'notes.txt' }).done)
    expect(report.files[0]?.state).toBe('failed')
    expect(made.log.bob.msrp.filter(({ direction, text }) => direction === 'out' && text.includes('Byte-Range'))).toEqual([])
    // the answer to the empty SEND that binds may cross; nothing else comes
    expect(made.log.alice.msrp.filter(({ direction, text }) => direction === 'in' && text.includes('SEND'))).toEqual([])
    expect(made.hosts.alice.saved.size).toBe(0)
  })

  it('fetches nothing from one that shows another certificate @req CON-43', async () => {
    const made = await secure()
    await made.network.until(made.bob.share(made.file('notes.txt', NOTES, 'bob')))
    made.impersonate('bob')
    const report = await made.network.until(made.alice.get(made.bobUri, { name: 'notes.txt' }).done)
    expect(report.files[0]).toMatchObject({ state: 'failed', error: { code: 'tls' } })
    expect(made.log.alice.msrp).toEqual([])
  })

  it('refuses a recipient that is only reached in the clear, before anything is sent @req SEC-7', async () => {
    const made = await secure()
    const before = made.network.connections.length
    for (const transport of ['tcp', 'udp', 'ws']) {
      const transfer = made.alice.send(`sip:bob@192.0.2.20:5060;transport=${transport}`, made.file('notes.txt', NOTES))
      const report = await made.network.until(transfer.done)
      expect(report.files[0], transport).toMatchObject({ state: 'failed', error: { code: 'insecure' } })
    }
    expect(made.log.alice.messages).toEqual([])
    expect(made.network.connections.length).toBe(before)
  })

  it.each([
    ['a plain proxy', { proxy: 'sip:192.0.2.1:5060;transport=tcp' }],
    ['a plain address to listen at', { listen: 'sip:192.0.2.10:5060;transport=udp' }],
    ['a plain recipient to reach', { reach: 'sip:bob@192.0.2.20;transport=tcp' }],
  ] satisfies [string, Partial<ClientOptions>][])('does not open with %s, and leaves nothing open @req SEC-7', async (_, options) => {
    const network = new VirtualNetwork()
    const host = virtualHost(network, '192.0.2.10', { certificate: certificateOf(1) })
    const opening = CpmClient.open(host, { aor: 'sip:alice@home.example', profile: 'secure', ...options })
    await expect(network.until(opening)).rejects.toMatchObject({ code: 'insecure' })
    expect(network.openResources()).toEqual([])
  })

  it('does not open a listener where there is no certificate to show @req SEC-7', async () => {
    const network = new VirtualNetwork()
    const host = virtualHost(network, '192.0.2.10')
    const opening = CpmClient.open(host, { aor: 'sip:alice@192.0.2.10', listen: 'sip:192.0.2.10;transport=tls' })
    await expect(network.until(opening)).rejects.toMatchObject({ code: 'insecure' })
    expect(network.openResources()).toEqual([])
  })

  it('takes no plain answer to its TLS line: nothing is downgraded @req CON-40', async () => {
    const made = await secure()
    // somebody who speaks SIP over TLS and answers with a line of another kind
    const host = virtualHost(made.network, '192.0.2.66', { certificate: certificateOf(0x66) })
    const dialled: string[] = []
    const listener = await made.network.until(
      host.listen({
        transport: 'tls',
        host: '192.0.2.66',
        port: 5061,
        onConnection: connection => {
          connection.start({
            onBytes: bytes => {
              const text = Buffer.from(bytes).toString('latin1')
              dialled.push(text)
              if (text.startsWith('INVITE ')) connection.write([encodeLatin1(plainAnswer(text))])
              else if (text.startsWith('BYE ')) connection.write([encodeLatin1(respond(text, ''))])
            },
            onWritten: () => undefined,
            onClosed: () => undefined,
          })
        },
      }),
    )
    const transfer = made.alice.send('sip:mallory@192.0.2.66:5061;transport=tls', made.file('notes.txt', NOTES))
    const report = await made.network.until(transfer.done)
    expect(report.files[0]?.state).toBe('failed')
    await made.network.run(40_000)
    expect(dialled.some(text => text.startsWith('INVITE '))).toBe(true)
    expect(made.log.alice.msrp).toEqual([])
    expect(made.network.connections.filter(({ remote }) => remote.port === 2855)).toEqual([])
    await listener.close()
    for (const connection of made.network.connections) if (connection.local.host === '192.0.2.66') connection.destroy()
  })
})

describe('the open profile', () => {
  it('between two on one machine goes in the clear, and nobody is warned of anything @req SEC-7', async () => {
    const network = new VirtualNetwork()
    const host = virtualHost(network, '127.0.0.1')
    const client = await network.until(CpmClient.open(host, { aor: 'sip:alice@127.0.0.1', listen: 'sip:127.0.0.1:5070' }))
    expect(
      network
        .openResources()
        .filter(name => name.startsWith('listener'))
        .every(name => name.includes('tcp')),
    ).toBe(true)
    await network.until(client.close())
    expect(network.openResources()).toEqual([])
  })

  it.each([
    ['a certificate of its own', { certificate: certificateOf(0xb0) }],
    ['none', {}],
  ])('warns of fingerprints that came over plain SIP, with %s @req CON-45', async (_, more) => {
    const made = await new VirtualPair(1, {}, more).start({ transport: 'tcp' })
    pair = made
    const warnings: string[][] = []
    made.serve(offer => {
      const transfer = offer.accept()
      warnings.push(warningsOf(transfer))
      return transfer
    })
    const peer = await new HandPeer(made.network).start()
    const hex = Array.from({ length: 32 }, () => '66').join(':')
    const line = fileLine({ more: [`a=fingerprint:sha-256 ${hex}`] }).map(text =>
      text.replace('TCP/MSRP', 'TCP/TLS/MSRP').replace('msrp://', 'msrps://'),
    )
    await peer.invite(sdp(peer.address, line))
    await made.network.run(1000)
    expect(warnings).toEqual([['insecure-signalling']])
    expect(peer.response(200)).toContain('TCP/TLS/MSRP')
    await peer.stop()
  })

  it('is silent where there are no fingerprints @req CON-45', async () => {
    const made = await new VirtualPair(1, {}, { certificate: certificateOf(0xb0) }).start({ transport: 'tcp' })
    pair = made
    made.serve()
    const transfer = made.alice.send(made.bobUri, made.file('notes.txt', NOTES))
    const warnings = warningsOf(transfer)
    expect((await made.network.until(transfer.done)).ok).toBe(true)
    expect(warnings).toEqual([])
  })
})

describe('profileOf', () => {
  it.each([
    [{ aor: 'sip:a@127.0.0.1' }, 'open'],
    [{ aor: 'sip:a@localhost' }, 'open'],
    [{ aor: 'sip:a@[::1]' }, 'open'],
    [{ aor: 'sip:a@127.8.9.10' }, 'open'],
    [{ aor: 'sip:a@127.example.org' }, 'secure'],
    [{ aor: 'sip:a@home.example' }, 'secure'],
    [{ aor: 'sip:a@192.0.2.1' }, 'secure'],
    [{ aor: 'sip:a@home.example', listen: 'sip:127.0.0.1:5060' }, 'open'],
    [{ aor: 'sip:a@127.0.0.1', listen: 'sip:0.0.0.0:5060' }, 'secure'],
    [{ aor: 'sip:a@127.0.0.1', proxy: 'sip:proxy.example' }, 'secure'],
    [{ aor: 'sip:a@home.example', listen: 'sip:127.0.0.1', proxy: 'sip:127.0.0.1:5080' }, 'open'],
    [{ aor: 'sip:a@127.0.0.1', reach: 'sip:b@192.0.2.9' }, 'secure'],
    [{ aor: 'sip:a@home.example', reach: 'sip:b@127.0.0.1:5070' }, 'open'],
    [{ aor: 'sip:a@home.example', profile: 'open' }, 'open'],
    [{ aor: 'sip:a@127.0.0.1', profile: 'secure' }, 'secure'],
  ] as [ClientOptions, string][])('%j is %s @req SEC-7', (options, profile) => {
    expect(profileOf(options)).toBe(profile)
  })
})

/** 200 to an INVITE whose m-line is TCP/MSRP where TCP/TLS/MSRP was offered. */
function plainAnswer(request: string): string {
  const line = (name: string) => new RegExp(`^a=${name}:.*$`, 'm').exec(request)?.[0].trim() ?? ''
  const body = ['v=0', 'o=- 1 1 IN IP4 192.0.2.66', 's=-', 'c=IN IP4 192.0.2.66', 't=0 0', 'm=message 2855 TCP/MSRP *', 'a=recvonly']
  body.push('a=setup:passive', 'a=accept-types:*', 'a=path:msrp://192.0.2.66:2855/plainsession0000001;tcp')
  body.push(line('file-selector'), line('file-transfer-id'), '')
  return respond(request, body.join('\r\n'))
}

function respond(request: string, body: string): string {
  const kept = request.split('\r\n').filter(line => /^(via|from|call-id|cseq):/i.test(line))
  const to = (/^To:.*$/im.exec(request)?.[0] ?? '').trim()
  const lines = ['SIP/2.0 200 OK', ...kept, to.includes(';tag=') ? to : `${to};tag=plain`]
  lines.push('Contact: <sip:mallory@192.0.2.66:5061;transport=tls>')
  if (body !== '') lines.push('Content-Type: application/sdp')
  return [...lines, `Content-Length: ${body.length}`, '', body].join('\r\n')
}
