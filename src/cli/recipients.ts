import type { Destination, GroupRecipient } from '../client/index.js'
import { UsageError } from './usage-error.js'

/** `--to`, `--cc`, `--bcc` and `--group` of a command. */
export interface RecipientOptions {
  readonly to?: readonly string[]
  readonly cc?: readonly string[]
  readonly bcc?: readonly string[]
  readonly group?: string
}

/** Whom a command sends to: one address, a list, or a group. @throws UsageError */
export async function destinationOf(options: RecipientOptions): Promise<Destination> {
  const { to = [], cc = [], bcc = [] } = options
  const [first, ...others] = to
  if (options.group !== undefined) {
    if (to.length + cc.length + bcc.length > 0)
      throw new UsageError('--group goes alone.', 'The members of the group are its recipients; name others in a send of their own.')
    const { group } = await import('../client/index.js')
    return group(options.group)
  }
  if (first === undefined && cc.length + bcc.length === 0)
    throw new UsageError('There is no recipient.', 'Add --to sip:bob@example.org, or --group sip:hikers@groups.example.org')
  if (first !== undefined && others.length + cc.length + bcc.length === 0) return first
  const seen = (uri: string, copyControl: GroupRecipient['copyControl']): GroupRecipient => ({ uri, ...(copyControl && { copyControl }) })
  return [...to.map(uri => seen(uri, 'to')), ...cc.map(uri => seen(uri, 'cc')), ...bcc.map(uri => seen(uri, 'bcc'))]
}

/** An address of it that must be reachable from where we listen, where there is no proxy. */
export function reachOf(destination: Destination, conferenceFactory: string | undefined): string {
  if (typeof destination === 'string') return destination
  if (conferenceFactory !== undefined) return conferenceFactory
  const group = 'recipients' in destination ? destination : { uri: undefined, recipients: destination }
  const [first] = group.recipients
  return group.uri ?? (typeof first === 'string' ? first : (first?.uri ?? ''))
}
