import { WRAPPER_ALLOWANCE } from '../cpm/index.js'
import { acceptsType, type FileMedia } from '../sdp/index.js'

/** The only type of a line of a group (RFC 7701 §5.2). */
export const GROUP_ACCEPT_TYPES: readonly string[] = ['message/cpim']

/** What the focus brings into each line of its own. */
export interface OwnLine {
  readonly port: number
  readonly secure: boolean
  readonly address: string
  /** One MSRP URI, made for this line alone. */
  readonly path: string
  readonly fingerprints: FileMedia['fingerprints']
}

/**
 * The line a member is offered for a line of the sender (GRP-22): everything that describes the file is copied, everything that describes
 * the way is the focus's own.
 * @param transferId fresh for each member
 */
export function memberLine(source: FileMedia, own: OwnLine, transferId: string): FileMedia {
  return {
    ...ownPart(own),
    direction: 'sendonly',
    setup: 'actpass',
    acceptWrappedTypes: [],
    maxSize: undefined,
    selector: source.selector,
    transferId,
    disposition: source.disposition,
    date: source.date,
    icon: source.icon,
    range: source.range,
    information: source.information,
  }
}

export interface SourceAnswer {
  /** accept-wrapped-types of each member that accepted the file; an empty one excludes nothing. */
  readonly wrappedTypes: readonly (readonly string[])[]
  /** Largest file the focus spools, octets. */
  readonly maxFileSize?: number
}

/**
 * The answer to a line of the sender (GRP-23): receiving, CPIM alone, with what the members take inside it.
 * @returns undefined when the sender does not take CPIM: the line gets port 0
 */
export function sourceLine(source: FileMedia, own: OwnLine, { wrappedTypes, maxFileSize }: SourceAnswer): FileMedia | undefined {
  if (!takesCpim(source)) return undefined
  return {
    ...ownPart(own),
    direction: 'recvonly',
    setup: source.setup === 'passive' ? 'active' : 'passive',
    acceptWrappedTypes: commonTypes(wrappedTypes),
    // `a=max-size` counts the wrapper too (RCS-6)
    maxSize: maxFileSize === undefined ? undefined : maxFileSize + WRAPPER_ALLOWANCE,
    selector: source.selector,
    transferId: source.transferId,
    disposition: undefined,
    date: undefined,
    icon: undefined,
    range: source.range,
    information: undefined,
    chatroom: [],
  }
}

/** GRP-23: no line for a sender that cannot be answered in CPIM. */
export function takesCpim({ acceptTypes }: FileMedia): boolean {
  return acceptsType(acceptTypes, 'message/cpim')
}

/** Every type that some member takes; who cannot take it is left out when it comes (GRP-28). */
function commonTypes(lists: readonly (readonly string[])[]): string[] {
  const types = [...new Set(lists.flat())]
  return lists.length === 0 || lists.some(list => list.length === 0) || types.includes('*') ? ['*'] : types
}

function ownPart(own: OwnLine) {
  const { port, secure, address, path, fingerprints } = own
  return { port, secure, address, fingerprints, path: [path], acceptTypes: GROUP_ACCEPT_TYPES, cema: false }
}
