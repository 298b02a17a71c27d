import type { IncomingOffer, OfferedFile, OfferGroup, Party } from '../client/index.js'
import { formatSize } from '../trace/index.js'
import type { Palette } from './palette.js'
import { recipientName } from './recipient-words.js'
import { terminalName, terminalText } from './terminal-text.js'
import { percent } from './transfer-words.js'

/** Where the files would go. */
export interface Destination {
  readonly folder: string
  /** Free octets there; undefined when unknown. */
  readonly free: number | undefined
}

/** What a person must see before deciding (CR-19): who and how sure, which files, how big, where to. Everything from the wire is escaped. */
export function acceptCard(offer: IncomingOffer, destination: Destination, palette: Palette): string {
  const lines = [`Incoming from ${palette.bold(partyText(offer.from))}   ${identityText(offer.from, palette)}`]
  if (offer.group !== undefined) lines.push(`  ${groupText(offer.group)}`)
  if (offer.subject !== undefined && offer.subject !== '') lines.push(`  "${terminalText(offer.subject)}"`)
  const width = Math.max(4, ...offer.files.map(file => [...terminalName(file.name)].length))
  offer.files.forEach((file, index) => {
    lines.push(`  ${String(index + 1).padStart(2)}  ${fileText(file, width)}`)
    for (const detail of [
      detailText(file),
      file.unavailable === undefined ? '' : palette.yellow(`cannot be accepted: ${terminalText(file.unavailable)}`),
    ])
      if (detail !== '') lines.push(`      ${palette.dim(detail)}`)
  })
  lines.push(destinationText(offer, destination, palette))
  return lines.join('\n')
}

/** `to a group, with bob, carol and 1 hidden` (GRP-43) */
function groupText({ uri, recipients }: OfferGroup): string {
  const named = recipients.filter(({ uri }) => !uri.endsWith('@anonymous.invalid'))
  const hidden = recipients.filter(recipient => !named.includes(recipient)).reduce((sum, { count }) => sum + count, 0)
  const names = named.slice(0, 5).map(recipient => recipientName(recipient, named))
  if (named.length > names.length) names.push(`${named.length - names.length} more`)
  if (hidden > 0) names.push(`${hidden} hidden`)
  return `to a group${names.length === 0 ? ` (${terminalText(uri ?? '')})` : `: ${names.join(', ')}`}`
}

/** `Alice Reed <sip:alice@example.com>`; an anonymous caller has no address worth showing (RFC 3323). */
export function partyText(party: Party): string {
  if (party.identity === 'anonymous') return 'an anonymous sender'
  const uri = terminalText(party.uri)
  return party.displayName === undefined || party.displayName === '' ? uri : `${terminalText(party.displayName, 40)} <${uri}>`
}

/** `plan.pdf      1.3 MB  application/pdf` */
export function fileText(file: OfferedFile, width: number): string {
  const name = terminalName(file.name)
  const size = file.size === undefined ? 'size?' : formatSize(file.size)
  return `${name}${' '.repeat(Math.max(0, width - [...name].length))}  ${size.padStart(7)}  ${terminalText(file.type, 40)}`
}

function identityText(party: Party, palette: Palette): string {
  const words = {
    asserted: palette.green('identity asserted by the server'),
    unverified: palette.yellow('unverified: anyone can claim this address'),
    anonymous: palette.yellow('hides who it is'),
  }[party.identity]
  if (party.known) return `${words} · ${party.trusted === true ? 'trusted contact' : 'in contacts'}`
  return party.identity === 'anonymous' ? words : `${words} · ${palette.yellow('unknown sender')}`
}

/** Somebody who says who it is and is not trusted yet. */
export function canBeTrusted(party: Party): boolean {
  return party.identity !== 'anonymous' && party.trusted !== true
}

function detailText(file: OfferedFile): string {
  const details: string[] = []
  if (file.resumesAt !== undefined) details.push(resumeText(file.resumesAt, file.size))
  if (file.alreadyAt !== undefined) details.push(`already here: ${terminalText(file.alreadyAt, 200)}`)
  if (file.description !== undefined) details.push(`"${terminalText(file.description)}"`)
  if (file.modified !== undefined && !Number.isNaN(file.modified.getTime())) details.push(`of ${file.modified.toISOString().slice(0, 10)}`)
  details.push(file.sha1 === undefined ? 'no hash: only the size can be verified' : 'sha-1 announced')
  if (file.disposition === 'render') details.push('meant to be shown at once')
  if (file.icon !== undefined) details.push('with icon')
  return details.join(' · ')
}

function resumeText(at: number, size: number | undefined): string {
  return size === undefined ? `goes on after ${formatSize(at)}` : `goes on at ${percent(at, size)} %`
}

function destinationText(offer: IncomingOffer, { folder, free }: Destination, palette: Palette): string {
  const place = `into ${terminalText(folder, 200)}`
  const total = `  ${formatSize(offer.totalSize)} in all, ${place}`
  if (free === undefined) return total
  const room = `${formatSize(free)} free`
  return `${total} (${offer.totalSize > free ? palette.red(`only ${room}`) : room})`
}
