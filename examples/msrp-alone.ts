import { randomBytes } from 'node:crypto'
import { Endpoint, type EndpointInput, newSessionId, type SessionOptions } from 'cpmft/msrp'

type Name = 'alice' | 'bob'
const CONNECTION = { alice: 'out-1', bob: 'in-1' }

/** Two MSRP endpoints, joined by a queue instead of a network: Alice sends `file`, Bob prints it. Returns what they told, in order. */
export function sendInMemory(file: Uint8Array): string[] {
  const ends = { alice: new Endpoint({ random: randomBytes }), bob: new Endpoint({ random: randomBytes }) }
  const queue: [to: Name, input: EndpointInput][] = []
  const told: string[] = []
  const step = (name: Name, input: EndpointInput) => {
    const peer = name === 'alice' ? 'bob' : 'alice'
    const give = (to: Name, next: EndpointInput) => queue.push([to, next])
    for (const output of ends[name].step(input, Date.now())) {
      if (output.type === 'connect') {
        give(peer, { type: 'accepted', connection: CONNECTION[peer], remote: 'memory' })
        give(name, { type: 'connected', connection: CONNECTION[name] })
      } else if (output.type === 'write') {
        for (const bytes of output.views) give(peer, { type: 'bytes', connection: CONNECTION[peer], bytes })
        for (const { length } of output.views) give(name, { type: 'written', connection: CONNECTION[name], length })
      } else if (output.type === 'need-data')
        give(name, { ...output, type: 'data', bytes: file.subarray(output.offset).subarray(0, output.length) })
      else if (output.type === 'event') {
        if (output.event.type === 'body') console.log(new TextDecoder().decode(output.event.bytes))
        if (output.event.type === 'complete') give(name, { ...output.event, type: 'verdict', status: 200 })
        told.push(`${name}: ${output.event.type}`)
      }
    }
  }
  const ids = { alice: newSessionId(randomBytes), bob: newSessionId(randomBytes) }
  const [a, b] = [`msrp://192.0.2.10:2855/${ids.alice};tcp`, `msrp://192.0.2.20:2855/${ids.bob};tcp`]
  const bob: SessionOptions = { localUri: b, remotePath: [a], role: 'passive', direction: 'receive', acceptTypes: ['text/plain'] }
  const alice: SessionOptions = { localUri: a, remotePath: [b], role: 'active', direction: 'send', acceptTypes: [] }
  const message = { total: file.length, contentType: 'text/plain', successReport: true, failureReport: 'yes' } as const
  queue.push(['bob', { type: 'add-session', session: bob }], ['alice', { type: 'add-session', session: alice }])
  queue.push(['alice', { type: 'send', sessionId: ids.alice, message }])
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) step(...next)
  return told
}
