import { join } from 'node:path'
import { SipDriver } from '../../src/client/index.js'
import type { ConferenceInput, ConferenceOutput, ConferenceSettings, GroupDefinition } from '../../src/focus/index.js'
import { type NodeHost, nodeHost } from '../../src/node/index.js'
import { FocusHost } from '../../src/server/focus-host.js'
import type { FocusHostOptions } from '../../src/server/focus-options.js'
import { namedPipe, PIPE_PROXY } from '../../src/server/focus-pipe.js'
import { pipe } from '../../src/server/pipe.js'
import type { ExtraHeaders, UserAgentCommand, UserAgentEvent } from '../../src/sip/index.js'
import { encodeUtf8 } from '../../src/wire/index.js'

/** A conference that does what the test says and notes what it is told. */
export class FakeConference {
  readonly inputs: ConferenceInput[] = []
  deadline: number | undefined
  /** Outputs for an input. */
  answer: (input: ConferenceInput) => ConferenceOutput[] = () => []

  constructor(readonly settings: ConferenceSettings) {}

  step(input: ConferenceInput): ConferenceOutput[] {
    this.inputs.push(input)
    return input.type === 'close' ? [{ type: 'event', event: { type: 'ended' } }] : this.answer(input)
  }
}

export const ALICE: ExtraHeaders = [['P-Asserted-Identity', '"Alice" <sip:alice@example.org>']]

const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message 9 TCP/MSRP *\r\na=path:msrp://127.0.0.1:9/x;tcp\r\n'

/** Body of an INVITE to the factory for these addresses. */
export function listBody(uris: readonly string[]): { readonly contentType: string; readonly bytes: Uint8Array } {
  const entries = uris.map(uri => `<entry uri="${uri}" cp:copyControl="to"/>`).join('')
  const list = `<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol"><list>${entries}</list></resource-lists>`
  const parts = [
    `Content-Type: application/sdp\r\n\r\n${SDP}`,
    `Content-Type: application/resource-lists+xml\r\nContent-Disposition: recipient-list\r\n\r\n${list}`,
  ]
  return { contentType: 'multipart/mixed;boundary="b"', bytes: encodeUtf8(`${parts.map(part => `--b\r\n${part}\r\n`).join('')}--b--\r\n`) }
}

/** A focus whose proxy, creator and members are one user agent of the test. */
export class FocusWorld {
  readonly events: UserAgentEvent[] = []
  readonly conferences: FakeConference[] = []
  readonly groups = new Map<string, GroupDefinition>()
  /** Called for each conference before its first input. */
  onConference: (conference: FakeConference) => void = () => {}
  /** Called with each event at the far end. */
  onEvent: (event: UserAgentEvent) => void = () => {}
  host!: NodeHost
  focus!: FocusHost
  far!: SipDriver

  static async open(folder: string, options: Partial<FocusHostOptions> = {}): Promise<FocusWorld> {
    const world = new FocusWorld()
    const host = nodeHost()
    world.host = host
    world.focus = await FocusHost.open({
      host,
      domain: 'example.org',
      factory: 'conference-factory',
      sip: { host: '127.0.0.1', port: 0, transports: [] },
      media: { listen: '127.0.0.1' },
      spool: join(folder, 'spool'),
      group: uri => Promise.resolve(world.groups.get(uri)),
      machine: settings => {
        const conference = new FakeConference(settings)
        world.conferences.push(conference)
        world.onConference(conference)
        return conference
      },
      ...options,
    })
    world.far = await SipDriver.open({
      host,
      address: { host: '127.0.0.1', port: 0 },
      transports: [],
      agent: {
        aor: 'sip:proxy@example.org',
        proxy: PIPE_PROXY,
        anyRecipient: true,
        allow: ['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'MESSAGE', 'NOTIFY', 'SUBSCRIBE'],
        supported: [],
        accept: ['application/sdp'],
      },
      onEvent: event => {
        world.events.push(event)
        world.onEvent(event)
      },
      onTrace: () => {},
    })
    const [near, far] = pipe('focus')
    world.focus.attach(near)
    world.far.adopt('focus', namedPipe(far), 'tcp')
    return world
  }

  /** An INVITE of Alice to the factory. */
  invite(id: string, uris: readonly string[], command: Partial<Extract<UserAgentCommand, { name: 'invite' }>> = {}): void {
    const headers = [...ALICE, ['Require', 'recipient-list-invite']] as const
    this.far.command({ name: 'invite', id, to: 'sip:conference-factory@example.org', body: listBody(uris), headers, ...command })
  }

  /** The next event with this id that is no provisional response. */
  async final(id: string): Promise<UserAgentEvent> {
    return this.event(event => event.id === id && event.name !== 'provisional' && event.name !== 'waiting')
  }

  async event(accept: (event: UserAgentEvent) => boolean): Promise<UserAgentEvent> {
    for (let left = 2000; left > 0; left--) {
      const found = this.events.find(accept)
      if (found !== undefined) return found
      await new Promise(resolve => setTimeout(resolve, 2))
    }
    throw new Error('The event never came.')
  }

  async conference(index = 0): Promise<FakeConference> {
    for (let left = 2000; left > 0; left--) {
      const found = this.conferences[index]
      if (found !== undefined && found.inputs.length > 0) return found
      await new Promise(resolve => setTimeout(resolve, 2))
    }
    throw new Error('There is no conference.')
  }

  async close(): Promise<void> {
    await Promise.all([this.focus.close(), this.far.close()])
    await this.host.close()
  }
}
