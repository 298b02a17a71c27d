import { createHash, randomBytes } from 'node:crypto'
import { Proxy, UserAgent, type ProxyInput, type UserAgentInput, type UserAgentOptions } from 'cpmft/sip'

const [PROXY, ALICE] = ['192.0.2.1', '192.0.2.10']
const hash: UserAgentOptions['hash'] = (_, bytes) => createHash('sha256').update(bytes).digest()
const at = (host: string) => ({ listening: [{ transport: 'udp', address: { host, port: 5060 } }], random: randomBytes, hash }) as const
const lists = { allow: ['MESSAGE'], supported: [], accept: [] }

/** A MESSAGE of Alice's to Bob, who has several devices, over a queue of datagrams instead of a network. Returns who said what. */
export function tellBob(devices: Readonly<Record<string, number>>): string[] {
  const nodes = new Map<string, Proxy | UserAgent>([[PROXY, new Proxy({ names: ['example.org'], ...at(PROXY) })]])
  nodes.set(ALICE, new UserAgent({ aor: 'sip:alice@example.org', proxy: `sip:${PROXY};lr`, ...lists, ...at(ALICE) }))
  for (const host of Object.keys(devices)) nodes.set(host, new UserAgent({ aor: 'sip:bob@example.org', ...lists, ...at(host) }))
  const targets = Object.keys(devices).map(host => ({ uri: `sip:bob@${host}` }))
  const said: string[] = []
  const queue: [to: string, input: ProxyInput | UserAgentInput][] = []
  const step = (from: string, input: ProxyInput | UserAgentInput) => {
    // each gets inputs of its own kind only
    for (const output of nodes.get(from)?.step(input as UserAgentInput & ProxyInput, Date.now()) ?? []) {
      if (output.type === 'write' && output.remote !== undefined) {
        const [remote, local] = [{ host: from, port: 5060 }, output.remote]
        queue.push([local.host, { type: 'datagram', flow: `udp/${from}:5060`, local, remote, bytes: output.bytes }])
      } else if (output.type !== 'event') continue
      else if (output.event.name === 'response') said.push(`Alice hears ${output.event.response?.status}`)
      else if (output.event.name === 'request') {
        const { id } = output.event
        const status = devices[from] ?? 404
        if (from !== PROXY) said.push(`${from}: ${status}`)
        const command = from === PROXY ? ({ name: 'forward', id, targets } as const) : ({ name: 'respond', id, status } as const)
        queue.push([from, { type: 'command', command }])
      }
    }
  }
  step(ALICE, { type: 'command', command: { name: 'request', id: 'hello', method: 'MESSAGE', to: 'sip:bob@example.org' } })
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) step(...next)
  return said
}
