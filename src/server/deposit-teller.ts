import type { Host, SipDriver } from '../client/index.js'
import type { DepositNote } from './deposit-note.js'
import { type DepositNotice, depositNotice } from './deposit-notice.js'
import { DepositReader } from './deposit-reader.js'
import type { DepositSpool } from './deposit-spool.js'
import type { Deposit } from './deposit-types.js'

export interface TellerOptions {
  readonly host: Pick<Host, 'random' | 'date'>
  readonly sip: Pick<SipDriver, 'command'>
  readonly spool: DepositSpool
  /** Address of the store. */
  readonly service: string
}

/** RFC 3339, seconds. */
export function dateTimeOf(date: number): string {
  return new Date(date).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Tells senders what becomes of their files (IMDN-4): one MESSAGE each, which nobody repeats. */
export class DepositTeller {
  readonly #options: TellerOptions
  #next = 1

  constructor(options: TellerOptions) {
    this.#options = options
  }

  /** If the sender wants to know. Never rejects. @param known what was said about the message; read from the spool without */
  async tell(notice: DepositNotice, deposit: Deposit, known?: DepositNote): Promise<void> {
    const { sip, host, service } = this.#options
    const note = known ?? (await this.#noteOf(deposit))
    const { creator, recipient, conversationId } = deposit
    // the sender asked not to be named, or what becomes of a file with a member is for the group to tell (IMDN-7)
    if (note === undefined || note.hidden || deposit.group !== undefined) return
    const command = depositNotice(notice, {
      ...{ order: note.order, sender: creator, recipient, conversationId, service },
      random: host.random,
      dateTime: dateTimeOf(host.date()),
    })
    if (command !== undefined) sip.command({ ...command, id: `n${this.#next++}` })
  }

  async #noteOf({ files: [file] }: Deposit): Promise<DepositNote | undefined> {
    try {
      const reader = await DepositReader.open(this.#options.spool, file?.spool ?? '', file?.octets ?? 0)
      await reader.close()
      return reader.note
    } catch {
      return undefined
    }
  }
}
