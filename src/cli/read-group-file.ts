import { readFile, stat } from 'node:fs/promises'
import {
  checkGroup,
  decodeGroups,
  type GroupDefinition,
  type ImportedList,
  importLists,
  MAX_GROUP_FILE,
  MAX_GROUP_MEMBERS,
} from '../focus/index.js'
import { LocalProtocolError, RemoteProtocolError } from '../wire/index.js'
import { terminalText } from './terminal-text.js'
import { UsageError } from './usage-error.js'

/** Addresses for lists, which have none of their own. */
export interface ListPlace {
  /** Of the only list. */
  readonly uri?: string
  /** `sip:NAME@DOMAIN` with the name of each list. */
  readonly domain?: string
}

export interface GroupFile {
  readonly groups: readonly GroupDefinition[]
  /** References to people on an XCAP server, which are not followed. */
  readonly unresolved: number
}

/**
 * Groups of a file: the JSON form, what `cpmft group list --json` printed, or `application/resource-lists+xml` (GRP-44).
 * @throws UsageError
 */
export async function readGroupFile(path: string, place: ListPlace): Promise<GroupFile> {
  const octets = await readLimited(path)
  const text = octets.toString('utf8').replace(/^\u{feff}/u, '')
  try {
    if (text.trimStart().startsWith('<')) return fromLists(importLists(octets), place)
    return { groups: decodeGroups(printedGroups(text) ?? text), unresolved: 0 }
  } catch (error) {
    if (!(error instanceof LocalProtocolError || error instanceof RemoteProtocolError)) throw error
    throw new UsageError(`${terminalText(path)} has no usable groups (${error.message}).`, 'docs/reference/groups.md shows both forms.')
  }
}

async function readLimited(path: string): Promise<Buffer> {
  try {
    // JSON is limited in characters, of which each has up to three octets
    if ((await stat(path)).size > 3 * MAX_GROUP_FILE) throw new UsageError(`${terminalText(path)} is too large for groups.`, 'Split it.')
    return await readFile(path)
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`${terminalText(path)} cannot be read (${code ?? 'unknown reason'}).`, 'Check the path and its permissions.')
  }
}

/** What `--json` printed: events, a line each; those that are called `groups` have them. */
function printedGroups(text: string): string | undefined {
  if (!/^\s*\{"v":/.test(text)) return undefined
  const groups: unknown[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    try {
      const event = JSON.parse(line) as { readonly event?: unknown; readonly groups?: unknown }
      if (event.event === 'groups' && Array.isArray(event.groups)) groups.push(...event.groups)
    } catch {
      throw new LocalProtocolError('bad-group', 'the file: no JSON')
    }
  }
  return JSON.stringify({ groups })
}

function fromLists(lists: readonly ImportedList[], { uri, domain }: ListPlace): GroupFile {
  if (uri !== undefined && lists.length !== 1)
    throw new UsageError(
      `There are ${lists.length} lists, but --uri is the address of one.`,
      'Use --domain: each list gets the address sip:NAME@DOMAIN.',
    )
  if (uri === undefined && domain === undefined)
    throw new UsageError(
      'Lists have no address of their own.',
      'Add --uri sip:team@example.org, or --domain example.org for sip:NAME@example.org.',
    )
  const groups = lists.map((list, index) => {
    const name = list.name ?? `list-${index + 1}`
    const address = uri ?? `sip:${slug(name, index)}@${domain}`
    return checkGroup({ name, uri: address, members: list.members, senders: 'members', maxSize: MAX_GROUP_MEMBERS })
  })
  return { groups, unresolved: lists.reduce((sum, list) => sum + list.unresolved, 0) }
}

/** `Close Friends` -> `close-friends` */
function slug(name: string, index: number): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return plain === '' ? `list-${index + 1}` : plain
}
