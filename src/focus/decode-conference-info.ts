import { decodeXml, parseInteger, RemoteProtocolError, type XmlElement, xmlAttribute, xmlChildren } from '../wire/index.js'
import {
  CONFERENCE_NAMESPACE,
  type ConferenceDescription,
  type ConferenceEndpoint,
  type ConferenceInfo,
  type ConferenceMedia,
  type ConferenceTransfer,
  type ConferenceState,
  type ConferenceUser,
  DISCONNECTION_METHODS,
  ELEMENT_STATES,
  type ElementState,
  ENDPOINT_STATUSES,
  JOINING_METHODS,
  MEDIA_STATUSES,
  TRANSFER_NAMESPACE,
  TRANSFER_STATES,
} from './conference-info.js'
import { MAX_ADDRESS } from './limits.js'
import { shortened } from './shortened.js'

/**
 * Reads a document of the type application/conference-info+xml. Elements and words that RFC 4575 does not know are skipped, and so are
 * users without an address: they could not be told apart.
 * @throws RemoteProtocolError 400 when it is no XML or no conference document, lacks entity or version, or has a state that is none; 413
 * beyond the limits of XML
 */
export function decodeConferenceInfo(bytes: Uint8Array): ConferenceInfo {
  const root = decodeXml(bytes)
  if (root.name !== 'conference-info' || root.namespace !== CONFERENCE_NAMESPACE) throw malformed('The document tells of no conference.')
  const entity = keyOf(root, 'entity')
  // RFC 4575 §4.3 demands the version although the schema does not
  const version = parseInteger(xmlAttribute(root, 'version')?.trim() ?? '')
  if (entity === undefined || version === undefined || version > MAX_VERSION)
    throw malformed('The conference document lacks its entity or its version.')
  const description = onlyChild(root, 'conference-description')
  const conferenceState = onlyChild(root, 'conference-state')
  const users = onlyChild(root, 'users')
  return {
    entity,
    version,
    state: stateOf(root),
    ...(description !== undefined && { description: readDescription(description) }),
    ...(conferenceState !== undefined && { conferenceState: readConferenceState(conferenceState) }),
    ...(users !== undefined && { users: { state: stateOf(users), list: children(users, 'user').flatMap(readUser) } }),
  }
}

function readDescription(element: XmlElement): ConferenceDescription {
  return defined({
    displayText: textOf(element, 'display-text'),
    subject: textOf(element, 'subject'),
    maximumUserCount: numberOf(element, 'maximum-user-count'),
  })
}

function readConferenceState(element: XmlElement): ConferenceState {
  return defined({
    userCount: numberOf(element, 'user-count'),
    active: flagOf(element, 'active'),
    locked: flagOf(element, 'locked'),
  })
}

function readUser(element: XmlElement): ConferenceUser[] {
  const entity = keyOf(element, 'entity')
  if (entity === undefined) return []
  const displayText = textOf(element, 'display-text')
  return [
    {
      entity,
      state: stateOf(element),
      ...(displayText !== undefined && { displayText }),
      endpoints: children(element, 'endpoint').map(readEndpoint),
    },
  ]
}

function readEndpoint(element: XmlElement): ConferenceEndpoint {
  const information = onlyChild(element, 'disconnection-info')
  return {
    entity: keyOf(element, 'entity') ?? '',
    state: stateOf(element),
    ...defined({
      status: wordOf(element, 'status', ENDPOINT_STATUSES),
      joiningMethod: wordOf(element, 'joining-method', JOINING_METHODS),
      disconnectionMethod: wordOf(element, 'disconnection-method', DISCONNECTION_METHODS),
      disconnectionReason: information && textOf(information, 'reason'),
    }),
    media: children(element, 'media').flatMap(readMedia),
  }
}

function readMedia(element: XmlElement): ConferenceMedia[] {
  const id = keyOf(element, 'id')
  if (id === undefined) return []
  const values = { displayText: textOf(element, 'display-text'), type: textOf(element, 'type') }
  return [{ id, ...defined({ ...values, status: wordOf(element, 'status', MEDIA_STATUSES), transfer: readTransfer(element) }) }]
}

/** A state that nobody knows tells nothing, and neither do its numbers. */
function readTransfer(element: XmlElement): ConferenceTransfer | undefined {
  const transfer = xmlChildren(element, TRANSFER_NAMESPACE, 'transfer')[0]
  const state = TRANSFER_STATES.find(value => value === (transfer && xmlAttribute(transfer, 'state')))
  if (transfer === undefined || state === undefined) return undefined
  const count = (name: string) => parseInteger(xmlAttribute(transfer, name) ?? '')
  return { state, ...defined({ octets: count('octets'), total: count('total') }) }
}

function children(element: XmlElement, name: string): XmlElement[] {
  return xmlChildren(element, CONFERENCE_NAMESPACE, name)
}

/** The schema allows each of these once; a second one has nothing to say. */
function onlyChild(element: XmlElement, name: string): XmlElement | undefined {
  return children(element, name)[0]
}

function keyOf(element: XmlElement, name: string): string | undefined {
  const key = xmlAttribute(element, name)?.trim()
  return key === undefined || key === '' || key.length > MAX_ADDRESS ? undefined : key
}

/** RFC 4575 §4.4: `full` when nothing is said. */
function stateOf(element: XmlElement): ElementState {
  const text = xmlAttribute(element, 'state')?.trim() ?? 'full'
  const state = ELEMENT_STATES.find(value => value === text)
  if (state === undefined) throw malformed(`"${text.slice(0, 20)}" is no state of an element.`)
  return state
}

function textOf(element: XmlElement, name: string): string | undefined {
  return shortened(onlyChild(element, name)?.text)
}

function numberOf(element: XmlElement, name: string): number | undefined {
  return parseInteger(textOf(element, name) ?? '')
}

/** xs:boolean */
function flagOf(element: XmlElement, name: string): boolean | undefined {
  const text = textOf(element, name)
  if (text === 'true' || text === '1') return true
  return text === 'false' || text === '0' ? false : undefined
}

function wordOf<Word extends string>(element: XmlElement, name: string, words: readonly Word[]): Word | undefined {
  const text = textOf(element, name)
  return words.find(word => word === text)
}

type Defined<Values> = { [Name in keyof Values]?: Exclude<Values[Name], undefined> }

/** The members that have a value. */
function defined<Values extends object>(values: Values): Defined<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<Values>
}

function malformed(message: string): RemoteProtocolError {
  return new RemoteProtocolError('bad-conference-info', message, 400)
}

/** xs:unsignedInt */
const MAX_VERSION = 0xffff_ffff
