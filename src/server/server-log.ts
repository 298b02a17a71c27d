/** What the server tells its operator: a name of what happened, and facts. Never passwords, file contents or full paths (SEC-9). */
export interface ServerLog {
  debug(facts: LogFacts, what: string): void
  info(facts: LogFacts, what: string): void
  warn(facts: LogFacts, what: string): void
  error(facts: LogFacts, what: string): void
}

export type LogFacts = Readonly<Record<string, string | number | boolean | undefined>>

export const SILENT: ServerLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
