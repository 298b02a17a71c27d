import { MsrpDriver } from '../../src/client/msrp-driver.js'
import { SipDriver } from '../../src/client/sip-driver.js'
import { SessionRunner } from '../../src/client/session-runner.js'
import { FILE_TRANSFER_ICSI, type SessionEvent, type SessionSettings } from '../../src/cpm/index.js'
import { type ConferenceInfo, encodeConferenceInfo } from '../../src/focus/index.js'
import type { Body, SipRequest, UserAgentCommand, UserAgentEvent } from '../../src/sip/index.js'
import { type VirtualHost, type VirtualNetwork, virtualHost } from '../../src/testkit/index.js'
import { decodeLatin1, encodeMultipart, encodeUtf8 } from '../../src/wire/index.js'
import { createHash } from 'node:crypto'

const ADDRESS = '192.0.2.66'

/** What one member is said to be: `sip:bob@… connected`, with the state of file 1, 2, … as `sending 100/4400`. */
export interface ScriptedMember {
  readonly uri: string
  readonly status: string
  readonly files?: readonly string[]
  readonly method?: string
  readonly reason?: string
  readonly name?: string
}

/**
 * A group server that takes every file and says of its members what the test wants: SIP, SDP and MSRP are real, the members are not.
 * Every INVITE that comes makes a conference of its own in words; there is one conference URI.
 */
export class ScriptedFocus {
  readonly host: VirtualHost
  readonly uri = `sip:ft-8Jq2Lx71ZkP0tYw3Rb5nHc@${ADDRESS}:5060;transport=tcp`
  readonly factory = `sip:conference-factory@${ADDRESS}:5060;transport=tcp`
  /** INVITEs that came, re-INVITEs not among them. */
  readonly invites: SipRequest[] = []
  readonly subscribes: SipRequest[] = []
  readonly sessions: SessionRunner[] = []
  /** What came of each file, by the fileId of the focus: head and content of the message. */
  readonly received: { octets: number; contentType: string; messageId: string | undefined }[] = []
  readonly sip!: SipDriver
  /** Refuses the INVITE with this. */
  refusal: { status: number; headers?: readonly (readonly [string, string])[] } | undefined
  /** Takes no SUBSCRIBE. */
  closed = false
  /** Whether Allow-Events names the package. */
  tells = true
  version = 0
  onSession: (event: SessionEvent, runner: SessionRunner) => void = () => undefined
  /** What new subscribers are told. */
  members: readonly ScriptedMember[] = []
  #msrp!: MsrpDriver
  readonly #owners = new Map<string, SessionRunner>()
  readonly #subscriptions = new Set<string>()
  #messages = 0

  constructor(readonly network: VirtualNetwork) {
    this.host = virtualHost(network, ADDRESS, {
      hash: (_algorithm, bytes) => new Uint8Array(createHash('md5').update(bytes).digest()),
      sha1: () => createHash('sha1'),
    })
  }

  async start(): Promise<this> {
    const sip = SipDriver.open({
      host: this.host,
      agent: {
        aor: this.uri,
        contactParameters: ['isfocus'],
        anyRecipient: true,
        allow: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'SUBSCRIBE', 'NOTIFY', 'MESSAGE', 'OPTIONS'],
        supported: ['timer', 'recipient-list-invite'],
        accept: ['application/sdp'],
        ...(this.tells ? { events: ['conference'] } : {}),
      },
      address: { host: ADDRESS, port: 5060 },
      transports: ['tcp'],
      onEvent: event => this.#onSip(event),
      onTrace: () => undefined,
    })
    const msrp = MsrpDriver.open({
      host: this.host,
      listen: ADDRESS,
      permits: () => true,
      endpoint: {},
      onEvent: event => this.#owners.get(event.sessionId)?.push({ type: 'msrp', event }),
      onNeedData: ({ sessionId, offset, length }) => this.#owners.get(sessionId)?.push({ type: 'need-data', sessionId, offset, length }),
      onTrace: () => undefined,
    })
    const opened = await this.network.until(Promise.all([sip, msrp]))
    Object.assign(this, { sip: opened[0] })
    this.#msrp = opened[1]
    return this
  }

  /** Offers a file to a member in the name of `sender`, with these headers and a list of who else got it; the message says `cpimFrom`. */
  call(
    to: string,
    bytes: Uint8Array,
    more: { headers?: readonly (readonly [string, string])[]; history?: string; cpimFrom?: string } = {},
  ): void {
    const { headers = [], history, cpimFrom = 'sip:alice@home1.example' } = more
    const id = `call-${++this.#messages}`
    const { sip } = this
    const command = (each: UserAgentCommand): void =>
      sip.command(each.name === 'invite' ? { ...each, headers: [...headers, ...FEATURES], body: withHistory(each.body, history) } : each)
    const runner: SessionRunner = new SessionRunner({
      host: this.host,
      key: id,
      sip: { command, connectError: undefined } as never,
      msrp: this.#msrp,
      settings: { ...this.#settings(id, to, false), ownUri: cpimFrom },
      claim: (sessionId, owner) => this.#owners.set(sessionId, owner),
      release: sessionId => this.#owners.delete(sessionId),
      onEvent: () => undefined,
    })
    this.sessions.push(runner)
    const fileId = `${id}/1`
    runner.listen(fileId, {
      onFileEvent: event => {
        if (event.type !== 'need-octets') return
        const { position, length } = event
        runner.command({ name: 'octets', fileId, position, bytes: bytes.subarray(position, position + length) })
      },
    })
    const sha1 = new Uint8Array(createHash('sha1').update(bytes).digest())
    const selector = { name: 'notes.txt', size: bytes.length, hashes: [{ algorithm: 'sha-1', octets: sha1 }] } as const
    runner.command({ name: 'send', files: [{ fileId, selector, disposition: 'attachment' }] })
  }

  async stop(): Promise<void> {
    await this.network.until(Promise.all([this.sip.close(), this.#msrp.close()]))
  }

  /** The recipient list of an INVITE, as text. */
  listOf(invite: SipRequest | undefined): string {
    return /<resource-lists[\s\S]*<\/resource-lists>/.exec(decodeLatin1(invite?.body ?? new Uint8Array(0)))?.[0] ?? ''
  }

  /** Tells subscribers of these members: the whole, or these as they are now. */
  tell(members: readonly ScriptedMember[], state: 'full' | 'partial' = 'full', version = ++this.version): void {
    this.members = members
    for (const id of this.#subscriptions) this.sip.command({ name: 'notify', id, body: this.#document(state, version) })
  }

  end(reason = 'noresource'): void {
    for (const id of this.#subscriptions) this.sip.command({ name: 'notify', id, state: 'terminated', reason })
  }

  /** A notification of a member, passed on as the focus does (IMDN-7). */
  imdn(to: string, messageId: string, status: 'delivered' | 'displayed' | 'failed' | 'stored', recipient?: string): void {
    const kind = status === 'displayed' ? 'display' : status === 'stored' ? 'processing' : 'delivery'
    const xml = [
      '<?xml version="1.0" encoding="UTF-8"?><imdn xmlns="urn:ietf:params:xml:ns:imdn">',
      `<message-id>${messageId}</message-id><datetime>2024-05-04T12:16:49Z</datetime>`,
      recipient === undefined ? '' : `<recipient-uri>${recipient}</recipient-uri>`,
      `<${kind}-notification><status><${status}/></status></${kind}-notification></imdn>`,
    ].join('')
    const head = [
      `From: <${this.uri}>`,
      `To: <${to}>`,
      'NS: imdn <urn:ietf:params:imdn>',
      `imdn.Message-ID: n${++this.#messages}xyzxyzxyz`,
      '',
      'Content-Type: message/imdn+xml',
      'Content-Disposition: notification',
      `Content-Length: ${xml.length}`,
      '',
      xml,
    ].join('\r\n')
    this.sip.command({
      name: 'request',
      id: `imdn-${this.#messages}`,
      method: 'MESSAGE',
      to,
      body: { contentType: 'message/cpim', bytes: encodeUtf8(head) },
    })
  }

  #document(state: 'full' | 'partial', version = this.version) {
    const info: ConferenceInfo = {
      entity: this.uri,
      state,
      version,
      users: {
        state,
        list: this.members.map(({ uri, status, files = [], method, reason, name }) => ({
          entity: uri,
          state: 'full',
          ...(name === undefined ? {} : { displayText: name }),
          endpoints: [
            {
              entity: uri,
              state: 'full',
              status: status as 'connected',
              ...(method === undefined ? {} : { disconnectionMethod: method as 'failed' }),
              ...(reason === undefined ? {} : { disconnectionReason: reason }),
              media: files.map((file, index) => {
                const [word, octets, total] = file.split(/[ /]/)
                const numbers = octets === undefined ? {} : { octets: Number(octets), total: Number(total) }
                return { id: `${index + 1}`, type: 'message', transfer: { state: word as 'sending', ...numbers } }
              }),
            },
          ],
        })),
      },
    }
    return { contentType: 'application/conference-info+xml', bytes: encodeConferenceInfo(info) }
  }

  #onSip(event: UserAgentEvent): void {
    if (event.name === 'incoming') this.#incoming(event)
    else if (event.name === 'subscription-requested') {
      this.subscribes.push(event.request)
      if (this.closed) return this.sip.command({ name: 'reject-subscription', id: event.id, status: 403 })
      this.#subscriptions.add(event.id)
      this.version = this.version === 0 ? 1 : this.version + 1
      this.sip.command({ name: 'accept-subscription', id: event.id, body: this.#document('full') })
    } else if (event.name === 'subscription-ended') this.#subscriptions.delete(event.id)
    else if (event.name === 'request') this.sip.command({ name: 'respond', id: event.id, status: 200 })
    else if ('id' in event) for (const session of this.sessions) if (session.id === event.id) session.push({ type: 'sip', event })
  }

  #incoming(event: UserAgentEvent & { name: 'incoming' }): void {
    this.invites.push(event.request)
    if (this.refusal !== undefined) return this.sip.command({ name: 'reject', id: event.id, ...this.refusal })
    const runner: SessionRunner = new SessionRunner({
      host: this.host,
      key: event.id,
      sip: this.sip,
      msrp: this.#msrp,
      settings: this.#settings(event.id, 'sip:alice@192.0.2.10'),
      claim: (sessionId, owner) => this.#owners.set(sessionId, owner),
      release: sessionId => this.#owners.delete(sessionId),
      onEvent: told => this.#onSession(told, runner),
    })
    this.sessions.push(runner)
    runner.push({ type: 'sip', event })
  }

  #settings(id: string, peerUri: string, isCalled = true): SessionSettings {
    return {
      id,
      ownUri: this.uri,
      peerUri,
      media: { host: ADDRESS, port: this.#msrp.port },
      random: this.host.random,
      releaseTimer: 0,
      ringTimeout: 120_000,
      successReport: true,
      failureReport: 'yes',
      dateTime: () => '2024-05-04T12:16:49Z',
      ...(isCalled ? { group: {} } : {}),
    }
  }

  /** Takes every file. */
  #onSession(event: SessionEvent, runner: SessionRunner): void {
    this.onSession(event, runner)
    if (event.type !== 'offer') return
    for (const { fileId } of event.files) {
      const file: ScriptedFocus['received'][0] = { octets: 0, contentType: '', messageId: undefined }
      this.received.push(file)
      runner.listen(fileId, {
        onFileEvent: told => {
          if (told.type === 'octets') file.octets += told.bytes.length
          if (told.type !== 'complete') return
          file.contentType = told.contentType
          file.messageId = told.notify?.messageId
          runner.command({ name: 'saved', fileId })
        },
      })
    }
    runner.command({ name: 'answer', accepted: event.files.map(({ fileId }) => fileId) })
  }
}

const FEATURES = [['P-Asserted-Service', FILE_TRANSFER_ICSI]] as const

function withHistory(body: Body, history: string | undefined): Body {
  if (history === undefined) return body
  const list = [
    ['Content-Type', 'application/resource-lists+xml'],
    ['Content-Disposition', 'recipient-list-history; handling=optional'],
  ] as const
  const parts = [
    { headers: [['Content-Type', body.contentType]] as const, body: body.bytes },
    { headers: list, body: encodeUtf8(history) },
  ]
  return { contentType: 'multipart/mixed;boundary="history"', bytes: encodeMultipart(parts, 'history') }
}
