import { isAnonymous, type OfferedFileDescription } from '../cpm/index.js'
import { type Deposit as WantedDeposit, isVisible, type PassageCommand, type PassageEvent } from '../focus/index.js'
import { addressOfRecord } from '../sip/index.js'
import { formatMediaType } from '../wire/index.js'
import { DepositMessage, sizeOf } from './deposit-message.js'
import { encodeNote } from './deposit-note.js'
import type { NewDeposit } from './deposit-options.js'
import type { DepositWriter } from './deposit-writer.js'
import { LEG_WINDOW } from './limits.js'

/** Readers of passages that belong to the store are called `store1`, `store2`, …; members `p1`, `p2`, …. */
const READER = 'store'

/** Whether an event of a passage is for the store. */
export function isForStore(event: PassageEvent): event is PassageEvent & { readonly name: 'octets' } {
  return event.name === 'octets' && event.reader.startsWith(READER)
}

/** Who wants a file kept for a member of a group, and what to do with the answer. */
export interface WantedForMember {
  readonly wanted: WantedDeposit
  /** Address of a pre-defined group. */
  readonly group: string | undefined
  /** Address of the conference; without it nothing is kept for a hidden member. */
  readonly conference?: string
  readonly passage: (command: PassageCommand) => void
  /** Whether the file is kept; once. */
  readonly settled: (kept: boolean) => void
}

export interface GroupDepositDesk {
  /** Room for a file; what gives it back, or undefined when it does not fit or nothing is kept for this person. */
  readonly reserve: (sender: string, recipient: string, size: number) => Promise<(() => void) | undefined>
  readonly open: () => Promise<DepositWriter>
  readonly keep: (deposit: NewDeposit) => Promise<unknown>
  readonly token: () => string
  readonly log: (error: unknown, what: string) => void
}

interface Member {
  readonly recipient: string
  /** Nobody may learn that it is one (GRP-25). */
  readonly hidden: boolean
  readonly giveBack: () => void
  readonly settled: (kept: boolean) => void
}

/** One message that is copied from a passage into one spool file, for all members that cannot be reached. */
interface Copy {
  readonly reader: string
  readonly first: WantedForMember
  readonly file: OfferedFileDescription
  readonly message: DepositMessage
  readonly writer: DepositWriter
  readonly members: Member[]
  /** Octets asked for and not come. */
  asked: boolean
}

/** Members that wait for one message. */
interface Gathered {
  readonly passage: string
  readonly members: Member[]
  /** Members whose room is being looked for. */
  open: number
  /** The passage closed meanwhile. */
  over: boolean
}

/** Keeps files of conferences for members that are away (RCS-9): one copy of each message, however many members wait for it. */
export class GroupDeposits {
  readonly #desk: GroupDepositDesk
  /** By reader. */
  readonly #copies = new Map<string, Copy>()
  /** Members of a message whose room is being looked for, by passage. */
  readonly #gathering = new Map<string, Gathered>()
  /** Those whose spool files are being opened. */
  readonly #starting = new Set<Gathered>()
  #next = 1

  constructor(desk: GroupDepositDesk) {
    this.#desk = desk
  }

  async want(wanted: WantedForMember): Promise<void> {
    const { passage } = wanted.wanted
    const gathered = this.#gathering.get(passage) ?? { passage, open: 0, members: [], over: false }
    this.#gathering.set(passage, gathered)
    gathered.open++
    const member = await this.#member(wanted)
    if (member === undefined) wanted.settled(false)
    else gathered.members.push(member)
    // the others of the same message share the copy
    if (--gathered.open > 0) return
    this.#gathering.delete(passage)
    this.#starting.add(gathered)
    // what hidden ones get says where their notifications go, so it is a copy of its own
    for (const hidden of [false, true]) {
      const members = gathered.members.filter(one => one.hidden === hidden)
      if (members.length > 0) await this.#begin(wanted, members, gathered, hidden ? wanted.conference : undefined)
    }
    this.#starting.delete(gathered)
  }

  /** @returns undefined when nothing can be kept for it */
  async #member({ wanted, settled, conference }: WantedForMember): Promise<Member | undefined> {
    const size = sizeOf(wanted)
    const recipient = addressOfRecord(wanted.recipient.uri)
    const hidden = !isVisible(wanted.recipient)
    if (size === undefined || recipient === undefined || (hidden && conference === undefined)) return undefined
    try {
      const giveBack = await this.#desk.reserve(wanted.sender.uri, recipient, size)
      return giveBack === undefined ? undefined : { recipient, hidden, giveBack, settled }
    } catch (error) {
      this.#desk.log(error, 'file for a member not kept')
      return undefined
    }
  }

  /** Octets of a passage that the store asked for. */
  octets({ reader, bytes, offset }: PassageEvent & { readonly name: 'octets' }): void {
    const copy = this.#copies.get(reader)
    if (copy === undefined || !copy.asked) return
    copy.asked = false
    const { message, writer } = copy
    try {
      const { fresh, contentAt } = message.take(offset, bytes)
      if (contentAt !== undefined) writer.contentAt(contentAt, message.size)
      writer.add(fresh)
    } catch (error) {
      return this.#fail(copy, error)
    }
    const isWhole = message.headLength > 0 && writer.length >= message.headLength + message.size
    if (isWhole) void this.#finish(copy)
    else void (writer.full() ?? Promise.resolve()).then(() => this.#ask(copy))
  }

  /** The passage is over: what is not copied never will be. */
  over(passage: string): void {
    for (const gathered of [...this.#gathering.values(), ...this.#starting]) if (gathered.passage === passage) gathered.over = true
    for (const copy of [...this.#copies.values()]) if (copy.first.wanted.passage === passage) this.#fail(copy, undefined)
  }

  async #begin(first: WantedForMember, members: Member[], gathered: Gathered, notifyBy: string | undefined): Promise<void> {
    const file = describe(first.wanted)
    const message = new DepositMessage(file, isAnonymous(first.wanted.sender.uri), notifyBy)
    try {
      message.begin(first.wanted.total, 'message/cpim', [])
      const writer = await this.#desk.open()
      if (gathered.over) {
        await writer.drop()
        return settle(members, false)
      }
      const copy: Copy = { reader: `${READER}${this.#next++}`, first, file, message, writer, members, asked: false }
      this.#copies.set(copy.reader, copy)
      this.#ask(copy)
    } catch (error) {
      this.#desk.log(error, 'file for members not kept')
      settle(members, false)
    }
  }

  #ask(copy: Copy): void {
    const { reader, first, writer } = copy
    if (this.#copies.get(reader) !== copy) return
    copy.asked = true
    first.passage({ name: 'read', passage: first.wanted.passage, reader, offset: writer.length, length: LEG_WINDOW / 2 })
  }

  #fail(copy: Copy, error: unknown): void {
    if (!this.#copies.delete(copy.reader)) return
    if (error !== undefined) this.#desk.log(error, 'file for members not kept')
    void copy.writer.drop()
    settle(copy.members, false)
  }

  async #finish(copy: Copy): Promise<void> {
    const { message, writer, members, first, reader } = copy
    this.#copies.delete(reader)
    first.passage({ name: 'leave', passage: first.wanted.passage, reader })
    try {
      const { length } = writer
      const { size, sha1 } = await writer.digest()
      const outcome = message.verify(length, size, sha1)
      if (outcome !== undefined) throw new Error(outcome.code)
      await writer.seal(encodeNote(message.note()))
      // each by itself: the row of one that is written will be delivered, whatever becomes of the others
      for (const member of members) await this.#keep(member, this.#row(copy, member.recipient, size, sha1))
    } catch (error) {
      this.#desk.log(error, 'file for members not kept')
      await writer.drop()
      settle(members, false)
    }
  }

  async #keep(member: Member, row: NewDeposit): Promise<void> {
    const kept = await this.#desk.keep(row).then(
      () => true,
      (error: unknown) => {
        this.#desk.log(error, 'file for a member not kept')
        return false
      },
    )
    settle([member], kept)
  }

  #row({ first, file, message, writer }: Copy, recipient: string, size: number, sha1: Uint8Array): NewDeposit {
    const { sender, subject, conversation } = first.wanted
    const { selector, disposition, description, modified } = file
    return {
      id: this.#desk.token(),
      recipient,
      creator: sender.uri,
      ...(sender.displayName !== undefined && { creatorName: sender.displayName }),
      ...(subject !== undefined && { subject }),
      ...(first.group !== undefined && { group: first.group }),
      ...conversation,
      files: [
        {
          name: selector.name ?? '',
          type: selector.type === undefined ? 'application/octet-stream' : formatMediaType(selector.type),
          size,
          sha1: Buffer.from(sha1).toString('hex'),
          disposition,
          ...(description !== undefined && { description }),
          ...(modified !== undefined && { modified: modified.getTime() }),
          spool: writer.name,
          octets: writer.length,
          cpimLength: message.headLength,
          state: 'waiting',
        },
      ],
    }
  }
}

function settle(members: readonly Member[], kept: boolean): void {
  for (const { giveBack, settled } of members) {
    giveBack()
    settled(kept)
  }
}

function describe({ fileId, selector, disposition, description, modified }: WantedDeposit): OfferedFileDescription {
  return { fileId, transferId: '', selector, disposition, description, modified, icon: undefined, range: undefined, unavailable: undefined }
}
