import { CpmSession, type OutgoingFile, RELEASE_TIMER, RING_TIMEOUT } from '../cpm/index.js'
import { UserAgent, type UserAgentOutput } from '../sip/index.js'
import type { ClientOptions, Destination } from './api.js'
import { agentOptions } from './agent-options.js'
import { targetOf } from './group.js'
import { type GroupPlan, groupPlan } from './group-plan.js'
import type { Host } from './host.js'
import { profileOf } from './profile.js'
import { hopOf, readAddress } from './sip-address.js'

/** The INVITE that `send` would write for these files, as octets; nothing is sent. Ports are the ones a listener would get (0 here). */
export function previewInvite(
  host: Host,
  options: ClientOptions,
  to: Destination,
  files: readonly OutgoingFile[],
  address: string,
): Uint8Array {
  const aor = readAddress(options.aor)
  const { uri: peerUri, session: target } = previewTarget(to, { ...options, aor })
  const profile = profileOf({ ...options, reach: options.reach ?? peerUri })
  const secure = profile === 'secure'
  const sha256 = host.certificate?.sha256
  const own = { host: address, port: hopOf(options.listen ?? aor)?.uri.port ?? (secure ? 5061 : 5060) }
  const session = new CpmSession({
    id: 'preview',
    ownUri: aor,
    peerUri,
    media: { host: address, port: 2855 },
    random: host.random,
    releaseTimer: RELEASE_TIMER,
    ringTimeout: RING_TIMEOUT,
    successReport: options.successReport ?? true,
    failureReport: options.failureReport ?? 'yes',
    dateTime: () => new Date(host.date()).toISOString(),
    ...(target?.group === undefined ? {} : { group: target.group }),
    secure,
    signallingSecure: secure,
    ...(sha256 === undefined ? {} : { fingerprints: [{ algorithm: 'sha-256', octets: sha256 }] }),
  })
  const agent = new UserAgent({
    ...agentOptions(aor, options, host, profile),
    listening: [{ transport: secure ? 'tls' : 'tcp', address: own }],
    random: host.random,
    hash: (algorithm, bytes) => host.hash(algorithm, bytes),
  })
  for (const output of session.step({ type: 'command', command: { name: 'send', files } }, 0)) {
    if (output.type !== 'sip') continue
    const written = firstWrite(agent.step({ type: 'command', command: output.command }, 0), agent, own)
    if (written !== undefined) return written
  }
  return new Uint8Array(0)
}

/** Whom the INVITE goes to. @throws CpmftError like `send` */
function previewTarget(to: Destination, options: ClientOptions): Pick<GroupPlan, 'uri' | 'session'> {
  return groupPlan(targetOf(to, options), {})
}

/** Plays the network up to the first write: a flow that is asked for opens at once. */
function firstWrite(outputs: UserAgentOutput[], agent: UserAgent, local: { host: string; port: number }): Uint8Array | undefined {
  for (const output of outputs) {
    if (output.type === 'write') return output.bytes
    if (output.type !== 'connect') continue
    const { flow, transport, remote } = output
    const found = firstWrite(agent.step({ type: 'opened', flow, transport, local, remote }, 0), agent, local)
    if (found !== undefined) return found
  }
  return undefined
}
