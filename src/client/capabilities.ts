import { ACCEPT_TYPES, WRAPPER_ALLOWANCE } from '../cpm/index.js'
import { capabilitySession, encodeSession } from '../sdp/index.js'
import type { UserAgentCommand, UserAgentEvent } from '../sip/index.js'
import { hopOf } from './sip-address.js'

/** Our answer to a request outside any dialog: OPTIONS tells what we can (OA-50, SIP-27), MESSAGE is taken, the rest is not allowed. */
export function answerRequest(
  event: UserAgentEvent & { name: 'request' },
  contact: string,
  allow: readonly string[],
  accept: readonly string[],
  maxFileSize: number | undefined,
): UserAgentCommand {
  const { id, request } = event
  const headers = [['Allow', allow.join(', ')]] as const
  if (request.method === 'MESSAGE') return { name: 'respond', id, status: 200 }
  if (request.method !== 'OPTIONS') return { name: 'respond', id, status: 405, headers }
  const address = hopOf(contact)?.host ?? '127.0.0.1'
  const limit = maxFileSize === undefined || maxFileSize === 0 ? {} : { maxSize: maxFileSize + WRAPPER_ALLOWANCE }
  const session = capabilitySession(
    { username: '-', sessionId: event.id.replaceAll(/\D/g, '').slice(0, 15) || '1', address },
    { acceptTypes: ACCEPT_TYPES, acceptWrappedTypes: ['*'], ...limit },
  )
  return {
    name: 'respond',
    id,
    status: 200,
    headers: [...headers, ['Accept', accept.join(', ')]],
    body: { contentType: 'application/sdp', bytes: encodeSession(session) },
  }
}
