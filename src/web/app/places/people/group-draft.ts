import type { GroupCommand, GroupView } from '../../../protocol/index.js'
import { type AddressProblem, readAddress } from './address.js'

interface GroupFields {
  readonly name: string
  readonly isAtServer: boolean
  readonly address: string
  /** Whole addresses. */
  readonly members: readonly string[]
}

export interface GroupProblems {
  readonly name?: 'no-name' | 'name-taken'
  readonly address?: AddressProblem
  readonly members?: 'no-members' | 'too-many'
}

/** A group as it stands in the dialog. */
export class GroupDraft implements GroupFields {
  readonly name: string
  readonly isAtServer: boolean
  readonly address: string
  readonly members: readonly string[]

  private constructor(fields: GroupFields) {
    this.name = fields.name
    this.isAtServer = fields.isAtServer
    this.address = fields.address
    this.members = fields.members
  }

  static of(group: GroupView | undefined): GroupDraft {
    return new GroupDraft({
      name: group?.name ?? '',
      isAtServer: group?.uri !== undefined,
      address: group?.uri ?? '',
      members: group?.members ?? [],
    })
  }

  with(fields: Partial<GroupFields>): GroupDraft {
    const { name, isAtServer, address, members } = this
    return new GroupDraft({ name, isAtServer, address, members, ...fields })
  }

  /** What stands in the way, by field; `most` people in a group that is made for a transfer. */
  problems(groups: readonly GroupView[], group: GroupView | undefined, most: number): GroupProblems {
    const name = this.name.trim()
    const isTaken = groups.some(other => other !== group && other.name.toLowerCase() === name.toLowerCase())
    const address = this.isAtServer ? readAddress(this.address).problem : undefined
    return {
      ...(name === '' ? { name: 'no-name' as const } : isTaken ? { name: 'name-taken' as const } : {}),
      ...(address !== undefined && { address }),
      ...(!this.isAtServer && this.members.length === 0 && { members: 'no-members' as const }),
      ...(!this.isAtServer && this.members.length > most && { members: 'too-many' as const }),
    }
  }

  /** What the server is told; undefined while the address cannot be used. */
  command(group: GroupView | undefined): GroupCommand | undefined {
    const name = this.name.trim()
    const { uri } = this.isAtServer ? readAddress(this.address) : { uri: undefined }
    if (this.isAtServer && uri === undefined) return undefined
    return {
      name,
      members: [...this.members],
      ...(uri !== undefined && { uri }),
      ...(group !== undefined && group.name !== name && { was: group.name }),
    }
  }
}
