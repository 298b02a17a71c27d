import { equalSipUris, isUsableAddress } from '../sip/index.js'
import { LocalProtocolError } from '../wire/index.js'
import { AddressIndex } from './address-index.js'
import type { GroupDefinition, GroupMember } from './group-definition.js'
import { MAX_ADDRESS, MAX_GROUP_FILE, MAX_GROUP_MEMBERS, MAX_GROUPS, MAX_TEXT } from './limits.js'

/**
 * Reads the operator's groups from JSON (GRP-44):
 *
 *     {
 *       "groups": [
 *         {
 *           "name": "Hiking club",
 *           "uri": "sip:hiking-club@groups.home1.example",
 *           "members": ["sip:alice@home1.example", { "uri": "tel:+15550103", "name": "Carol", "hidden": true }],
 *           "senders": ["sip:alice@home1.example"],
 *           "maxSize": 50
 *         }
 *       ]
 *     }
 *
 * `senders` is "members" (the default) or a list of members; `maxSize` is 500 unless given. Nothing else may stand there, so that a
 * misspelt key is no silent default.
 * @throws LocalProtocolError whose message says where: `groups[0].members[1].uri`
 */
export function decodeGroups(text: string): GroupDefinition[] {
  if (text.length > MAX_GROUP_FILE) throw bad('groups', `longer than ${MAX_GROUP_FILE} characters`)
  const root = record(parse(text), 'the file', ['groups'])
  const groups = list(root.groups, 'groups', MAX_GROUPS).map((value, index) => readGroup(value, `groups[${index}]`))
  noDoubles(groups, 'groups')
  return groups
}

/** The same JSON, two spaces deep. What `decodeGroups` gives comes back unchanged. */
export function encodeGroups(groups: readonly GroupDefinition[]): string {
  const written = groups.map(({ members, ...group }) => ({
    ...group,
    members: members.map(member => (member.hidden || member.name !== undefined ? member : member.uri)),
  }))
  return `${JSON.stringify({ groups: written }, undefined, 2)}\n`
}

/**
 * Checks a group that did not come from JSON, such as an imported one.
 * @throws LocalProtocolError like `decodeGroups`
 */
export function checkGroup(group: GroupDefinition): GroupDefinition {
  return readGroup({ ...group, members: group.members.map(member => ({ ...member })) }, 'group')
}

function readGroup(value: unknown, place: string): GroupDefinition {
  const group = record(value, place, ['name', 'uri', 'members', 'senders', 'maxSize'])
  const maxSize = group.maxSize ?? MAX_GROUP_MEMBERS
  if (!Number.isInteger(maxSize) || (maxSize as number) < 2 || (maxSize as number) > MAX_GROUP_MEMBERS)
    throw bad(`${place}.maxSize`, `not an integer from 2 to ${MAX_GROUP_MEMBERS}`)
  const members = list(group.members, `${place}.members`, maxSize as number).map((member, index) =>
    readMember(member, `${place}.members[${index}]`),
  )
  if (members.length === 0) throw bad(`${place}.members`, 'empty')
  noDoubles(members, `${place}.members`)
  return {
    name: shortText(group.name, `${place}.name`),
    uri: address(group.uri, `${place}.uri`),
    members,
    senders: readSenders(group.senders ?? 'members', `${place}.senders`, members),
    maxSize: maxSize as number,
  }
}

function readMember(value: unknown, place: string): GroupMember {
  if (typeof value === 'string') return { uri: address(value, place), hidden: false }
  const member = record(value, place, ['uri', 'name', 'hidden'])
  const hidden = member.hidden ?? false
  if (typeof hidden !== 'boolean') throw bad(`${place}.hidden`, 'neither true nor false')
  return {
    uri: address(member.uri, `${place}.uri`),
    ...(member.name !== undefined && { name: shortText(member.name, `${place}.name`) }),
    hidden,
  }
}

/** GRP-40: who sends must be a member. */
function readSenders(value: unknown, place: string, members: readonly GroupMember[]): 'members' | string[] {
  if (value === 'members') return 'members'
  const senders = list(value, place, members.length).map((sender, index) => address(sender, `${place}[${index}]`))
  const stranger = senders.findIndex(sender => !members.some(({ uri }) => equalSipUris(uri, sender)))
  if (stranger >= 0) throw bad(`${place}[${stranger}]`, 'no member of the group')
  return senders
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw bad('the file', 'no JSON')
  }
}

function record(value: unknown, place: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(place, 'no object')
  const unknown = Object.keys(value).find(key => !known.includes(key))
  if (unknown !== undefined) throw bad(`${place}.${unknown.slice(0, MAX_TEXT)}`, 'unknown')
  return value as Readonly<Record<string, unknown>>
}

function list(value: unknown, place: string, limit: number): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(place, 'no list')
  if (value.length > limit) throw bad(place, `longer than ${limit}`)
  return value
}

function shortText(value: unknown, place: string): string {
  if (typeof value !== 'string' || value.trim() === '' || value.length > MAX_TEXT)
    throw bad(place, `no text of 1 to ${MAX_TEXT} characters`)
  return value
}

function address(value: unknown, place: string): string {
  if (typeof value !== 'string' || value.length > MAX_ADDRESS || !isUsableAddress(value)) throw bad(place, 'no sip, sips or tel address')
  return value
}

function noDoubles(entries: readonly { readonly uri: string }[], place: string): void {
  const seen = new AddressIndex()
  for (const [index, { uri }] of entries.entries()) {
    const first = seen.firstOrAdd(uri, index)
    if (first !== undefined) throw bad(`${place}[${index}]`, `the same address as ${place}[${first}]`)
  }
}

function bad(place: string, what: string): LocalProtocolError {
  return new LocalProtocolError('bad-group', `${place}: ${what}`)
}
