import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type Connection,
  type ConnectionEvents,
  type ListenPlace,
  SIP_CONNECTIONS,
  SipSockets,
  type SipSocketsOptions,
} from '../../src/client/index.js'
import { nodeHost } from '../../src/node/index.js'
import type { NetworkInput, NetworkOutput } from '../../src/sip/index.js'
import { freePort } from '../kit/command-line.js'

const HOST = '127.0.0.1'
type Sockets = SipSockets<NetworkOutput, string>

describe('SIP sockets for any machine', () => {
  const open: { stop(): unknown }[] = []
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.stop()
  })

  /** A machine that does what it is commanded, and writes down what it hears. */
  const start = async (listen: readonly ListenPlace[], more: Partial<SipSocketsOptions<NetworkOutput, string>> = {}) => {
    const heard: NetworkInput[] = []
    const sockets: Sockets = await SipSockets.open<NetworkOutput, string>({
      host: nodeHost(),
      listen,
      machine: () => ({
        deadline: undefined,
        step: input => {
          if (input.type === 'command') return [input.command]
          heard.push(input)
          return []
        },
      }),
      onEvent: () => {},
      onTrace: () => {},
      ...more,
    })
    open.push({ stop: () => sockets.close() })
    return {
      sockets,
      heard,
      of: <T extends NetworkInput['type']>(type: T) => heard.filter(input => input.type === type) as Extract<NetworkInput, { type: T }>[],
    }
  }
  const client = async (port: number) => {
    const socket = connect(port, HOST)
    open.push({ stop: () => socket.destroy() })
    const closed = { yes: false }
    socket.on('close', () => (closed.yes = true)).on('error', () => {})
    await new Promise<void>(resolve => socket.once('connect', resolve))
    return { socket, closed }
  }
  const until = async (done: () => boolean) => {
    for (let tries = 0; !done() && tries < 300; tries++) await new Promise(resolve => setTimeout(resolve, 10))
    expect(done()).toBe(true)
  }

  it('listen at several places, each with ports of its own, and say what others are to see', async () => {
    const { sockets } = await start([
      { host: HOST, port: 0, transports: ['tcp', 'udp'] },
      { host: HOST, port: 0, transports: ['ws'], shown: { host: 'sip.example.org', port: 443 } },
      { host: HOST, port: 0, transports: ['udp'], shown: { host: '198.51.100.7', port: 0 } },
    ])
    const [tcp, udp, ws, other] = sockets.listening
    expect([tcp?.transport, udp?.transport, ws, other?.transport]).toEqual([
      'tcp',
      'udp',
      { transport: 'ws', address: { host: 'sip.example.org', port: 443 } },
      'udp',
    ])
    expect(udp?.address).toEqual(tcp?.address)
    expect([other?.address.host, (other?.address.port ?? 0) > 0]).toEqual(['198.51.100.7', true])
  })

  it('leave nothing open when one of the places is taken', async () => {
    const port = await freePort()
    const first = await start([{ host: HOST, port, transports: ['udp'] }])
    const free = await freePort()
    const places = [
      { host: HOST, port: free, transports: ['tcp'] },
      { host: HOST, port, transports: ['udp'] },
    ] as const
    await expect(start(places)).rejects.toMatchObject({ code: 'address-in-use' })
    await first.sockets.close()
    const again = await start(places)
    expect(again.sockets.listening.map(({ address }) => address.port)).toEqual([free, port])
  })

  it('take so many connections from one address and in all, and one more when another has gone @req SEC-12', async () => {
    expect(SIP_CONNECTIONS).toEqual({ total: 256, perPeer: 16 })
    const port = await freePort()
    const { of } = await start([{ host: HOST, port, transports: ['tcp'] }], { connections: { total: 9, perPeer: 2 } })
    const [one] = [await client(port), await client(port)]
    await until(() => of('opened').length === 2)
    const third = await client(port)
    await until(() => third.closed.yes)
    expect(of('opened').map(({ flow }) => flow)).toEqual(['in-1', 'in-2'])
    one.socket.destroy()
    await until(() => of('closed').length === 1)
    await client(port)
    await until(() => of('opened').length === 3)
    const few = await freePort()
    const total = await start([{ host: HOST, port: few, transports: ['tcp'] }], { connections: { total: 1, perPeer: 9 } })
    await client(few)
    await until(() => total.of('opened').length === 1)
    const second = await client(few)
    await until(() => second.closed.yes)
    expect(total.of('opened').length).toBe(1)
  })

  it('stop to listen without losing whoever is there', async () => {
    const port = await freePort()
    const { sockets, of } = await start([{ host: HOST, port, transports: ['tcp', 'udp'] }])
    const { socket } = await client(port)
    await until(() => of('opened').length === 1)
    await sockets.stopListening()
    const late = connect(port, HOST)
    const refused = await new Promise<string | undefined>(resolve =>
      late.on('error', (error: NodeJS.ErrnoException) => resolve(error.code)),
    )
    expect(refused).toBe('ECONNREFUSED')
    socket.write('hello')
    await until(() => of('bytes').length === 1)
  })

  it('adopt a connection under a name, write to it what one turn says in one piece, and end it with the rest', async () => {
    const { sockets, heard } = await start([])
    const written: string[] = []
    const ended: string[] = []
    const box: { events?: ConnectionEvents } = {}
    const connection: Connection = {
      local: { host: 'proxy', port: 1 },
      remote: { host: 'focus', port: 2 },
      start: events => void (box.events = events),
      write: views => void written.push(views.map(view => Buffer.from(view).toString()).join('|')),
      pause: () => {},
      resume: () => {},
      end: () => void ended.push('end'),
      destroy: () => {
        ended.push('destroy')
        box.events?.onClosed()
      },
    }
    sockets.adopt('focus', connection, 'tcp')
    sockets.command({ type: 'write', flow: 'focus', bytes: Buffer.from('INVITE') })
    box.events?.onBytes(Buffer.from('OK'))
    expect([written, heard]).toEqual([
      ['INVITE'],
      [
        { type: 'opened', flow: 'focus', transport: 'tcp', local: connection.local, remote: connection.remote },
        { type: 'bytes', flow: 'focus', bytes: new Uint8Array(Buffer.from('OK')) },
      ],
    ])
    await sockets.close()
    sockets.adopt('late', connection, 'tcp')
    expect(ended).toEqual(['destroy', 'destroy'])
  })

  it('answer from the datagram socket that was written to', async () => {
    const ports = [await freePort(), await freePort()]
    const { sockets, of } = await start(ports.map(port => ({ host: HOST, port, transports: ['udp'] })))
    for (const port of [...ports, ports[0] as number]) {
      const peer = createSocket('udp4')
      open.push({ stop: () => peer.close() })
      const before = of('datagram').length
      const answered = new Promise<number>(resolve => peer.on('message', (_, from) => resolve(from.port)))
      peer.send('hello', port, HOST)
      await until(() => of('datagram').length > before)
      const { flow, remote, local } = of('datagram').at(-1) as Extract<NetworkInput, { type: 'datagram' }>
      expect(local.port).toBe(port)
      sockets.command({ type: 'write', flow, remote, bytes: Buffer.from('hi') })
      expect(await answered).toBe(port)
    }
  })
})
