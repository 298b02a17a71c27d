import pino from 'pino'
import type { ServerLog } from './server-log.js'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface PinoLogOptions {
  readonly level: LogLevel
  readonly stream: { write(text: string): unknown }
  /** Short lines for people instead of JSON. */
  readonly forPeople: boolean
}

const NAMES: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' }

/** The log of a server process: JSON, a line for each message, or text on a terminal. */
export function pinoLog({ level, stream, forPeople }: PinoLogOptions): ServerLog {
  const write = forPeople ? (line: string) => stream.write(forEyes(line)) : (line: string) => stream.write(line)
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write })
}

/** `{"level":40,"time":"2026-01-31T12:00:00.000Z","remote":"192.0.2.7","msg":"wrong credentials"}` -> `12:00:00 warn  wrong credentials  remote=192.0.2.7` */
function forEyes(line: string): string {
  const { level, time, msg, ...facts } = JSON.parse(line) as { level: number; time: string; msg: string }
  const rest = Object.entries(facts).map(([name, value]) => `  ${name}=${String(value)}`)
  return `${time.slice(11, 19)} ${(NAMES[level] ?? '').padEnd(5)} ${msg}${rest.join('')}\n`
}
