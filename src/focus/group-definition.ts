import { equalSipUris } from '../sip/index.js'
import { type CopyControl, distinctRecipients, type Recipient } from './recipient.js'
import { isSamePerson } from './same-person.js'

export interface GroupMember {
  readonly uri: string
  readonly name?: string
  /** The others do not see this member: `bcc` in the history they get. */
  readonly hidden: boolean
}

/** A group that is defined once and for all and invited by its own address (GRP-40, GRP-44). */
export interface GroupDefinition {
  readonly name: string
  readonly uri: string
  readonly members: readonly GroupMember[]
  /** `members`: each of them may send; else only these addresses, which are members too. */
  readonly senders: 'members' | readonly string[]
  /** Most members the group may have. */
  readonly maxSize: number
}

export function isMember(group: GroupDefinition, uri: string): boolean {
  return group.members.some(member => isSamePerson(member.uri, uri))
}

export function maySendTo(group: GroupDefinition, uri: string): boolean {
  return group.senders === 'members' ? isMember(group, uri) : group.senders.some(sender => isSamePerson(sender, uri))
}

/** The group with that address. */
export function findGroup(groups: readonly GroupDefinition[], uri: string): GroupDefinition | undefined {
  return groups.find(group => equalSipUris(group.uri, uri))
}

/** Who is invited when `senders`, all of them addresses of one person, send to the group: everybody else (GRP-40). */
export function groupRecipients(group: GroupDefinition, senders: readonly string[]): Recipient[] {
  const copyControl = (hidden: boolean): CopyControl => (hidden ? 'bcc' : 'to')
  return distinctRecipients(
    group.members.map(({ uri, name, hidden }) => ({
      uri,
      copyControl: copyControl(hidden),
      anonymize: false,
      ...(name !== undefined && { displayName: name }),
    })),
    senders,
  )
}
