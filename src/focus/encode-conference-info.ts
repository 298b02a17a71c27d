import { encodeXml, type XmlOutput } from '../wire/index.js'
import {
  CONFERENCE_NAMESPACE,
  type ConferenceEndpoint,
  type ConferenceInfo,
  type ConferenceMedia,
  type ConferenceTransfer,
  type ConferenceUser,
  TRANSFER_NAMESPACE,
} from './conference-info.js'

/**
 * The octets of a conference document, elements in the order of the schema (RFC 4575 §6).
 * @throws LocalProtocolError for a text with characters that XML cannot hold
 */
export function encodeConferenceInfo(info: ConferenceInfo): Uint8Array {
  const { description, conferenceState, users } = info
  return encodeXml({
    name: 'conference-info',
    attributes: [
      ['xmlns', CONFERENCE_NAMESPACE],
      ['entity', info.entity],
      ['state', info.state],
      ['version', `${info.version}`],
    ],
    content: [
      ...group('conference-description', [
        ...leaf('display-text', description?.displayText),
        ...leaf('subject', description?.subject),
        ...leaf('maximum-user-count', description?.maximumUserCount),
      ]),
      ...group('conference-state', [
        ...leaf('user-count', conferenceState?.userCount),
        ...leaf('active', conferenceState?.active),
        ...leaf('locked', conferenceState?.locked),
      ]),
      ...(users === undefined
        ? []
        : [{ name: 'users', attributes: [['state', users.state] as const], content: users.list.map(userElement) }]),
    ],
  })
}

function userElement(user: ConferenceUser): XmlOutput {
  return {
    name: 'user',
    attributes: [
      ['entity', user.entity],
      ['state', user.state],
    ],
    content: [...leaf('display-text', user.displayText), ...user.endpoints.map(endpointElement)],
  }
}

function endpointElement(endpoint: ConferenceEndpoint): XmlOutput {
  return {
    name: 'endpoint',
    attributes: [
      ['entity', endpoint.entity],
      ['state', endpoint.state],
    ],
    content: [
      ...leaf('status', endpoint.status),
      ...leaf('joining-method', endpoint.joiningMethod),
      ...leaf('disconnection-method', endpoint.disconnectionMethod),
      ...group('disconnection-info', leaf('reason', endpoint.disconnectionReason)),
      ...endpoint.media.map(mediaElement),
    ],
  }
}

function mediaElement(media: ConferenceMedia): XmlOutput {
  return {
    name: 'media',
    attributes: [['id', media.id]],
    content: [
      ...leaf('display-text', media.displayText),
      ...leaf('type', media.type),
      ...leaf('status', media.status),
      // RFC 4575 §6: elements of other namespaces come last
      ...(media.transfer === undefined ? [] : [transferElement(media.transfer)]),
    ],
  }
}

function transferElement({ state, octets, total }: ConferenceTransfer): XmlOutput {
  return {
    name: 'transfer',
    attributes: [
      ['xmlns', TRANSFER_NAMESPACE],
      ['state', state],
      ...(octets === undefined ? [] : [['octets', `${octets}`] as const]),
      ...(total === undefined ? [] : [['total', `${total}`] as const]),
    ],
  }
}

function leaf(name: string, value: string | number | boolean | undefined): XmlOutput[] {
  return value === undefined ? [] : [{ name, content: [`${value}`] }]
}

/** Nothing at all when there is nothing inside. */
function group(name: string, content: readonly XmlOutput[]): XmlOutput[] {
  return content.length === 0 ? [] : [{ name, content }]
}
