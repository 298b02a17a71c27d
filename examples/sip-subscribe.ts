import { createHash, randomBytes } from 'node:crypto'
import { UserAgent, type UserAgentInput, type UserAgentOptions } from 'cpmft/sip'

type Name = 'alice' | 'focus'
const ADDRESSES = { alice: { host: '192.0.2.10', port: 5060 }, focus: { host: '192.0.2.20', port: 5060 } }
const hash: UserAgentOptions['hash'] = (_, bytes) => createHash('md5').update(bytes).digest()

/** Alice watches the roster of a conference, over a queue of datagrams instead of a network. Returns what she heard. */
export function watchRoster(first: string, ...changes: string[]): string[] {
  const make = (name: Name) => {
    const listening = [{ transport: 'udp', address: ADDRESSES[name] }] as const
    const lists = { allow: ['SUBSCRIBE', 'NOTIFY'], supported: [], accept: [], events: ['conference'] }
    return new UserAgent({ aor: `sip:${name}@example.org`, listening, random: randomBytes, hash, ...lists })
  }
  const agents = { alice: make('alice'), focus: make('focus') }
  const heard: string[] = []
  const queue: [to: Name, input: UserAgentInput][] = []
  const roster = (text: string) => ({ contentType: 'application/conference-info+xml', bytes: Buffer.from(text) })
  const step = (name: Name, input: UserAgentInput) => {
    const peer = name === 'alice' ? 'focus' : 'alice'
    const remote = ADDRESSES[name]
    for (const output of agents[name].step(input, Date.now())) {
      if (output.type === 'write') {
        const flow = `udp/${remote.host}:${remote.port}`
        queue.push([peer, { type: 'datagram', flow, local: ADDRESSES[peer], remote, bytes: output.bytes }])
      } else if (output.type === 'event' && output.event.name === 'subscription-requested') {
        const { id } = output.event
        queue.push([name, { type: 'command', command: { name: 'accept-subscription', id, body: roster(first) } }])
        for (const text of changes) queue.push([name, { type: 'command', command: { name: 'notify', id, body: roster(text) } }])
        queue.push([name, { type: 'command', command: { name: 'notify', id, state: 'terminated', reason: 'noresource' } }])
      } else if (output.type === 'event' && output.event.name === 'notified')
        heard.push(`${output.event.state}: ${Buffer.from(output.event.body?.bytes ?? []).toString()}`)
    }
  }
  step('alice', { type: 'command', command: { name: 'subscribe', id: 's', target: 'sip:focus@192.0.2.20', event: 'conference' } })
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) step(...next)
  return heard
}
