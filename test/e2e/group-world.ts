import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CpmClient } from '../../src/client/index.js'
import { type Client, type Connection, type ConnectionEvents, type IncomingOffer, type NodeHost, nodeHost } from '../../src/node/index.js'
import { type ServerHandle, type ServerOptions, startServer } from '../../src/server/index.js'

/** What a member does with an offer. */
export type Conduct = (offer: IncomingOffer, into: string) => Promise<unknown> | undefined

export const accept: Conduct = (offer, into) => offer.accept(undefined, { into }).done
export const decline: Conduct = offer => offer.decline()

/** How many octets a second one member reads of its MSRP connections; can be changed while it reads. */
export interface Pace {
  rate: number
}

export interface Member {
  readonly client: Client
  readonly host: NodeHost
  readonly into: string
  /** SHA-1 of the files it saved. */
  readonly files: () => string[]
}

/** A server with open registration on loopback, and clients of its domain. */
export class GroupWorld {
  readonly members: Member[] = []

  private constructor(
    readonly folder: string,
    readonly server: ServerHandle,
  ) {}

  static async open(folder: string, options: ServerOptions = {}): Promise<GroupWorld> {
    const server = await startServer({
      listen: [{ host: '127.0.0.1', port: 0, transports: ['tcp'] }],
      data: join(folder, 'data'),
      openRegistration: true,
      // members that are away stay without the file
      storeAndForward: false,
      limits: { connections: 2000, connectionsPerAddress: 2000 },
      ...options,
    })
    return new GroupWorld(folder, server)
  }

  get spool(): string {
    return join(this.folder, 'data', 'spool')
  }

  async member(name: string, conduct: Conduct = accept, pace?: Pace): Promise<Member> {
    const into = join(this.folder, name)
    mkdirSync(into)
    const own = nodeHost()
    const host = pace === undefined ? own : paced(own, pace)
    const proxy = this.server.addresses[0]?.uri ?? ''
    const client = await CpmClient.open(host, { aor: `sip:${name}@cpm.test`, proxy }, () => own.close())
    await client.ready
    const saved = (): string[] => readdirSync(into).filter(file => !file.startsWith('.'))
    const member = { client, host: own, into, files: () => saved().map(file => sha1(readFileSync(join(into, file)))) }
    this.members.push(member)
    void this.#receive(client, into, conduct)
    return member
  }

  /** The member's process dies: nothing is said, its sockets are gone. */
  async crash(member: Member): Promise<void> {
    await member.host.close()
    this.members.splice(this.members.indexOf(member), 1)
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map(({ client }) => client.close()))
    await this.server.close()
  }

  async #receive(client: Client, into: string, conduct: Conduct): Promise<void> {
    try {
      for await (const offer of client.offers()) void conduct(offer, into)?.catch(() => undefined)
    } catch {
      // the client was closed
    }
  }
}

export function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex')
}

/** A host whose MSRP connections read at a limited pace. */
function paced(host: NodeHost, pace: Pace): NodeHost {
  return {
    ...host,
    connect: async options => {
      const connection = await host.connect(options)
      return options.protocol === 'msrp' ? slowed(connection, pace) : connection
    },
    listen: options =>
      host.listen({
        ...options,
        // of SIP and MSRP listeners only the latter asks for certificates
        onConnection: connection => options.onConnection(options.requestCertificate === true ? slowed(connection, pace) : connection),
      }),
  }
}

/** Octets come drop by drop, as over a slow line; what is received meanwhile waits here, and in the buffers of the system. */
function slowed(connection: Connection, pace: Pace): Connection {
  let events: ConnectionEvents | undefined
  let waiting = new Uint8Array(0)
  let isOver = false
  const drip = (): void => {
    const drop = waiting.subarray(0, Number.isFinite(pace.rate) ? Math.max(1, Math.floor(pace.rate / DROPS)) : waiting.length)
    waiting = waiting.subarray(drop.length)
    if (!isOver) events?.onBytes(drop)
    if (waiting.length === 0) connection.resume()
    else setTimeout(drip, 1000 / DROPS)
  }
  return {
    local: connection.local,
    remote: connection.remote,
    start: given => {
      events = given
      connection.start({
        onBytes: bytes => {
          if (!Number.isFinite(pace.rate)) return given.onBytes(bytes)
          waiting = bytes.slice()
          connection.pause()
          setTimeout(drip, 1000 / DROPS)
        },
        onWritten: length => given.onWritten(length),
        onClosed: error => {
          isOver = true
          given.onClosed(error)
        },
      })
    },
    write: views => connection.write(views),
    pause: () => {},
    resume: () => {},
    end: () => connection.end(),
    destroy: () => connection.destroy(),
  }
}

/** Drops a second. */
const DROPS = 20
