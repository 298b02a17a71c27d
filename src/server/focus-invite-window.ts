import type { UserAgentCommand, UserAgentEvent } from '../sip/index.js'

type Invite = Extract<UserAgentCommand, { name: 'invite' }>

/** Events after which an INVITE counts as answered: the peer has it, or never will. */
const ANSWERS: ReadonlySet<string> = new Set(['provisional', 'waiting', 'established', 'rejected', 'ended', 'cancelled'])

/** Lets only so many INVITEs be unanswered at one time: a group of hundreds must not be a flood (GRP-41). */
export class InviteWindow {
  readonly #most: number
  readonly #send: (command: UserAgentCommand) => void
  readonly #tell: (event: UserAgentEvent) => void
  readonly #unanswered = new Set<string>()
  /** In the order they came. */
  readonly #waiting = new Map<string, Invite>()

  /**
   * @param send gives a command to the user agent
   * @param tell gives an event to whoever sent the command, as if the user agent did
   */
  constructor(most: number, send: (command: UserAgentCommand) => void, tell: (event: UserAgentEvent) => void) {
    this.#most = most
    this.#send = send
    this.#tell = tell
  }

  get waiting(): number {
    return this.#waiting.size
  }

  command(command: UserAgentCommand): void {
    if (command.name === 'invite') {
      this.#waiting.set(command.id, command)
      this.#next()
    } else if ((command.name === 'cancel' || command.name === 'bye') && this.#waiting.delete(command.id))
      this.#tell({ name: 'rejected', id: command.id, cause: 'cancelled' })
    else this.#send(command)
  }

  event({ name, id }: UserAgentEvent): void {
    if (!ANSWERS.has(name) || !this.#unanswered.delete(id)) return
    this.#next()
  }

  #next(): void {
    while (this.#unanswered.size < this.#most) {
      const [next] = this.#waiting.values()
      if (next === undefined) return
      this.#waiting.delete(next.id)
      this.#unanswered.add(next.id)
      this.#send(next)
    }
  }
}
