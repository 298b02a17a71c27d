import type { Client, ClientOptions, ConflictPolicy, Destination, Store } from '../client/index.js'
import type { TraceEntry } from '../trace/index.js'
import type { NodeClientOptions } from '../node/index.js'
import type { WebHandle, WebOptions } from '../web/index.js'
import type { Answer, Question } from './ask-offer.js'

/** Everything a command touches outside itself, so that tests can give something else. */
export interface CommandContext {
  readonly stdin: NodeJS.ReadableStream
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isTerminal: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }
  /** Columns of the terminal at stdout; undefined when it is none. */
  readonly columns: number | undefined
  readonly version: string
  /** Login name and host name, for an own address when none is given. */
  readonly user: string
  readonly host: string
  /** Home folder: configuration and state are below it unless the environment says otherwise. */
  readonly home: string
  /** `store` stays open when the client closes. */
  createClient(options: NodeClientOptions & { readonly store?: Store }): Promise<Client>
  /** Transfers, contacts and capabilities of this user, in the usual place unless a path is given. Rejects with `HostError('store')`. */
  openStore(path?: string): Promise<Store & { readonly notice?: string | undefined }>
  /** Shows a file or a folder with the program of the platform; settles once that was started. */
  openPath(path: string): Promise<void>
  /** Shows the folder of a file, with the file marked where the platform can. */
  revealPath(path: string): Promise<void>
  /** Serves the page. */
  startWeb(options: WebOptions): Promise<WebHandle>
  previewInvite(options: ClientOptions, to: Destination, files: readonly string[]): Promise<string>
  describeFile(path: string): Promise<FileDescription>
  runDemo(options: {
    headless: boolean
    out: NodeJS.WritableStream
    signal: AbortSignal
    follow?: (entries: AsyncIterable<TraceEntry>) => void
  }): Promise<number>
  askOffer(question: Question): Promise<Answer>
  /** What to do with files whose names, on disk, are taken. */
  askConflict(names: readonly string[], signal: AbortSignal): Promise<ConflictPolicy>
  /** A question to be answered with yes or no; no when the user gave up. */
  confirm(message: string, signal: AbortSignal): Promise<boolean>
  /** A line of text, `usual` for Enter alone; undefined when the user gave up. */
  askText(message: string, usual: string | undefined, signal: AbortSignal): Promise<string | undefined>
  /** Hidden input; undefined when the user gave up. */
  askPassword(message: string, signal: AbortSignal): Promise<string | undefined>
  /** Free octets of the file system that holds `folder`; undefined when unknown. */
  freeSpace(folder: string): Promise<number | undefined>
  /** SIGINT and SIGTERM. */
  readonly signals: Signals
  /** Leaves at once. */
  exit(code: number): void
  /** Milliseconds, never running backwards. */
  now(): number
  /** Wall clock, milliseconds since 1970. */
  date(): number
}

export interface Signals {
  on(name: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  off(name: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
}

/** What `describe` prints of a file. */
export interface FileDescription {
  readonly name: string
  readonly size: number
  readonly type: string
  readonly sha1: string
  /** `name:"a.jpg" type:image/jpeg size:4092 hash:sha-1:…` as it goes into SDP. */
  readonly selector: string
}

/** Options every command has. */
export interface GlobalOptions {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  /** File for the trace. */
  readonly trace?: string
  /** Milliseconds. */
  readonly timeout?: number
  readonly yes?: boolean
  readonly color?: boolean
  /** Another configuration file. */
  readonly config?: string
  /** Name of an account in the configuration. */
  readonly account?: string
}
