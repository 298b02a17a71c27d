import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decodeMessage } from '../../src/sip/decode-message.js'
import { Gruus } from '../../src/sip/gruu.js'
import type { SipRequest } from '../../src/sip/message.js'
import { register } from '../../src/sip/registrar.js'
import type { RegisteredContact, RegisterInput, RegisterResult, RegistrarOptions } from '../../src/sip/registrar-types.js'

const NAMES = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' }
const hash = (algorithm: keyof typeof NAMES, bytes: Uint8Array) => new Uint8Array(createHash(NAMES[algorithm]).update(bytes).digest())
let salt = 0
const gruus = new Gruus({ secret: new Uint8Array(32).fill(9), random: length => new Uint8Array(length).fill(++salt), hash })

const AOR = 'sip:alice@example.org'
const INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"'
const NOW = 1_800_000_000_000
const SOURCE = { node: 'n1', flow: 'in-1', transport: 'tcp', remote: { host: '192.0.2.4', port: 40_001 } } as const
const OPTIONS: RegistrarOptions = { expires: { least: 60, usual: 3600, most: 7200 }, maxBindings: 3 }

/** `fields` without Via, To, From, Call-ID and CSeq, which every request has. */
function request(fields: readonly string[], { cseq = 1, callId = 'one', vias = 1 } = {}): SipRequest {
  const text = [
    'REGISTER sip:example.org SIP/2.0',
    ...Array.from({ length: vias }, (_, index) => `Via: SIP/2.0/TCP 192.0.2.${4 + index};branch=z9hG4bK${index}`),
    'From: <sip:alice@example.org>;tag=1',
    'To: <sip:alice@example.org>',
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} REGISTER`,
    ...fields,
    '',
    '',
  ].join('\r\n')
  return decodeMessage(new TextEncoder().encode(text)) as SipRequest
}

function run(
  fields: readonly string[],
  given: Partial<RegisterInput> & { cseq?: number; callId?: string; vias?: number } = {},
  options: Partial<RegistrarOptions> = {},
): RegisterResult {
  const { cseq, callId, vias, ...input } = given
  const made = request(fields, {
    ...(cseq !== undefined && { cseq }),
    ...(callId !== undefined && { callId }),
    ...(vias !== undefined && { vias }),
  })
  return register({ request: made, aor: AOR, bindings: [], now: NOW, source: SOURCE, ...input }, { ...OPTIONS, ...options })
}

const header = (result: RegisterResult, name: string) => result.headers.filter(([key]) => key === name).map(([, value]) => value)
const contacts = (result: RegisterResult) => result.bindings.map(({ contact }) => contact)

function bound(contact: string, more: Partial<RegisteredContact> = {}): RegisteredContact {
  return { contact, parameters: '', callId: 'one', cseq: 1, q: 1, expires: NOW + 1_000_000, path: [], ...more }
}

describe('bindings', () => {
  it('that lead to the server itself are refused, but may be taken off', () => {
    const isOwn = ({ host }: { readonly host: string }) => host === '192.0.2.1'
    expect(run(['Contact: <sip:bob@192.0.2.1:5060;x=1>'], {}, { isOwn })).toMatchObject({ status: 403, reason: 'Contact Leads To Itself' })
    expect(run(['Contact: <sip:bob@192.0.2.2>'], {}, { isOwn })).toMatchObject({ status: 200 })
    expect(run(['Contact: <sip:bob@192.0.2.1>;expires=0'], {}, { isOwn })).toMatchObject({ status: 200, bindings: [] })
  })

  it('are added with all they say, and listed in the answer', () => {
    const result = run(
      [
        `Contact: <sip:alice@192.0.2.4:5070>;+g.3gpp.icsi-ref="urn%3Aa";${INSTANCE};q=0.5;expires=600;pub-gruu="sip:x";audio;x=y`,
        'User-Agent: phone/1',
      ],
      { bindings: [bound('sip:alice@192.0.2.9')] },
    )
    expect(result).toMatchObject({ status: 200, changed: true })
    expect(result.bindings[1]).toEqual({
      contact: 'sip:alice@192.0.2.4:5070',
      parameters: `;+g.3gpp.icsi-ref="urn%3Aa";${INSTANCE};audio;x=y`,
      instance: 'urn:uuid:00000000-0000-1000-8000-000A95A0E128',
      callId: 'one',
      cseq: 1,
      q: 0.5,
      expires: NOW + 600_000,
      path: [],
      userAgent: 'phone/1',
    })
    expect(header(result, 'Contact')).toEqual([
      '<sip:alice@192.0.2.9>;expires=1000',
      `<sip:alice@192.0.2.4:5070>;+g.3gpp.icsi-ref="urn%3Aa";${INSTANCE};audio;x=y;q=0.5;expires=600`,
    ])
    expect(header(result, 'Date')).toEqual(['Fri, 15 Jan 2027 08:00:00 GMT'])
    expect(header(result, 'Require')).toEqual([])
  })

  it('are listed and left alone by a request without Contact', () => {
    const bindings = [bound('sip:alice@192.0.2.9')]
    const result = run([], { bindings })
    expect(result).toMatchObject({ status: 200, changed: false })
    expect(result.bindings).toBe(bindings)
    expect(header(result, 'Contact')).toHaveLength(1)
  })

  it('live for what the Contact says, else what Expires says, else as configured, and never too long', () => {
    const expires = (...fields: string[]) => run(fields).bindings.map(binding => (binding.expires - NOW) / 1000)
    expect(expires('Contact: <sip:a@192.0.2.4>;expires=100, <sip:b@192.0.2.4>', 'Expires: 200')).toEqual([100, 200])
    expect(expires('Contact: <sip:a@192.0.2.4>')).toEqual([3600])
    expect(expires('Contact: <sip:a@192.0.2.4>', 'Expires: 999999')).toEqual([7200])
    expect(expires('Contact: <sip:a@192.0.2.4>;expires=soon', 'Expires: 90')).toEqual([90])
  })

  it('are refused below the least time, with 423 that tells it', () => {
    const result = run(['Contact: <sip:a@192.0.2.4>;expires=59'])
    expect(result).toMatchObject({ status: 423, changed: false, bindings: [] })
    expect(header(result, 'Min-Expires')).toEqual(['60'])
    expect(run(['Contact: <sip:a@192.0.2.4>;expires=3600'], {}, { expires: { least: 9000, usual: 9000, most: 9000 } }).status).toBe(200)
  })

  it('are replaced by the same URI and removed by expiry 0', () => {
    const bindings = [bound('sip:alice@192.0.2.4:5070'), bound('sip:alice@192.0.2.9', { callId: 'two' })]
    const again = run(['Contact: <sip:alice@192.0.2.4:5070;x=y>'], { bindings, cseq: 2 })
    expect(contacts(again)).toEqual(['sip:alice@192.0.2.9', 'sip:alice@192.0.2.4:5070;x=y'])
    expect(contacts(run(['Contact: <sip:alice@192.0.2.9>;expires=0'], { bindings }))).toEqual(['sip:alice@192.0.2.4:5070'])
    expect(contacts(run(['Contact: <sip:nobody@192.0.2.9>', 'Expires: 0'], { bindings }))).toHaveLength(2)
  })

  it('stay as they are when a request of the same Call-ID comes late', () => {
    const bindings = [bound('sip:alice@192.0.2.4', { cseq: 5 })]
    for (const cseq of [4, 5]) {
      const result = run(['Contact: <sip:new@192.0.2.4>, <sip:alice@192.0.2.4>;expires=0'], { bindings, cseq })
      expect(result).toMatchObject({ status: 500, changed: false })
      expect(result.bindings).toBe(bindings)
    }
    expect(run(['Contact: <sip:alice@192.0.2.4>;expires=0'], { bindings, cseq: 1, callId: 'other' }).bindings).toEqual([])
  })

  it('are all removed by a star with Expires 0, and only so', () => {
    const bindings = [bound('sip:a@192.0.2.4'), bound('sip:b@192.0.2.5', { callId: 'two' })]
    expect(run(['Contact: *', 'Expires: 0'], { bindings, cseq: 2 })).toMatchObject({ status: 200, changed: true, bindings: [] })
    expect(run(['Contact: *', 'Expires: 0'], { bindings, cseq: 1 })).toMatchObject({ status: 500, changed: false })
    for (const fields of [
      ['Contact: *'],
      ['Contact: *', 'Expires: 60'],
      ['Contact: *', 'Contact: <sip:a@192.0.2.4>', 'Expires: 0'],
      ['Contact: "broken'],
      ['Contact: <sip:a@192.0.2.4>', 'Path: broken <'],
    ])
      expect(run(fields, { bindings, cseq: 2 })).toMatchObject({ status: 400, changed: false })
  })

  it('are limited in number, and not mixed half', () => {
    const bindings = [bound('sip:a@192.0.2.4'), bound('sip:b@192.0.2.5')]
    const result = run(['Contact: <sip:c@192.0.2.6>, <sip:d@192.0.2.7>'], { bindings, cseq: 2 })
    expect(result).toMatchObject({ status: 403, reason: 'Too Many Contacts', changed: false })
    expect(result.bindings).toBe(bindings)
  })

  it('never lead back to the address itself', () => {
    for (const contact of [
      'sip:alice@example.org',
      'sips:alice@EXAMPLE.org;x=y',
      'sip:alice@example.org;gr=urn:x',
      'tel:+123456',
      'http://example.org/',
    ])
      expect(run([`Contact: <${contact}>`])).toMatchObject({ status: 403, changed: false })
    expect(run(['Contact: <sip:alice@example.org:5070>']).status).toBe(200)
  })

  it('need a Call-ID and a CSeq', () => {
    const whole = request(['Contact: <sip:a@192.0.2.4>'])
    for (const name of ['Call-ID', 'CSeq']) {
      const made = request(['Contact: <sip:a@192.0.2.4>'])
      made.headers.delete(name)
      expect(run([], { request: made }).status).toBe(400)
    }
    expect(run([], { request: whole }).status).toBe(200)
  })

  it.each([
    ['0.7', 0.7],
    ['1.000', 1],
    ['0', 0],
    ['2', 1],
    ['0.7777', 1],
    ['', 1],
  ])('reads q=%s', (text, value) => expect(run([`Contact: <sip:a@192.0.2.4>;q=${text}`]).bindings[0]?.q).toBe(value))
})

describe('extensions', () => {
  it('refuses what it does not know @req SIP-12', () => {
    const result = run(['Require: path, foo, gruu, outbound, bar', 'Contact: <sip:a@192.0.2.4>'])
    expect(result).toMatchObject({ status: 420, changed: false })
    expect(header(result, 'Unsupported')).toEqual(['foo, bar'])
  })

  it('stores the Path and shows it, but only to those who know what it is @req SIP-33', () => {
    const path = ['Path: <sip:p2.example.org;lr>, <sip:p1.example.org;lr>', 'Contact: <sip:a@192.0.2.4>']
    const result = run([...path, 'Supported: path'], { vias: 3 })
    expect(result.bindings[0]?.path).toEqual(['<sip:p2.example.org;lr>', '<sip:p1.example.org;lr>'])
    expect(header(result, 'Path')).toEqual(['<sip:p2.example.org;lr>', '<sip:p1.example.org;lr>'])
    const refused = run(path, { vias: 3 })
    expect(refused.status).toBe(420)
    expect(header(refused, 'Unsupported')).toEqual(['path'])
  })

  it('tells Service-Route and own identities @req SIP-3', () => {
    const result = run(['Contact: <sip:a@192.0.2.4>'], { associatedUris: [AOR, 'tel:+123'] }, { serviceRoute: ['<sip:s.example.org;lr>'] })
    expect(header(result, 'Service-Route')).toEqual(['<sip:s.example.org;lr>'])
    expect(header(result, 'P-Associated-URI')).toEqual(['<sip:alice@example.org>, <tel:+123>'])
  })

  it('gives devices behind a connection addresses of their own, when they ask', () => {
    const contact = `Contact: <sip:a@10.0.0.1>;${INSTANCE}`
    const [line = ''] = header(run([contact, 'Supported: gruu'], {}, { gruus }), 'Contact')
    expect(line).toContain(';pub-gruu="sip:alice@example.org;gr=urn:uuid:00000000-0000-1000-8000-000A95A0E128"')
    expect(line).toMatch(/;temp-gruu="sip:tgruu\.[A-Za-z0-9_-]+@example\.org;gr"/)
    for (const [fields, options] of [
      [[contact, 'Supported: gruu'], {}],
      [[contact], { gruus }],
      [['Contact: <sip:a@10.0.0.1>', 'Supported: gruu'], { gruus }],
      [[`Contact: <sip:a@192.0.2.4>;${INSTANCE}`, 'Supported: gruu'], { gruus }],
    ] as const)
      expect(header(run(fields, {}, options), 'Contact')[0]).not.toContain('gruu')
  })

  it('takes a device that started anew for the same one', () => {
    const bindings = [
      bound('sip:a@192.0.2.4:1111', { instance: 'urn:uuid:1', callId: 'old' }),
      bound('sip:a@192.0.2.4:2222', { instance: 'urn:uuid:2', callId: 'old' }),
    ]
    const result = run(['Contact: <sip:a@192.0.2.4:3333>;+sip.instance="<urn:uuid:1>"'], { bindings, callId: 'new' })
    expect(contacts(result)).toEqual(['sip:a@192.0.2.4:2222', 'sip:a@192.0.2.4:3333'])
    expect(
      contacts(run(['Contact: <sip:a@192.0.2.4:3333>;expires=0;+sip.instance="<urn:uuid:1>"'], { bindings, callId: 'new' })),
    ).toHaveLength(2)
    const two = run(['Contact: <sip:a@192.0.2.4:3333>;+sip.instance="<urn:uuid:9>", <sip:a@192.0.2.4:4444>;+sip.instance="<urn:uuid:9>"'])
    expect(two.bindings).toHaveLength(2)
  })
})

describe('outbound (RFC 5626 §6)', () => {
  const contact = (regId: string, more = '') => `Contact: <sip:a@192.0.2.4:5070>;${INSTANCE};reg-id=${regId}${more}`

  it('binds a flow of an instance, says so and asks for signs of life', () => {
    const result = run([contact('1'), 'Supported: path, outbound'], {}, { flowTimer: 120 })
    expect(result.bindings[0]).toMatchObject({ regId: 1, node: 'n1', flow: 'in-1' })
    expect(header(result, 'Require')).toEqual(['outbound'])
    expect(header(result, 'Flow-Timer')).toEqual(['120'])
    expect(header(run([contact('1'), 'Supported: outbound']), 'Flow-Timer')).toEqual([])
    const other = run([`Contact: <sip:a@198.51.100.9:7>;${INSTANCE};reg-id=1`, 'Supported: outbound'], {
      bindings: result.bindings,
      callId: 'two',
      source: { ...SOURCE, flow: 'in-2' },
    })
    expect(other.bindings).toHaveLength(1)
    expect(other.bindings[0]).toMatchObject({ contact: 'sip:a@198.51.100.9:7', flow: 'in-2' })
    const second = run([contact('2'), 'Supported: outbound'], { bindings: result.bindings, callId: 'two' })
    expect(second.bindings.map(({ regId }) => regId)).toEqual([1, 2])
  })

  it('leaves reg-id alone without instance, without the option tag and when it is no number', () => {
    for (const fields of [
      ['Contact: <sip:a@192.0.2.4:5070>;reg-id=1', 'Supported: outbound'],
      [contact('1')],
      [contact('0'), 'Supported: outbound'],
      [contact('x'), 'Supported: outbound'],
      [contact('4294967296'), 'Supported: outbound'],
      ['Contact: <sip:a@192.0.2.4:5070>;+sip.instance="urn:x";reg-id=1', 'Supported: outbound'],
    ]) {
      const result = run(fields)
      expect(result.bindings[0]?.regId).toBeUndefined()
      expect(header(result, 'Require')).toEqual([])
    }
  })

  it('says 439 when the first hop does not keep the flow', () => {
    const fields = [contact('1'), 'Supported: path, outbound']
    expect(run(fields, { vias: 2 }).status).toBe(439)
    expect(run([...fields, 'Path: <sip:edge.example.org;lr>'], { vias: 2 }).status).toBe(439)
    const kept = run([...fields, 'Path: <sip:token@edge.example.org;lr;ob>'], { vias: 2 }, { flowTimer: 120 })
    expect(kept).toMatchObject({ status: 200, bindings: [{ regId: 1 }] })
    expect(kept.bindings[0]).not.toHaveProperty('flow')
    expect(header(kept, 'Flow-Timer')).toEqual([])
    expect(header(kept, 'Require')).toEqual(['outbound'])
  })

  it('takes one flow in one request', () => {
    expect(run([contact('1'), contact('2'), 'Supported: outbound'])).toMatchObject({ status: 400, changed: false })
    expect(run([contact('1'), 'Contact: <sip:old@192.0.2.4>;expires=0', 'Supported: outbound']).status).toBe(200)
  })
})

describe('clients behind their own connection', () => {
  const flowOf = (contact: string, source: Partial<RegisterInput['source']> = {}) =>
    run([`Contact: <${contact}>`], { source: { ...SOURCE, ...source } }).bindings[0]?.flow

  it('are reached over it when their address does not say where they are', () => {
    expect(flowOf('sip:a@df7jal23ls0d.invalid;transport=ws', { transport: 'ws' })).toBe('in-1')
    expect(flowOf('sip:a@192.0.2.4:8080;transport=ws', { transport: 'wss' })).toBe('in-1')
    expect(flowOf('sip:a@10.0.0.1:5060;transport=tcp')).toBe('in-1')
    expect(flowOf('sip:a@[2001:db8::1]:5060')).toBe('in-1')
    expect(flowOf('sip:a@192.0.2.4:40001;transport=tcp')).toBe('in-1')
    expect(flowOf('sip:a@host.invalid')).toBe('in-1')
    expect(flowOf('sip:a@192.0.2.4', { transport: 'udp', remote: { host: '192.0.2.4', port: 1024 } })).toBe('in-1')
  })

  it('are reached by their address when that is where they are', () => {
    expect(flowOf('sip:a@192.0.2.4:5070;transport=tcp')).toBeUndefined()
    expect(flowOf('sip:a@phone.example.org')).toBeUndefined()
    expect(flowOf('sip:a@192.0.2.4', { transport: 'udp', remote: { host: '192.0.2.4', port: 5060 } })).toBeUndefined()
    expect(flowOf('sip:a@192.0.2.4:5090', { transport: 'udp', remote: { host: '192.0.2.4', port: 5090 } })).toBeUndefined()
    expect(run(['Contact: <sip:a@10.0.0.1>'], { vias: 2 }).bindings[0]?.flow).toBeUndefined()
  })
})
