import { formatReason, reasonPhrase } from '../sip/index.js'
import type { ConferenceContent } from './conference-feed.js'
import type { ConferenceEndpoint, ConferenceMedia, ConferenceUser, EndpointStatus } from './conference-info.js'
import type { ConferencePhase } from './conference-table.js'
import type { LegState } from './leg-table.js'
import { isLive } from './roster-states.js'
import type { Participant, RosterFile, RosterOptions } from './roster-types.js'
import { plainText } from './shortened.js'

export type DeliveryProgress = (participant: string, fileId: string) => { readonly octets?: number; readonly total?: number }

/** How a leg is told to the others (RFC 4575 §5.7.3, GRP-38). */
export const LEG_STATUSES: Readonly<Record<LegState, EndpointStatus>> = {
  idle: 'pending',
  inviting: 'dialing-out',
  ringing: 'alerting',
  cancelling: 'disconnecting',
  connected: 'connected',
  leaving: 'disconnecting',
  gone: 'disconnected',
}

/** How the creator is told: its dialog is the conference. */
export const CREATOR_STATUSES: Readonly<Record<ConferencePhase, EndpointStatus>> = {
  forming: 'dialing-in',
  running: 'connected',
  draining: 'disconnected',
  ended: 'disconnected',
}

/** The whole content of the conference package, hidden ones under their other name. */
export function rosterContent(
  participants: readonly Participant[],
  files: readonly RosterFile[],
  phase: ConferencePhase,
  { subject, progress }: RosterOptions & { readonly progress?: DeliveryProgress | undefined },
): ConferenceContent {
  const users = participants.map(participant => userOf(participant, files, phase, progress))
  const title = plainText(subject)
  return {
    ...(title !== undefined && { description: { subject: title } }),
    conferenceState: {
      userCount: users.filter(user => user.endpoints.some(({ status }) => status === 'connected')).length,
      active: phase === 'forming' || phase === 'running',
    },
    users,
  }
}

function userOf(
  participant: Participant,
  files: readonly RosterFile[],
  phase: ConferencePhase,
  progress: DeliveryProgress | undefined,
): ConferenceUser {
  const { entity, displayName, role, leg, ending, refusal } = participant
  const isCreator = role === 'creator'
  const status = isCreator ? CREATOR_STATUSES[phase] : LEG_STATUSES[leg]
  const disconnectionMethod = isCreator ? 'departed' : ending
  const endpoint: ConferenceEndpoint = {
    // One for each user and never a Contact: where somebody is stays with the focus (RFC 4575 §5.6.6)
    entity,
    state: 'full',
    status,
    ...(status === 'connected' && { joiningMethod: isCreator ? 'dialed-in' : 'dialed-out' }),
    ...(status === 'disconnected' && disconnectionMethod !== undefined && { disconnectionMethod }),
    ...(status === 'disconnected' && refusal !== undefined && { disconnectionReason: reasonOf(refusal) }),
    media: files.flatMap((file, index) => mediaOf(participant, file, `${index + 1}`, status === 'connected', progress)),
  }
  return { entity, state: 'full', ...(displayName !== undefined && { displayText: displayName }), endpoints: [endpoint] }
}

/** One line of the participant, from its own point of view; nothing for a file it was never offered. */
function mediaOf(
  participant: Participant,
  file: RosterFile,
  id: string,
  connected: boolean,
  progress: DeliveryProgress | undefined,
): ConferenceMedia[] {
  const delivery = participant.deliveries.get(file.fileId)
  const isSource = file.source === participant.id
  if (!isSource && delivery === undefined) return []
  // Somebody who is not there has no media, but the file went as far as it went
  if (!connected && (delivery === undefined || participant.leg !== 'gone')) return []
  const sends = isSource && file.state !== 'ended'
  const receives = delivery !== undefined && isLive(delivery)
  const information = plainText(file.information)
  return [
    {
      id,
      ...(information !== undefined && { displayText: information }),
      type: 'message',
      status: !connected ? 'inactive' : sends ? 'sendonly' : receives ? 'recvonly' : 'inactive',
      ...(delivery !== undefined && { transfer: { state: delivery, ...progress?.(participant.id, file.fileId) } }),
    },
  ]
}

/** `SIP;cause=486;text="Busy Here"` (RFC 4575 §5.7.7, RFC 3326) */
function reasonOf(status: number): string {
  return formatReason({ protocol: 'SIP', cause: status, text: reasonPhrase(status) })
}
