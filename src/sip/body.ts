import type { SipMessage } from './message.js'
import type { Body } from './user-agent-types.js'

/** Body of a message with its type, or undefined when there is none. */
export function bodyOf(message: SipMessage): Body | undefined {
  const contentType = message.headers.get('content-type')
  return message.body.length === 0 || contentType === undefined ? undefined : { contentType, bytes: message.body }
}
