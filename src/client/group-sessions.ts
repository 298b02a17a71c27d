import type { Conference } from '../cpm/index.js'
import type { ConferenceUser } from '../focus/index.js'
import type { UserAgentEvent } from '../sip/index.js'
import { ConferenceWatch } from './conference-watch.js'
import type { GroupTransfer } from './group-transfer.js'
import type { Host } from './host.js'
import { GROUP_HOLD } from './limits.js'
import type { SessionRunner } from './session-runner.js'
import type { SipDriver } from './sip-driver.js'

interface GroupSession {
  readonly runner: SessionRunner
  readonly transfers: Set<GroupTransfer>
  watch: ConferenceWatch | undefined
  users: readonly ConferenceUser[] | undefined
  silent: boolean
}

export interface GroupSessionsOptions {
  readonly host: Host
  readonly sip: SipDriver
  /** ms, after the last recipient (CR-14). */
  readonly releaseTimer: number
  /** `P-Preferred-Identity` and what hides us. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** The sessions with groups: each is held as long as a transfer waits for recipients, and its conference is watched for them. */
export class GroupSessions {
  readonly #options: GroupSessionsOptions
  readonly #sessions = new Map<string, GroupSession>()
  #next = 1

  constructor(options: GroupSessionsOptions) {
    this.#options = options
  }

  /** Called before the session hears of the files of this transfer. */
  attach(runner: SessionRunner, transfer: GroupTransfer): void {
    const known = this.#sessions.get(runner.id)
    const session = known ?? { runner, transfers: new Set(), watch: undefined, users: undefined, silent: false }
    this.#sessions.set(runner.id, session)
    if (session.transfers.has(transfer)) return
    session.transfers.add(transfer)
    transfer.sessionBegan()
    runner.command({ name: 'release', after: GROUP_HOLD })
    if (session.silent) transfer.silent()
    void transfer.done.then(() => this.#detach(session, transfer))
  }

  /** The conference answered (GRP-7): from here on it is watched (GRP-9). */
  established(runner: SessionRunner, conference: Conference): void {
    const session = this.#sessions.get(runner.id)
    if (session === undefined || session.watch !== undefined) return
    const { host, sip, headers } = this.#options
    const silence = () => {
      session.silent = true
      for (const transfer of session.transfers) transfer.silent()
    }
    session.watch = new ConferenceWatch({
      id: `conference-${this.#next++}`,
      conference,
      headers,
      command: command => sip.command(command),
      after: (milliseconds, work) => host.after(milliseconds, work),
      onView: users => {
        session.users = users
        for (const transfer of session.transfers) this.#show(session, transfer)
      },
      onSilence: silence,
    })
  }

  /** @returns whether the event was for one of our subscriptions */
  onSip(event: UserAgentEvent): boolean {
    if (event.name !== 'notified' && event.name !== 'subscribed' && event.name !== 'subscription-ended') return false
    for (const { watch } of this.#sessions.values()) if (watch?.onEvent(event) === true) return true
    return false
  }

  /** The session is over. */
  forget(runner: SessionRunner): void {
    const session = this.#sessions.get(runner.id)
    if (session === undefined) return
    this.#sessions.delete(runner.id)
    session.watch?.close()
    for (const transfer of session.transfers) transfer.sessionEnded()
  }

  close(): void {
    for (const { watch } of this.#sessions.values()) watch?.close()
  }

  #show({ runner, users }: GroupSession, transfer: GroupTransfer): void {
    // RFC 4575 leaves the ids of media to the server; ours counts the m-lines of the one who made the conference from 1
    if (users !== undefined) transfer.see(users, fileId => runner.session.placeOf(fileId))
  }

  /** Nobody waits for recipients any more: the release timer begins (CR-14). */
  #detach(session: GroupSession, transfer: GroupTransfer): void {
    session.transfers.delete(transfer)
    if (session.transfers.size === 0) session.runner.command({ name: 'release', after: this.#options.releaseTimer })
  }
}
