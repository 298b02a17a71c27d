import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { freePort } from './command-line.js'
import type { TempFolder } from './temp-folder.js'

const SCENARIOS = new URL('../interop/sipp/', import.meta.url)
/** What one run may take, seconds; SIPp gives up by itself then. */
const LIMIT = 15

export interface SippRun {
  readonly folder: TempFolder
  /** Name of the file under `test/interop/sipp`, without `.xml`. */
  readonly scenario: string
  readonly transport?: 'tcp' | 'udp'
  /** Values of the `@NAME@` in the scenario. */
  readonly values?: Readonly<Record<string, string | number>>
  /** `HOST:PORT` to call; without it SIPp waits for one call. */
  readonly call?: string
  /** More for the command line of SIPp. */
  readonly args?: readonly string[]
}

/** One run of a SIPp scenario for one call, on loopback. */
export class Sipp {
  readonly process: ChildProcess
  /** 0 when the call went as the scenario says. */
  readonly exit: Promise<number>
  /** Where it listens, for `--to`. */
  readonly uri: string
  readonly #messages: string
  readonly #errors: string
  readonly #screen: string

  static async start(run: SippRun): Promise<Sipp> {
    const port = await freePort()
    const sipp = new Sipp(run, port)
    await sipp.#listening(run.transport ?? 'tcp', port)
    return sipp
  }

  private constructor({ folder, scenario, transport = 'tcp', values = {}, call, args: more = [] }: SippRun, port: number) {
    const file = folder.file(`${scenario}-${port}.xml`, scenarioText(scenario, { ...values, TOKEN: port }))
    this.#messages = folder.join(`${port}.messages`)
    this.#errors = folder.join(`${port}.errors`)
    this.#screen = folder.join(`${port}.screen`)
    this.uri = `sip:bob@127.0.0.1:${port};transport=${transport}`
    // It hangs when its screen goes to a pipe
    const screen = openSync(this.#screen, 'w')
    const args = [
      ...(call === undefined ? [] : [call]),
      ...['-sf', file, '-i', '127.0.0.1', '-bind_local', '-ci', '127.0.0.1', '-p', `${port}`, '-t', transport === 'tcp' ? 't1' : 'u1'],
      ...['-m', '1', '-l', '1', '-r', '10', '-timeout', `${LIMIT}`, '-timeout_error', '-nostdin', '-nd', '-watchdog_interval', '0'],
      ...more,
      ...['-trace_err', '-error_file', this.#errors, '-trace_msg', '-message_file', this.#messages],
    ]
    this.process = spawn('sipp', args, { cwd: folder.path, stdio: ['ignore', screen, screen] })
    closeSync(screen)
    this.exit = new Promise(resolve => this.process.on('close', code => resolve(code ?? -1)))
  }

  /** Every message sent and received, as SIPp logs them. */
  get messages(): string {
    return existsSync(this.#messages) ? readFileSync(this.#messages, 'utf8') : ''
  }

  /** What SIPp disliked, for the message of a failed expectation. */
  get complaints(): string {
    const errors = existsSync(this.#errors) ? readFileSync(this.#errors, 'utf8') : readFileSync(this.#screen, 'utf8').slice(-1500)
    return `${errors}\n--- messages\n${this.messages}`
  }

  /** First lines of the messages it received, in order. */
  get received(): string[] {
    return this.messagesReceived.map(text => text.slice(0, text.indexOf('\r\n')))
  }

  /** The messages it received, in order. */
  get messagesReceived(): string[] {
    const parts = this.messages.split(/^-{40,}.*$/m)
    return parts.flatMap(part => {
      const found = /message received \[\d+\] bytes ?:\s*\n\n([\s\S]*)/.exec(part)
      return found?.[1] === undefined ? [] : [found[1].trimEnd()]
    })
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) this.process.kill('SIGKILL')
    await this.exit
  }

  async #listening(transport: 'tcp' | 'udp', port: number): Promise<void> {
    for (let tries = 0; tries < 100 && this.process.exitCode === null; tries++) {
      if (transport === 'udp' ? boundUdp(port) : await reachable(port)) return
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}

/** The scenario with its parts and values in place. */
function scenarioText(name: string, values: Readonly<Record<string, string | number>>): string {
  return withParts(`${name}.xml`).replaceAll(/@([A-Z_]+)@/g, (all, key: string) => `${values[key] ?? all}`)
}

/** `@part:NAME KEY=WORD KEY=WORD@` is `parts/NAME.xml`, which may hold parts, with each `@KEY@` as below or as the word itself. */
function withParts(file: string): string {
  const text = readFileSync(new URL(file, SCENARIOS), 'utf8')
  return text.replaceAll(/@part:([a-z-]+)((?: [A-Z]+=\w+)*)@/g, (_, part: string, given: string) => {
    const words = given.split(' ').slice(1)
    return words.reduce((out, word) => {
      const [key, value] = word.split('=') as [string, string]
      return out.replaceAll(`@${key}@`, WORDS[word] ?? value)
    }, withParts(`parts/${part}.xml`).trim())
  })
}

const WORDS: Readonly<Record<string, string>> = {
  'TO=new': '[last_To:];tag=t@TOKEN@',
  'TO=notifier': '[last_To:];tag=n@TOKEN@',
  'TO=same': '[last_To:]',
  'TO=other': 'To: <sip:bob@[local_ip]>;tag=other@TOKEN@',
  'STATE=ACTIVE': 'active;expires=600',
  'STATE=TERMINATED': 'terminated;reason=noresource',
  'OFFER=BODY': '@BODY@',
  'OFFER=CLOSING': '@CLOSING@',
  'OFFER=SHORTER': '@SHORTER@',
}

async function reachable(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

/** Whether a UDP socket of this machine is bound to the port: nothing can be asked of it before. */
function boundUdp(port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  return readFileSync('/proc/net/udp', 'utf8').includes(wanted)
}
