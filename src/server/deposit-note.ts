import type { NotifyOrder, OfferedFileDescription } from '../cpm/index.js'
import type { FileHash, FileSelector } from '../sdp/index.js'
import { formatMediaType, parseMediaType } from '../wire/index.js'
import { DEPOSIT_NOTE } from './limits.js'

/** What has to be said again when a kept message goes on, beside its octets. Stands behind them in the spool file, as JSON. */
export interface DepositNote {
  /** Of the message: `message/cpim`, or that of the file. */
  readonly contentType: string
  /** Further MIME header fields of a message that is no CPIM. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly file: Pick<OfferedFileDescription, 'selector' | 'disposition' | 'description' | 'modified' | 'created' | 'icon'>
  /** The sender stays unnamed (RFC 3323). */
  readonly hidden: boolean
  /** What the sender wants to hear of it. */
  readonly order: DepositOrder | undefined
  /** Conference by which notifications of a hidden member come, so that its name is taken off them (IMDN-7). */
  readonly notifyRoute?: string
}

/** As `NotifyOrder`; `processing` is for servers alone (IMDN-3). */
export interface DepositOrder extends Omit<NotifyOrder, 'wanted'> {
  readonly wanted: readonly string[]
}

type Json = Record<string, unknown>

export function encodeNote({ contentType, headers, file, hidden, order, notifyRoute }: DepositNote): Uint8Array {
  const { selector, icon, modified, created, ...rest } = file
  const { type, hashes } = selector
  return new TextEncoder().encode(
    JSON.stringify({
      contentType,
      headers,
      hidden,
      order,
      notifyRoute,
      file: {
        ...rest,
        selector: {
          ...selector,
          type: type === undefined ? undefined : formatMediaType(type),
          hashes: hashes.map(({ algorithm, octets }) => [algorithm, Buffer.from(octets).toString('hex')]),
        },
        modified: modified?.getTime(),
        created: created?.getTime(),
        icon: icon === undefined ? undefined : { type: icon.type, octets: Buffer.from(icon.bytes).toString('base64') },
      },
    }),
  )
}

/** @throws Error for what `encodeNote` did not write: the file is damaged */
export function decodeNote(bytes: Uint8Array): DepositNote {
  if (bytes.length > DEPOSIT_NOTE) throw new Error('too long')
  const { contentType, headers, hidden, order, notifyRoute, file } = JSON.parse(new TextDecoder().decode(bytes)) as Json
  const { selector, modified, created, icon, disposition, description } = file as Json
  const picture = icon as { type: string; octets: string } | undefined
  return {
    contentType: contentType as string,
    headers: headers as DepositNote['headers'],
    hidden: hidden === true,
    order: order as DepositOrder | undefined,
    ...(notifyRoute !== undefined && { notifyRoute: notifyRoute as string }),
    file: {
      selector: decodeSelector(selector as Json),
      disposition: disposition === 'render' ? 'render' : 'attachment',
      description: description as string | undefined,
      modified: dateOf(modified),
      ...(created !== undefined && { created: dateOf(created) as Date }),
      icon: picture === undefined ? undefined : { type: picture.type, bytes: new Uint8Array(Buffer.from(picture.octets, 'base64')) },
    },
  }
}

function decodeSelector({ name, type, size, hashes }: Json): FileSelector {
  const media = type === undefined ? undefined : parseMediaType(type as string)
  return {
    ...(name !== undefined && { name: name as string }),
    ...(media !== undefined && { type: media }),
    ...(size !== undefined && { size: size as number }),
    hashes: (hashes as [string, string][]).map(
      ([algorithm, hex]): FileHash => ({ algorithm, octets: new Uint8Array(Buffer.from(hex, 'hex')) }),
    ),
  }
}

function dateOf(value: unknown): Date | undefined {
  return typeof value === 'number' ? new Date(value) : undefined
}
