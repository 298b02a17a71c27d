import type { DisconnectionMethod } from './conference-info.js'
import type { DeliveryState } from './delivery-table.js'
import type { LegEvent, LegState } from './leg-table.js'

/** The member has not answered the INVITE that it got or will get. */
export function isPending(leg: LegState): boolean {
  return leg === 'idle' || leg === 'inviting' || leg === 'ringing'
}

/** The octets of the file are still wanted for the member. */
export function isLive(state: DeliveryState): boolean {
  return state === 'offered' || state === 'accepted' || state === 'sending' || state === 'deferred'
}

/** How a leg ends by an event (RFC 4575 §5.7.6); undefined when it does not end, or already has its reason. */
export function endingOf(leg: LegState, event: LegEvent, status: number | undefined): DisconnectionMethod | undefined {
  if (leg === 'leaving') return undefined
  switch (event) {
    case 'leave':
      return 'departed'
    case 'end':
      return 'booted'
    case 'reject':
      return status === 486 || status === 600 ? 'busy' : 'failed'
    case 'fail':
    case 'skip':
      return 'failed'
    case 'accept':
      return leg === 'cancelling' ? 'booted' : undefined
    default:
      return undefined
  }
}
