import { LocalProtocolError } from '../wire/index.js'
import { Connection } from './connection.js'
import type { Context } from './context.js'
import type { ConnectionId } from './endpoint-types.js'
import { type Target, targetKey, tlsPeerOf } from './target.js'

/** The living connections of one endpoint, and those of them that have something to write. */
export class ConnectionPool {
  readonly #context: Context
  readonly #connections = new Map<ConnectionId, Connection>()
  readonly #awake = new Set<Connection>()
  #opened = 0

  constructor(context: Context) {
    this.#context = context
  }

  get(id: ConnectionId): Connection | undefined {
    return this.#connections.get(id)
  }

  /**
   * An open connection to the same place, or a new one (RFC 4975 §5.4, CON-11).
   * @param linger how long it stays without users; the longest of all that were asked for counts
   */
  open(target: Target, linger: number): Connection {
    const key = targetKey(target)
    for (const connection of this.#connections.values()) {
      if (connection.key !== key || (connection.state !== 'open' && connection.state !== 'connecting')) continue
      connection.linger = Math.max(connection.linger, linger)
      return connection
    }
    let id: ConnectionId
    do id = `out-${++this.#opened}`
    while (this.#connections.has(id))
    const connection = this.#add(id, key, target.transport === 'wss', linger)
    const { host, port, transport, service } = target
    const secure = transport !== 'tcp'
    const identity = { ...(service !== undefined && { service }), ...tlsPeerOf(target) }
    this.#context.output({ type: 'connect', connection: id, host, port, secure, transport, ...identity })
    return connection
  }

  /** A connection that the peer opened. */
  accept(id: ConnectionId): void {
    if (this.#connections.has(id)) throw new LocalProtocolError('connection-exists', `There is already a connection ${id}`)
    this.#add(id, undefined, false, this.#context.settings.limits.linger)
  }

  /** Nothing is sent any more. */
  stop(): void {
    for (const { chunker } of this.#connections.values()) chunker.stop()
  }

  /** Writes what the step has gathered. */
  flush(): void {
    for (const connection of this.#awake) {
      connection.flush()
      if (connection.state === 'closed') this.#connections.delete(connection.id)
    }
    this.#awake.clear()
  }

  #add(id: ConnectionId, key: string | undefined, isFramed: boolean, linger: number): Connection {
    const connection = new Connection(this.#context, { id, key, isFramed, linger }, awake => this.#awake.add(awake))
    this.#connections.set(id, connection)
    return connection
  }
}
