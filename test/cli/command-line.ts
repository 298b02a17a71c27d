import { EventEmitter } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import type { ClientOptions } from '../../src/client/api.js'
import type { CommandContext } from '../../src/cli/context.js'
import { runProgram } from '../../src/cli/program.js'
import { memoryStore } from '../../src/testkit/memory-store.js'
import { FakeClient } from './fake-client.js'

/** No configuration is there. */
const NO_HOME = '/nonexistent'

/** Collects what is written. */
export class Capture extends Writable {
  text = ''
  override _write(chunk: Buffer | string, _encoding: string, callback: () => void): void {
    this.text += String(chunk)
    callback()
  }
}

/** Runs command lines with a fake client, captured streams and signals at hand. */
export class CommandLine {
  readonly stdout = new Capture()
  readonly stderr = new Capture()
  readonly signals = new EventEmitter()
  readonly exits: number[] = []
  readonly clientOptions: ClientOptions[] = []
  readonly opened: string[] = []
  readonly store = memoryStore()
  client: FakeClient | undefined
  readonly context: CommandContext

  constructor(world: ConstructorParameters<typeof FakeClient>[1] = {}, overrides: Partial<CommandContext> = {}) {
    this.context = {
      stdin: new PassThrough(),
      stdout: this.stdout,
      stderr: this.stderr,
      env: {},
      isTerminal: { stdin: false, stdout: false, stderr: false },
      columns: undefined,
      version: '1.2.3',
      user: 'tester',
      host: 'here',
      home: NO_HOME,
      createClient: async options => {
        const { store, ...rest } = options
        this.clientOptions.push(rest)
        this.client = new FakeClient(rest, world, store)
        return this.client
      },
      // Several runs share it
      openStore: async () => Object.assign(this.store, { close: async () => {} }),
      openPath: async path => {
        this.opened.push(path)
      },
      revealPath: async path => {
        this.opened.push(`folder of ${path}`)
      },
      startWeb: async () => {
        throw new Error('there is no page here')
      },
      previewInvite: async (options, to, files) =>
        `INVITE ${typeof to === 'string' ? to : JSON.stringify(to)} from ${options.aor}: ${files.join(' ')}`,
      describeFile: async path => ({ name: path, size: 5, type: 'a/b', sha1: 'AA', selector: `name:"${path}" type:a/b size:5` }),
      runDemo: async ({ headless }) => (headless ? 0 : 1),
      askOffer: async () => ({ kind: 'decline' }),
      askConflict: async () => 'rename',
      confirm: async () => false,
      askText: async () => undefined,
      askPassword: async () => undefined,
      freeSpace: async () => 58e9,
      signals: this.signals,
      exit: code => {
        this.exits.push(code)
      },
      now: () => 0,
      date: () => 1_700_000_000_000,
      ...overrides,
    }
  }

  run(...args: string[]): Promise<number> {
    return runProgram(this.context, args)
  }

  /** Events of `--json`. */
  get events(): Record<string, unknown>[] {
    return this.stdout.text
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Record<string, unknown>)
  }
}

/** Both streams are a terminal. */
export const TERMINAL = { isTerminal: { stdin: true, stdout: true, stderr: true }, env: { TERM: 'dumb' } } as const
