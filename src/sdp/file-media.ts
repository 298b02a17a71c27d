import type { MediaType } from '../wire/index.js'

/** `hash:sha-1:72:24:…` (RFC 5547 §6); `octets` has 20 of them for sha-1. */
export interface FileHash {
  readonly algorithm: string
  readonly octets: Uint8Array
}

/** `a=file-selector:name:"a b.txt" type:text/plain size:12 hash:sha-1:…` (RFC 5547 §6). Absent selectors are undefined. */
export interface FileSelector {
  /** Decoded file name; a hint, never a path to trust. */
  readonly name?: string
  readonly type?: MediaType
  readonly size?: number
  readonly hashes: readonly FileHash[]
}

/** `a=file-range:1-*`, both ends 1-based and inclusive; `stop` undefined means `*` (SDP-21). */
export interface FileRange {
  readonly start: number
  readonly stop: number | undefined
}

export type Direction = 'sendonly' | 'recvonly' | 'sendrecv' | 'inactive'
export type Setup = 'active' | 'passive' | 'actpass' | 'holdconn'

export interface Fingerprint {
  readonly algorithm: string
  readonly octets: Uint8Array
}

/** All that one file m-line says, typed (SDP-2 to SDP-24). */
export interface FileMedia {
  readonly port: number
  /** `TCP/TLS/MSRP` rather than `TCP/MSRP`. */
  readonly secure: boolean
  /** Host of the `c=` line that applies to this m-line. */
  readonly address: string | undefined
  /** Undefined when neither the m-line nor the session says one. */
  readonly direction: Direction | undefined
  /** MSRP URIs as text, leftmost first. */
  readonly path: readonly string[]
  readonly acceptTypes: readonly string[]
  readonly acceptWrappedTypes: readonly string[]
  readonly maxSize: number | undefined
  readonly setup: Setup | undefined
  readonly cema: boolean
  readonly fingerprints: readonly Fingerprint[]
  readonly selector: FileSelector | undefined
  readonly transferId: string | undefined
  readonly disposition: 'render' | 'attachment' | undefined
  readonly date: FileDate | undefined
  /** Content-ID without angle brackets, percent-decoded (SDP-20). */
  readonly icon: string | undefined
  readonly range: FileRange | undefined
  /** Tokens of `a=chatroom:` (RFC 7701 §8), none for the bare attribute; absent unless the peer is a group (SDP-24). */
  readonly chatroom?: readonly string[]
  /** `i=` text, at most 1000 characters (SDP-22). */
  readonly information: string | undefined
}

/** `a=file-date:creation:"…" modification:"…" read:"…"` (SDP-19) */
export interface FileDate {
  readonly creation?: Date
  readonly modification?: Date
  readonly read?: Date
}

/** Why a line can never be a file line: the row that refuses it and a word for people. */
export interface LineFault {
  readonly code: LineFaultCode
  readonly message: string
}

export type LineFaultCode =
  | 'not-msrp'
  | 'bad-format'
  | 'bad-path'
  | 'no-path'
  | 'no-accept-types'
  | 'no-selector'
  | 'bad-selector'
  | 'no-transfer-id'
  | 'bad-transfer-id'
  | 'bad-range'
  | 'bad-direction'
  | 'duplicate-attribute'
  | 'selector-too-weak'
