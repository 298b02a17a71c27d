import type { EndpointEvent, EndpointInput } from '../msrp/index.js'
import type { FileRange, FileSelector, Fingerprint } from '../sdp/index.js'
import type { UserAgentCommand, UserAgentEvent } from '../sip/index.js'
import type { Random } from '../wire/index.js'
import type { Conversation } from './conversation.js'
import type { FocusProfile } from './focus-session.js'
import type { Conference, GroupProfile } from './group-session.js'
import type { Outcome } from './outcome.js'

/** Where our MSRP listener can be reached by this peer. */
export interface MediaAddress {
  readonly host: string
  readonly port: number
}

export interface SessionSettings {
  /** Names the INVITE usage towards the SIP user agent. */
  readonly id: string
  readonly ownUri: string
  readonly ownDisplayName?: string
  /** Our account when `ownUri` hides it (SIP-29): named to the first proxy alone, with `Privacy: id`. */
  readonly account?: string
  readonly peerUri: string
  readonly media: MediaAddress
  readonly random: Random
  /** ms; 0 releases at once (CR-17), infinity never: somebody else ends the session (GRP-36). */
  readonly releaseTimer: number
  readonly ringTimeout: number
  /** Octets; undefined means no limit. */
  readonly maxFileSize?: number
  /** Reports we ask for (D-2). */
  readonly successReport: boolean
  readonly failureReport: 'yes' | 'no' | 'partial'
  /** Reject what D-17, D-18 and SDP-3 would forgive. */
  readonly strict?: boolean
  /** `DateTime` of the CPIM envelope, from the host's wall clock. */
  readonly dateTime: () => string
  /** MSRP over TLS: `msrps` and `TCP/TLS/MSRP` on every line of ours (CON-40). Default false. */
  readonly secure?: boolean
  /** Hash of our own certificate, written as `a=fingerprint` and demanded from the peer (CON-43). */
  readonly fingerprints?: readonly Fingerprint[]
  /**
   * Where our listener of the other kind is: plain with `secure`, TLS without it. Absent: with `secure` plain lines of the peer are
   * refused (SEC-7), and without it TLS lines are answered as `active` where the offer lets us.
   */
  readonly otherMedia?: MediaAddress
  /** SIP went over TLS all the way to the next hop, so that fingerprints in it can be believed (CON-45). Default false. */
  readonly signallingSecure?: boolean
  /** Addresses of a host name of the peer, where they are known; used to compare c= with the path (CON-32, CON-33). */
  readonly addressesOf?: (name: string) => readonly string[]
  /** Take SHA-1 fingerprints (CON-44). Default false. */
  readonly allowWeakFingerprint?: boolean
  /** False when nobody can connect to us: our offers say `active` (CON-20). Default true. */
  readonly reachable?: boolean
  /** `a=msrp-cema` in our offers and answers (CON-30). Default true. */
  readonly cema?: boolean
  /** Whether an address may be connected to (SEC-10); a refused one fails the file. Default: every address. */
  readonly mayConnect?: (host: string, port: number) => boolean
  /** Use port-0 slots of finished files for new ones instead of new lines (D-6). Default false. */
  readonly reuseSlots?: boolean
  /** A range in the answer that differs from ours ends the file instead of being served (D-17). Default false. */
  readonly strictRange?: boolean
  /** Orders for notifications also stand beside the SDP, for peers that take files without a wrapper (IMDN-2). Default false. */
  readonly notifyInInvite?: boolean
  /** `P-Access-Network-Info` put on our INVITEs (CPM-11). */
  readonly accessNetworkInfo?: string
  /** The peer is a group: `peerUri` is its address, or the one of the service that makes groups. Absent between two people. */
  readonly group?: GroupProfile
  /** We are the focus of a group: messages pass through us as they are (GRP-19 to GRP-30). */
  readonly focus?: FocusProfile
}

/** What one AUTH at our relay gave (RLY-3): one set for each file session. */
export interface RelayPath {
  /** Our URI that the relays act for; the session's line must use it. */
  readonly localUri: string
  /** Use-Path, nearest relay first. */
  readonly usePath: readonly string[]
}

/** A file we offer: described and hashed before (CR-6, SND-4). */
export interface OutgoingFile {
  /** Chosen by the caller, unique in the session. */
  readonly fileId: string
  readonly selector: FileSelector
  readonly modified?: Date
  readonly created?: Date
  readonly disposition: 'render' | 'attachment'
  readonly description?: string
  /** Only this part is sent; positions of `need-octets` stay those of the whole file (OA-61, RCS-2). */
  readonly range?: FileRange
  readonly icon?: Icon
  /** Notifications asked for in the CPIM headers of the file (IMDN-1). */
  readonly notify?: NotifyRequest
  readonly relay?: RelayPath
}

/** A small picture of the file (RFC 5547 §8.8, RCV-18). */
export interface Icon {
  /** `image/jpeg` */
  readonly type: string
  readonly bytes: Uint8Array
}

export type Notification = 'positive-delivery' | 'negative-delivery' | 'display'

/** `imdn.Message-ID` and `imdn.Disposition-Notification` of a file message (RFC 5438 §6). */
export interface NotifyRequest {
  readonly messageId: string
  readonly wanted: readonly Notification[]
}

/** What the CPIM headers of a received file say about notifications; kept until the file was displayed. */
export interface NotifyOrder extends NotifyRequest {
  /** CPIM `From`: where notifications go. */
  readonly from: string
  /** `DateTime` of the original message. */
  readonly dateTime: string | undefined
  readonly originalTo: string | undefined
  /** `imdn.IMDN-Record-Route`, in order (IMDN-6). */
  readonly recordRoute: readonly string[]
}

/** Who a message says it is from: the word of whoever wrapped the file, checked by a group server (GRP-26). */
export interface FileSender {
  readonly uri: string
  readonly displayName: string | undefined
}

/** A file we want from the peer: any subset of name, size, type and hash (OA-4). */
export interface WantedFile {
  readonly fileId: string
  readonly selector: FileSelector
  readonly range?: FileRange
  readonly relay?: RelayPath
}

/** A file a pull line of the peer names; the choice among shared files is the application's (OA-31 to OA-35). */
export interface ServedFile {
  /** The line of the offer. */
  readonly fileId: string
  readonly file: Omit<OutgoingFile, 'fileId' | 'range'>
}

/** A file the peer offers, as shown to the user (CR-19, RCV-2). */
export interface OfferedFileDescription {
  /** The session's name for the line; stays when the transfer id changes. */
  readonly fileId: string
  readonly transferId: string
  readonly selector: FileSelector
  readonly disposition: 'render' | 'attachment'
  readonly description: string | undefined
  readonly modified: Date | undefined
  readonly created?: Date
  readonly icon: { readonly type: string; readonly bytes: Uint8Array } | undefined
  readonly range: FileRange | undefined
  /** Why this line can never be accepted (RCV-4). */
  readonly unavailable: string | undefined
  /** `pull`: the peer wants a file of ours that fits `selector`. Absent means `push`. */
  readonly kind?: 'push' | 'pull'
}

export type SessionInput =
  | { readonly type: 'command'; readonly command: SessionCommand }
  | { readonly type: 'sip'; readonly event: UserAgentEvent }
  | { readonly type: 'msrp'; readonly event: EndpointEvent }
  /** The MSRP endpoint asks for octets of the message; answered with the wrapper's octets or passed on as `need-octets`. */
  | { readonly type: 'need-data'; readonly sessionId: string; readonly offset: number; readonly length: number }
  | { readonly type: 'timeout' }

export type SessionCommand =
  /** Offer these files: starts the session, or joins the running one (CR-16). */
  | { readonly name: 'send'; readonly files: readonly OutgoingFile[]; readonly conversation?: Conversation; readonly subject?: string }
  /** Ask the peer for files (RFC 5547 §8.2.2): starts the session, or joins the running one. */
  | { readonly name: 'get'; readonly files: readonly WantedFile[]; readonly conversation?: Conversation; readonly subject?: string }
  /**
   * The user's choice for the files of the last `offer` event: these are accepted, the rest declined (CR-20).
   * `served` accepts pull lines; `relays` gives the relay path of accepted files by `fileId`.
   */
  | {
      readonly name: 'answer'
      readonly accepted: readonly string[]
      readonly reason?: string
      readonly served?: readonly ServedFile[]
      readonly relays?: ReadonlyMap<string, RelayPath>
    }
  /** 180 to the INVITE that is being asked about; a focus rings when a member does (GRP-20). */
  | { readonly name: 'ring' }
  /** The whole INVITE that is being asked about is refused, with this status (GRP-20). */
  | { readonly name: 'refuse'; readonly status: number }
  /**
   * The message of an accepted file begins: `total` octets, wrapper included (GRP-27). Only of a focus. `contentType` and further MIME
   * headers as they were received; without them message/cpim.
   */
  | {
      readonly name: 'forward'
      readonly fileId: string
      readonly total: number
      readonly contentType?: string
      readonly headers?: readonly (readonly [name: string, value: string])[]
      /** CPIM headers of ours before those of the sender, each with its line end; not counted in `total` (IMDN-7). */
      readonly prefix?: Uint8Array
    }
  /** Hold a running file: `+`, then a re-offer with `inactive`; and go on with it (OA-38). */
  | { readonly name: 'pause'; readonly fileId: string }
  | { readonly name: 'continue'; readonly fileId: string }
  /** Octets of an outgoing file for an earlier `need-octets`. */
  | { readonly name: 'octets'; readonly fileId: string; readonly position: number; readonly bytes: Uint8Array }
  /** A received file is verified and saved (RCV-13), or is not (RCV-14). */
  | { readonly name: 'saved'; readonly fileId: string }
  | { readonly name: 'spoiled'; readonly fileId: string; readonly outcome: Outcome }
  /**
   * Stop one file (OA-40, OA-41). With an outcome the file failed for that local reason, without it the user cancelled.
   * `status` is what the sender of a message that is still coming hears in place of 413 (GRP-26).
   */
  | { readonly name: 'abort'; readonly fileId: string; readonly outcome?: Outcome; readonly status?: number }
  /** From now on the release timer has this length, ms, also where it runs already (CR-14): a group is held as long as it has news. */
  | { readonly name: 'release'; readonly after: number }
  /** Stop everything and end the session. */
  | { readonly name: 'close'; readonly reason?: string }

export type SessionOutput =
  | { readonly type: 'sip'; readonly command: UserAgentCommand }
  | { readonly type: 'msrp'; readonly input: EndpointInput }
  | { readonly type: 'event'; readonly event: SessionEvent }

export type SessionEvent =
  /** The peer's device rings. */
  | { readonly type: 'ringing' }
  /** The peer, or a server, asked for patience with this status: the INVITE goes out again after so many milliseconds (SIP-34). */
  | { readonly type: 'waiting'; readonly status: number; readonly after: number }
  /** The peer accepted the session; of a group it is the conference that did (GRP-7). */
  | { readonly type: 'established'; readonly conference?: Conference }
  /** Ask the user; answer with `answer`. `first` is false for files added to a running session. */
  | {
      readonly type: 'offer'
      readonly files: readonly OfferedFileDescription[]
      readonly subject: string | undefined
      readonly conversation: Conversation
      readonly first: boolean
      /** `Session-Replaces` of the INVITE: a Contribution-ID; shown, without effect (CPM-12). */
      readonly replaces?: string
    }
  /** The offer is void: withdrawn, out of time, or the session ended. */
  | { readonly type: 'offer-withdrawn'; readonly outcome: Outcome }
  | {
      readonly type: 'file'
      readonly fileId: string
      readonly state: FilePhase
      readonly transferId: string
      readonly outcome?: Outcome
      readonly confirmed?: boolean
      /** Of a received file that failed: what its sender wants to hear about it (IMDN-3). */
      readonly notify?: NotifyOrder
    }
  /** A pulled file was accepted: what the answer says of it (OA-11, OA-23), and the range that comes. */
  | { readonly type: 'described'; readonly fileId: string; readonly selector: FileSelector; readonly range: FileRange | undefined }
  /** Who paused or went on with a file (OA-38). */
  | { readonly type: 'held'; readonly fileId: string; readonly held: boolean; readonly by: 'us' | 'peer' }
  /** The answerer took another part of the file than was offered, and gets it (D-17). */
  | { readonly type: 'range'; readonly fileId: string; readonly range: FileRange }
  /** Our fingerprints travel over signalling that nothing protects (CON-45). */
  | { readonly type: 'insecure-signalling' }
  /** File octets, wrapper excluded: confirmed by the peer, and handed to the network. */
  | { readonly type: 'progress'; readonly fileId: string; readonly confirmed: number; readonly handed: number }
  /** Give these octets of the file with `octets`. */
  | { readonly type: 'need-octets'; readonly fileId: string; readonly position: number; readonly length: number }
  /** The message of a file begins, at a focus; `octets` are counted from its first octet, and so are those of `need-octets`. */
  | {
      readonly type: 'message'
      readonly fileId: string
      readonly total: number | undefined
      readonly contentType: string
      /** All headers of its first chunk. */
      readonly headers?: readonly (readonly [name: string, value: string])[]
    }
  /** Octets of a received file; the view is valid during this call. */
  | {
      readonly type: 'octets'
      readonly fileId: string
      readonly position: number
      readonly bytes: Uint8Array
      /** Name in the Content-Disposition of the message: a pulled file may have no other (OA-23, SEC-3). */
      readonly fileName?: string
    }
  /**
   * A file is complete: verify and save it, then `saved` or `spoiled`. `contentType` is what the message said, `fileName` the name in its
   * Content-Disposition: a hint, and often the only name of a pulled file (OA-23).
   */
  | {
      readonly type: 'complete'
      readonly fileId: string
      readonly contentType: string
      readonly notify?: NotifyOrder
      readonly fileName?: string
      /** Of a file that came through a group (GRP-43). */
      readonly sender?: FileSender
      /** Octets of the whole message, at a focus. */
      readonly length?: number
    }
  /** The dialog is over. Only files that were being verified still report how that went. */
  | { readonly type: 'ended'; readonly outcome?: Outcome }

/** States of a file as others see them (SND-1). */
export type FilePhase =
  | 'queued'
  | 'offered'
  | 'accepted'
  | 'declined'
  | 'connecting'
  | 'sending'
  | 'awaiting-confirmation'
  | 'receiving'
  | 'verifying'
  | 'aborting'
  | 'completed'
  | 'failed'
  | 'aborted'
  | 'closed'
