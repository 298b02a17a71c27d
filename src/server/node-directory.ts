import { ConfigError } from '../node/index.js'
import type { ServerNode } from './deposit-types.js'
import { NODE_BEATS } from './limits.js'
import type { OpenedServerDatabase } from './open-server-database.js'
import type { ServerLog } from './server-log.js'

export interface NodeDirectoryOptions {
  readonly database: Pick<OpenedServerDatabase, 'nodes' | 'bindings'>
  /** Name of this server, the same after a restart. */
  readonly id: string
  /** SIP URI at which the other servers reach it. */
  readonly address: string
  /** A server that said nothing for so long is dead, milliseconds. */
  readonly timeout: number
  /** What it leaves is taken over by the others: they are told when it ends, so that they need not wait until it counts as dead. */
  readonly isFollowed: boolean
  /** Milliseconds since 1970; the clocks of all servers agree within a second or so. */
  readonly date: () => number
  readonly log: ServerLog
}

/** Which servers of the database live, and where: says in its table that we do, and reads what the others say. */
export class NodeDirectory {
  readonly #options: NodeDirectoryOptions
  #alive: ReadonlyMap<string, string> = new Map()
  #timer: ReturnType<typeof setInterval> | undefined
  #beating: Promise<void> | undefined
  #failed = false

  /**
   * From now on the others know us. Bindings over the connections of an earlier life of ours are removed.
   * @throws ConfigError when another server has the name, HostError('store')
   */
  static async join(options: NodeDirectoryOptions): Promise<NodeDirectory> {
    const { database, id, address, timeout, date } = options
    const known = await database.nodes.get(id)
    if (known !== undefined && known.address !== address && known.heartbeat >= date() - timeout)
      throw new ConfigError(
        `Another server with the name "${id}" is running, or was a moment ago.`,
        `Give each server of a database a name of its own: --node NAME. If it was this one, wait ${Math.ceil(timeout / 1000)} seconds.`,
      )
    const directory = new NodeDirectory(options)
    await directory.#beat()
    // RFC 5626 §5.3
    await database.bindings.dropFlow(id)
    directory.#timer = setInterval(() => directory.#beatLater(), timeout / NODE_BEATS)
    return directory
  }

  private constructor(options: NodeDirectoryOptions) {
    this.#options = options
  }

  /** Address of a server that lives; undefined for others, and for ourselves. */
  async find(id: string): Promise<string | undefined> {
    if (id === this.#options.id) return undefined
    const known = this.#alive.get(id)
    if (known !== undefined) return known
    // it may have come since the last look
    const node = await this.#options.database.nodes.get(id)
    return node !== undefined && node.heartbeat >= this.#since ? node.address : undefined
  }

  /** Tells the others that we leave. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#beating
    const { database, id, address, isFollowed, log } = this.#options
    try {
      if (!isFollowed) return await database.nodes.remove(id)
      await database.bindings.dropFlow(id)
      await database.nodes.beat({ id, address, heartbeat: 0 })
    } catch {
      log.error({ node: id }, 'the other servers could not be told of the end')
    }
  }

  get #since(): number {
    return this.#options.date() - this.#options.timeout
  }

  #beatLater(): void {
    if (this.#beating !== undefined) return
    this.#beating = this.#beat()
      .then(
        () => (this.#failed = false),
        () => {
          if (!this.#failed) this.#options.log.error({ node: this.#options.id }, 'no sign of life could be given')
          this.#failed = true
        },
      )
      .then(() => {
        this.#beating = undefined
      })
  }

  async #beat(): Promise<void> {
    const { database, id, address, date, log } = this.#options
    await database.nodes.beat({ id, address, heartbeat: date() })
    const before = this.#alive
    const others = (await database.nodes.alive(this.#since)).filter((node: ServerNode) => node.id !== id)
    this.#alive = new Map(others.map(node => [node.id, node.address]))
    for (const node of this.#alive.keys()) if (!before.has(node)) log.info({ node }, 'another server is there')
    for (const node of before.keys()) if (!this.#alive.has(node)) log.warn({ node }, 'another server is gone')
  }
}
