import { MsrpDriver, type MsrpDriverOptions, SipDriver } from '../client/index.js'
import { CHUNK_IDLE, CONFERENCE_EVENT } from '../focus/index.js'
import type { UserAgentEvent } from '../sip/index.js'
import { FOCUS_ACCEPT, FOCUS_ALLOW, FOCUS_SUPPORTED } from './focus-answers.js'
import type { FocusHostOptions } from './focus-options.js'
import { PIPE_PROXY, proxyOf } from './focus-pipe.js'
import { FOCUS_HOLDABLE, LEG_CHUNK, LEG_WINDOW } from './limits.js'
import { blockMemory } from './passage-memory.js'
import { SILENT } from './server-log.js'
import { traceFeed } from './trace-feed.js'

/** `sip:conference-factory@example.org` */
export function factoryOf({ factory, domain }: FocusHostOptions): string {
  return `sip:${factory}@${domain}`
}

/** The MSRP endpoint of a focus: octets of one connection are held for all others, and every member gets the time it needs (GRP-29). */
export function openMsrp(
  { host, media, memory, trace, log = SILENT }: FocusHostOptions,
  handlers: Pick<MsrpDriverOptions, 'onEvent' | 'onNeedData'> & Required<Pick<MsrpDriverOptions, 'permits'>>,
): Promise<MsrpDriver> {
  const feed = traceFeed('focus', host, trace)
  return MsrpDriver.open({
    host,
    listen: media.listen,
    ...(media.port !== undefined && { port: media.port }),
    secure: media.secure === true,
    endpoint: {
      ...(feed !== undefined && { trace: true }),
      limits: { chunkIdle: CHUNK_IDLE },
      window: LEG_WINDOW,
      blockSize: LEG_WINDOW / 2,
      chunkSize: LEG_CHUNK,
      slowPeers: true,
    },
    memory: memory ?? blockMemory,
    holdable: FOCUS_HOLDABLE,
    onTrace: (entry, local, remote, transport) => feed?.msrp(entry, local, remote, transport),
    // it ended what the fault belongs to
    onFault: error => log.error({ error: nameOf(error) }, 'MSRP failed'),
    ...handlers,
  })
}

/** The user agent of a focus: any address of its domain is its own, and subscribers to conferences are welcome. */
export function openSip(options: FocusHostOptions, onEvent: (event: UserAgentEvent) => void): Promise<SipDriver> {
  const { host, sip, proxy, agent, trace, log = SILENT } = options
  const feed = traceFeed('focus', host, trace)
  return SipDriver.open({
    host,
    address: sip,
    transports: sip.transports,
    agent: {
      aor: factoryOf(options),
      ...proxyOf(sip.transports.length === 0 ? PIPE_PROXY : proxy),
      anyRecipient: true,
      contactParameters: ['isfocus'],
      allow: FOCUS_ALLOW,
      supported: FOCUS_SUPPORTED,
      accept: FOCUS_ACCEPT,
      events: [CONFERENCE_EVENT],
      ...(feed !== undefined && { trace: true }),
      ...agent,
    },
    onEvent,
    onTrace: entry => feed?.sip(entry),
    onFault: error => log.error({ error: nameOf(error) }, 'SIP failed'),
  })
}

/** Never the text of an error: it could hold a path or what a peer said (SEC-9). */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
