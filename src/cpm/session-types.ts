import type { EndpointEvent, EndpointInput } from '../msrp/index.js'
import type { FileRange, FileSelector } from '../sdp/index.js'
import type { UserAgentCommand, UserAgentEvent } from '../sip/index.js'
import type { Random } from '../wire/index.js'
import type { Conversation } from './conversation.js'
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
  readonly peerUri: string
  readonly media: MediaAddress
  readonly random: Random
  /** ms; 0 releases at once (CR-17). */
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
  readonly icon: { readonly type: string; readonly bytes: Uint8Array } | undefined
  readonly range: FileRange | undefined
  /** Why this line can never be accepted (RCV-4). */
  readonly unavailable: string | undefined
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
  /** The user's choice for the files of the last `offer` event: these are accepted, the rest declined (CR-20). */
  | { readonly name: 'answer'; readonly accepted: readonly string[]; readonly reason?: string }
  /** Octets of an outgoing file for an earlier `need-octets`. */
  | { readonly name: 'octets'; readonly fileId: string; readonly position: number; readonly bytes: Uint8Array }
  /** A received file is verified and saved (RCV-13), or is not (RCV-14). */
  | { readonly name: 'saved'; readonly fileId: string }
  | { readonly name: 'spoiled'; readonly fileId: string; readonly outcome: Outcome }
  /** Stop one file (OA-40, OA-41). With an outcome the file failed for that local reason, without it the user cancelled. */
  | { readonly name: 'abort'; readonly fileId: string; readonly outcome?: Outcome }
  /** Stop everything and end the session. */
  | { readonly name: 'close'; readonly reason?: string }

export type SessionOutput =
  | { readonly type: 'sip'; readonly command: UserAgentCommand }
  | { readonly type: 'msrp'; readonly input: EndpointInput }
  | { readonly type: 'event'; readonly event: SessionEvent }

export type SessionEvent =
  /** The peer's device rings. */
  | { readonly type: 'ringing' }
  /** The peer accepted the session. */
  | { readonly type: 'established' }
  /** Ask the user; answer with `answer`. `first` is false for files added to a running session. */
  | {
      readonly type: 'offer'
      readonly files: readonly OfferedFileDescription[]
      readonly subject: string | undefined
      readonly conversation: Conversation
      readonly first: boolean
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
    }
  /** File octets, wrapper excluded: confirmed by the peer, and handed to the network. */
  | { readonly type: 'progress'; readonly fileId: string; readonly confirmed: number; readonly handed: number }
  /** Give these octets of the file with `octets`. */
  | { readonly type: 'need-octets'; readonly fileId: string; readonly position: number; readonly length: number }
  /** Octets of a received file; the view is valid during this call. */
  | { readonly type: 'octets'; readonly fileId: string; readonly position: number; readonly bytes: Uint8Array }
  /** A file is complete: verify and save it, then `saved` or `spoiled`. `contentType` is what the message said. */
  | { readonly type: 'complete'; readonly fileId: string; readonly contentType: string }
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
