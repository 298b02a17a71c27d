import type { Direction } from '../sdp/index.js'
import type { DeliveryState } from './delivery-table.js'

/** Of the elements of RFC 4575 §4.2. */
export const CONFERENCE_NAMESPACE = 'urn:ietf:params:xml:ns:conference-info'

/** The media type of the document. */
export const CONFERENCE_TYPE = 'application/conference-info+xml'

/** Name of the event package (RFC 4575 §3.1). */
export const CONFERENCE_EVENT = 'conference'

/** Whether an element says all, only what changed, or that it is gone (RFC 4575 §4.4). */
export const ELEMENT_STATES = ['full', 'partial', 'deleted'] as const
export type ElementState = (typeof ELEMENT_STATES)[number]

/** RFC 4575 §5.7.3 */
export const ENDPOINT_STATUSES = [
  'pending',
  'dialing-out',
  'dialing-in',
  'alerting',
  'on-hold',
  'connected',
  'muted-via-focus',
  'disconnecting',
  'disconnected',
] as const
export type EndpointStatus = (typeof ENDPOINT_STATUSES)[number]

/** RFC 4575 §5.7.4 */
export const JOINING_METHODS = ['dialed-in', 'dialed-out', 'focus-owner'] as const
export type JoiningMethod = (typeof JOINING_METHODS)[number]

/** RFC 4575 §5.7.6 */
export const DISCONNECTION_METHODS = ['departed', 'booted', 'failed', 'busy'] as const
export type DisconnectionMethod = (typeof DISCONNECTION_METHODS)[number]

export const MEDIA_STATUSES = ['sendonly', 'recvonly', 'sendrecv', 'inactive'] as const satisfies readonly Direction[]

/** Of our own element inside `<media>`; RFC 4575 §6 lets other namespaces in. */
export const TRANSFER_NAMESPACE = 'urn:cpmft:conference'

export const TRANSFER_STATES = [
  'offered',
  'accepted',
  'sending',
  'finished',
  'declined',
  'failed',
  'cancelled',
  'deferred',
  'stored',
] as const satisfies readonly DeliveryState[]

/** How far a file is with one participant: `<transfer xmlns="urn:cpmft:conference" state="sending" octets="1234" total="4096"/>`. */
export interface ConferenceTransfer {
  readonly state: DeliveryState
  /** Octets of the message that the participant has confirmed. */
  readonly octets?: number
  /** Octets of the whole message. */
  readonly total?: number
}

/** One file of one device: `<media id="1"><type>message</type><status>recvonly</status></media>` (RFC 4575 §5.8). */
export interface ConferenceMedia {
  readonly id: string
  readonly displayText?: string
  /** `message` for files. */
  readonly type?: string
  /** As the participant sees it: `sendonly` sends (RFC 4575 §5.8.5). */
  readonly status?: Direction
  readonly transfer?: ConferenceTransfer
}

/** One device and its dialog with the focus (RFC 4575 §5.7). */
export interface ConferenceEndpoint {
  /** Key among the devices of its user; '' where the document has none. */
  readonly entity: string
  readonly state: ElementState
  readonly status?: EndpointStatus
  readonly joiningMethod?: JoiningMethod
  readonly disconnectionMethod?: DisconnectionMethod
  /** `SIP;cause=488;text="Not Acceptable Here"` (RFC 4575 §5.7.7). */
  readonly disconnectionReason?: string
  readonly media: readonly ConferenceMedia[]
}

/** One participant (RFC 4575 §5.6). */
export interface ConferenceUser {
  /** Address, or `sip:anonymous2@anonymous.invalid` for somebody hidden. */
  readonly entity: string
  readonly state: ElementState
  readonly displayText?: string
  readonly endpoints: readonly ConferenceEndpoint[]
}

/** RFC 4575 §5.3, the part that is of use for files. */
export interface ConferenceDescription {
  readonly displayText?: string
  readonly subject?: string
  readonly maximumUserCount?: number
}

/** RFC 4575 §5.5 */
export interface ConferenceState {
  readonly userCount?: number
  readonly active?: boolean
  readonly locked?: boolean
}

/**
 * A document of the conference package:
 *
 *     <conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:ft-8Jq2Lx71Zk@cf.home1.example" state="full" version="1">
 *       <conference-state><user-count>2</user-count></conference-state>
 *       <users state="full">
 *         <user entity="sip:bob@home2.example" state="full">
 *           <endpoint entity="sip:bob@home2.example" state="full">
 *             <status>connected</status>
 *             <joining-method>dialed-out</joining-method>
 *             <media id="1"><type>message</type><status>recvonly</status></media>
 *           </endpoint>
 *         </user>
 *       </users>
 *     </conference-info>
 */
export interface ConferenceInfo {
  /** The conference URI. */
  readonly entity: string
  readonly state: ElementState
  readonly version: number
  readonly description?: ConferenceDescription
  readonly conferenceState?: ConferenceState
  /** Undefined when the document says nothing of users. */
  readonly users?: { readonly state: ElementState; readonly list: readonly ConferenceUser[] }
}
