import type { Contact, IncomingOffer, OfferedFile, Party } from '../client/index.js'
import type { OfferedFileView, OfferView, PartyView } from './protocol/index.js'

/** Octets of a picture that goes to the page; RCS-5 has them smaller. House. */
const ICON_OCTETS = 64 * 1024

/** Names that a system runs, or that carry programs, when they are opened. */
const RISKY = new Set(
  (
    'exe com scr pif bat cmd ps1 psm1 vbs vbe js jse mjs wsf wsh hta msi msp msix appx cpl dll sys reg lnk url jar jnlp app dmg pkg command ' +
    'sh bash zsh csh fish run bin elf deb rpm appimage flatpakref snap apk ipa desktop py pyw pl rb php docm dotm xlsm xltm xlam pptm potm ' +
    'ppam ppsm sldm one iso img vhd vhdx html htm xhtml svg mht mhtml chm scpt workflow action terminal'
  ).split(' '),
)

/** Own contacts by their address. */
export type AddressBook = ReadonlyMap<string, Contact>

/** Who says no name has the one from the contacts. */
export function partyView(party: Party, book: AddressBook): PartyView {
  const { uri, displayName, identity, known, trusted } = party
  const contact = contactOf(uri, book)
  const name = displayName === undefined || displayName === '' ? contact?.name : displayName
  return { uri, displayName: name, identity, known: known || contact !== undefined, trusted: trusted ?? contact?.trusted ?? false }
}

/** Contacts are kept without the parameters of an address. */
export function contactOf(uri: string, book: AddressBook): Contact | undefined {
  return book.get(uri) ?? book.get(uri.split(/[;?]/, 1)[0] as string)
}

/**
 * What the accept card shows. Files are called by their place: what the sender calls them need not be short, or different.
 * @param received wall clock, milliseconds
 * @param ringTime milliseconds that the offer waits
 */
export function offerView(id: string, offer: IncomingOffer, received: number, ringTime: number, book: AddressBook): OfferView {
  const { from, subject, files, totalSize, group } = offer
  return {
    id,
    from: partyView(from, book),
    subject,
    received,
    expires: received + ringTime,
    files: files.map(offeredFileView),
    totalSize,
    group:
      group === undefined
        ? undefined
        : {
            uri: group.uri,
            name: group.name,
            recipients: group.recipients
              .flatMap(({ uri, count }) => Array.from({ length: Math.min(count, 1000) }, () => uri))
              .slice(0, 1000),
          },
  }
}

function offeredFileView(file: OfferedFile, place: number): OfferedFileView {
  const { name, size, type, description, modified, unavailable, resumesAt, alreadyAt } = file
  return {
    id: String(place),
    name,
    size,
    type,
    description,
    modified: modified?.getTime(),
    icon: iconView(file.icon),
    unavailable,
    resumesAt,
    alreadyAt,
    risky: isRisky(name),
  }
}

/** The type is read from the octets: what the sender says of them is not what a browser would take them for. */
function iconView(icon: OfferedFile['icon']): OfferedFileView['icon'] {
  if (icon === undefined || icon.bytes.length > ICON_OCTETS) return undefined
  const type = pictureType(icon.bytes)
  return type === undefined ? undefined : { type, base64: Buffer.from(icon.bytes).toString('base64') }
}

function pictureType(bytes: Uint8Array): 'image/jpeg' | 'image/png' | 'image/gif' | undefined {
  const begins = (...octets: number[]) => octets.every((octet, at) => bytes[at] === octet)
  if (begins(0xff, 0xd8, 0xff)) return 'image/jpeg'
  if (begins(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png'
  if (begins(0x47, 0x49, 0x46, 0x38)) return 'image/gif'
  return undefined
}

/** `invoice.pdf.exe`, `report.docm`; trailing dots and spaces are no protection. */
export function isRisky(name: string): boolean {
  let end = name.length
  while (end > 0 && '. \t'.includes(name[end - 1] as string)) end--
  const dot = name.lastIndexOf('.', end - 1)
  return end > 0 && dot >= 0 && RISKY.has(name.slice(dot + 1, end).toLowerCase())
}
