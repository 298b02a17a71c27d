import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { UserAgent, type UserAgentInput, type UserAgentOptions } from 'cpmft/sip'

const NAMES = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' } as const
const hash: UserAgentOptions['hash'] = (algorithm, bytes) => createHash(NAMES[algorithm]).update(bytes).digest()

/** Registers over TCP and returns the seconds granted. The machine answers the digest challenge; we only carry octets and time. */
export function register(aor: string, password: string, port: number): Promise<number> {
  const username = aor.slice('sip:'.length, aor.indexOf('@'))
  const host = '127.0.0.1'
  const lists = { listening: [], allow: ['OPTIONS'], supported: [], accept: [] }
  const agent = new UserAgent({ aor, credentials: { username, password }, random: randomBytes, hash, ...lists })
  const socket = connect({ host, port })
  let timer: NodeJS.Timeout | undefined
  return new Promise<number>((resolve, reject) => {
    let flow = ''
    const step = (input: UserAgentInput) => {
      for (const output of agent.step(input, Date.now())) {
        if (output.type === 'connect') flow = output.flow
        else if (output.type === 'write') socket.write(output.bytes)
        else if (output.type === 'close') socket.end()
        else if (output.type === 'event' && output.event.name === 'registered') resolve(output.event.expires)
        else if (output.type === 'event' && output.event.name === 'registration-failed') reject(new Error(output.event.cause))
      }
      clearTimeout(timer)
      if (agent.deadline !== undefined) timer = setTimeout(() => step({ type: 'timeout' }), agent.deadline - Date.now()).unref()
    }
    socket.on('data', bytes => step({ type: 'bytes', flow, bytes }))
    socket.on('error', error => step({ type: 'closed', flow, error: error.message }))
    socket.on('connect', () =>
      step({ type: 'opened', flow, transport: 'tcp', local: { host, port: socket.localPort ?? 0 }, remote: { host, port } }),
    )
    step({ type: 'command', command: { name: 'register', id: 'r', registrar: `sip:${host}:${port};transport=tcp`, expires: 600 } })
  }).finally(() => {
    clearTimeout(timer)
    socket.destroy()
  })
}
