import { distinctRecipients, isVisible, MAX_ADHOC_GROUP_SIZE, type Recipient } from '../focus/index.js'
import type { ClientOptions, Destination, Group, GroupRecipient } from './api.js'
import { CpmftError } from './errors.js'
import { sameAddress } from './offer-check.js'
import { readAddress } from './sip-address.js'

/**
 * Several people as one destination, or a group that has an address of its own:
 *
 *     alice.send(group(['sip:bob@example.com', 'sip:carol@example.com'], { subject: 'Sprint 12' }), 'build.zip')
 *
 * @throws CpmftError `bad-address`
 */
export function group(
  to: string | readonly (string | GroupRecipient)[],
  options: { readonly subject?: string; readonly name?: string } = {},
): Group {
  const { subject, name } = options
  if (typeof to === 'string') return { uri: readAddress(to), recipients: [], subject, name }
  return { uri: undefined, recipients: to.map(readRecipient), subject, name }
}

/** Where files go, once it is known what kind of destination that is. */
export type Target =
  | { readonly kind: 'single'; readonly uri: string; readonly group: Group | undefined }
  | { readonly kind: 'list'; readonly factory: string; readonly recipients: readonly Recipient[]; readonly group: Group }
  /** Several people without a service that makes groups of them: each gets the files by itself. */
  | { readonly kind: 'each'; readonly recipients: readonly Recipient[]; readonly group: Group }
  | { readonly kind: 'group'; readonly uri: string; readonly group: Group }

/**
 * CR-2 to CR-4: one person, an ad-hoc group or a defined one. Doubles and ourselves do not count (GRP-5).
 * @throws CpmftError `bad-address`, `no-recipients`, `group-too-large`, `no-group-service`
 */
export function targetOf(
  to: Destination,
  options: Pick<ClientOptions, 'aor' | 'proxy' | 'conferenceFactory' | 'maxGroupSize'>,
  fallbackToSingle = false,
): Target {
  if (typeof to === 'string') return { kind: 'single', uri: readAddress(to), group: undefined }
  const wanted = 'recipients' in to ? to : group(to)
  if (wanted.uri !== undefined) return { kind: 'group', uri: wanted.uri, group: wanted }
  const recipients = distinctRecipients(
    wanted.recipients.map(({ uri, copyControl = 'to', anonymize = false }) => ({ uri: readAddress(uri), copyControl, anonymize })),
    [options.aor],
  ).filter(({ uri }) => !sameAddress(uri, options.aor))
  const [first, second] = recipients
  if (first === undefined) throw new CpmftError('no-recipients')
  if (second === undefined) return { kind: 'single', uri: first.uri, group: wanted }
  const limit = options.maxGroupSize ?? MAX_ADHOC_GROUP_SIZE
  if (recipients.length > limit - 1) throw new CpmftError('group-too-large', `At most ${limit} people, yourself included.`)
  const factory = factoryOf(options)
  if (factory !== undefined) return { kind: 'list', factory, recipients, group: wanted }
  if (!fallbackToSingle) throw new CpmftError('no-group-service')
  return { kind: 'each', recipients, group: wanted }
}

/** GRP-1: what is configured, else the usual name at our own domain, where a server is there to know it. */
export function factoryOf({
  aor,
  proxy,
  conferenceFactory,
}: Pick<ClientOptions, 'aor' | 'proxy' | 'conferenceFactory'>): string | undefined {
  if (conferenceFactory !== undefined) return readAddress(conferenceFactory)
  const at = aor.indexOf('@')
  if (proxy === undefined || at < 0) return undefined
  return `${aor.startsWith('sips:') ? 'sips' : 'sip'}:conference-factory@${aor.slice(at + 1)}`
}

/** Names the session that files for this list may share (D-6): the same people, each seen in the same way. */
export function keyOfList(recipients: readonly Recipient[]): string {
  const people = recipients.map(recipient => `${recipient.uri} ${recipient.copyControl}${isVisible(recipient) ? '' : ' hidden'}`)
  return `list ${people.sort().join(', ')}`
}

function readRecipient(recipient: string | GroupRecipient): GroupRecipient {
  return typeof recipient === 'string' ? { uri: readAddress(recipient) } : { ...recipient, uri: readAddress(recipient.uri) }
}
