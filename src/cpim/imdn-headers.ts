import { LocalProtocolError, type Random, randomToken } from '../wire/index.js'
import { formatAddress, parseAddress } from './address.js'
import type { CpimHead } from './head.js'
import { MAX_IMDN_ID, MAX_IMDN_ROUTES, MAX_IMDN_URI, NEW_IMDN_ID } from './limits.js'
import type { HeaderLine } from './lines.js'
import { headersOf, IMDN_NAMESPACE } from './namespaces.js'

/** What a sender can ask for (RFC 5438 §7.1.1.3). */
export type ImdnWish = 'positive-delivery' | 'negative-delivery' | 'processing' | 'display'

/**
 * The headers of RFC 5438 §6 in a CPIM message; addresses are bare URIs.
 *
 *     NS: imdn <urn:ietf:params:imdn>
 *     imdn.Message-ID: Vb2k9QwLx73TfRe1
 *     imdn.Disposition-Notification: positive-delivery, display
 *     imdn.Original-To: <sip:list@home1.example>
 *     imdn.IMDN-Record-Route: <sip:as.home2.example>
 */
export interface ImdnHeaders {
  readonly messageId?: string
  /** Nothing here: no notification is wanted. */
  readonly wanted: readonly ImdnWish[]
  readonly originalTo?: string
  /** Where a notification has to come by, next hop first; copied to `route` there (IMDN-6). */
  readonly recordRoute: readonly string[]
  /** Of a notification: where it still has to go, next hop first. */
  readonly route: readonly string[]
}

const WISHES: readonly string[] = ['positive-delivery', 'negative-delivery', 'processing', 'display'] satisfies ImdnWish[]

/** A fresh `imdn.Message-ID` of 95 random bits (IMDN-1, SEC-8). */
export function newImdnId(random: Random): string {
  return randomToken(random, NEW_IMDN_ID)
}

/**
 * Reads them off a head, under whatever prefix it declares (RFC 5438 §6.1). Never throws: they only ask for something, and a file must not
 * fail for what they say. When one of them is broken or beyond its limit, no notification could be delivered, so none counts as wanted.
 */
export function readImdnHeaders(head: CpimHead): ImdnHeaders {
  const lines = headersOf(head.extensions ?? [], IMDN_NAMESPACE)
  const valuesOf = (name: string) => lines.filter(([field]) => field === name).map(([, value]) => value)
  const [messageId] = valuesOf('Message-ID')
  const originalTo = valuesOf('Original-To').slice(0, 1).map(readUri)
  const recordRoute = valuesOf('IMDN-Record-Route').map(readUri)
  const route = valuesOf('IMDN-Route').map(readUri)
  const uris = [...originalTo, ...recordRoute, ...route]
  const usable = messageId !== undefined && isImdnId(messageId) && !uris.includes(undefined) && recordRoute.length <= MAX_IMDN_ROUTES
  if (!usable || route.length > MAX_IMDN_ROUTES) return { wanted: [], recordRoute: [], route: [] }
  return {
    messageId,
    wanted: readWishes(valuesOf('Disposition-Notification')),
    ...(originalTo[0] !== undefined && { originalTo: originalTo[0] }),
    recordRoute: recordRoute.filter(uri => uri !== undefined),
    route: route.filter(uri => uri !== undefined),
  }
}

/**
 * The same as lines for `CpimHead.extensions`, their namespace declared first.
 * @throws LocalProtocolError for a message id that is no token or too long
 */
export function formatImdnHeaders(headers: Partial<ImdnHeaders>): HeaderLine[] {
  const { messageId, wanted = [], originalTo, recordRoute = [], route = [] } = headers
  if (messageId !== undefined && !isImdnId(messageId))
    throw new LocalProtocolError('bad-imdn-id', `An imdn.Message-ID is a token of at most ${MAX_IMDN_ID} characters.`)
  return [
    ['NS', `imdn <${IMDN_NAMESPACE}>`],
    ...(messageId === undefined ? [] : [['imdn.Message-ID', messageId] as const]),
    ...(wanted.length === 0 ? [] : [['imdn.Disposition-Notification', wanted.join(', ')] as const]),
    ...(originalTo === undefined ? [] : [['imdn.Original-To', formatAddress({ uri: originalTo })] as const]),
    ...recordRoute.map(uri => ['imdn.IMDN-Record-Route', formatAddress({ uri })] as const),
    ...route.map(uri => ['imdn.IMDN-Route', formatAddress({ uri })] as const),
  ]
}

/** `positive-delivery, display;param=x`: parameters and what we do not know are skipped (RFC 5438 §10). */
function readWishes(values: readonly string[]): ImdnWish[] {
  const names = values.flatMap(value => value.split(',')).map(entry => (entry.split(';', 1)[0] as string).trim())
  return [...new Set(names)].filter((name): name is ImdnWish => WISHES.includes(name))
}

/** The URI of `"Name" <uri>`, undefined when there is none, it is too long or no URI could look like it. */
function readUri(value: string): string | undefined {
  try {
    const { uri } = parseAddress(value)
    return isWord(uri, MAX_IMDN_URI) ? uri : undefined
  } catch {
    return undefined
  }
}

/** More than a token of RFC 3862 §3.6, since the ids of some clients are not: any word. */
function isImdnId(text: string): boolean {
  return isWord(text, MAX_IMDN_ID)
}

/** 1 to `limit` characters without white space, control characters and what XML cannot hold: the notification has to repeat it. */
function isWord(text: string, limit: number): boolean {
  if (text === '' || text.length > limit) return false
  for (const character of text) {
    const code = character.codePointAt(0) as number
    if (code <= 0x20 || (code >= 0x7f && code <= 0xa0) || (code >= 0xd800 && code <= 0xdfff) || code === 0xfffe || code === 0xffff)
      return false
  }
  return true
}
