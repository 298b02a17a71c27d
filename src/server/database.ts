import type { GroupDefinition } from '../focus/index.js'
import type { RegisteredContact } from '../sip/index.js'

/**
 * What the server remembers, in SQLite or PostgreSQL. Times are milliseconds since 1970. Every method rejects with
 * `HostError('store')` when the database cannot be used.
 */
export interface ServerDatabase {
  readonly users: UserTable
  readonly bindings: BindingTable
  readonly groups: GroupTable
  close(): Promise<void>
}

export type DigestName = 'md5' | 'sha-256' | 'sha-512-256'

/** A person with an account. Passwords are never stored, only `H(user:realm:password)` (RFC 8760, RFC 7616 §3.4.2). */
export interface User {
  /** `sip:alice@example.org` */
  readonly aor: string
  /** Digest user name; unique in the realm. */
  readonly username: string
  readonly realm: string
  readonly displayName?: string
  /** Lower-case hex. */
  readonly ha1: Readonly<Record<DigestName, string>>
  readonly created: number
}

export interface UserTable {
  get(aor: string): Promise<User | undefined>
  byName(realm: string, username: string): Promise<User | undefined>
  /** By address. */
  list(options?: { readonly after?: string; readonly limit?: number }): Promise<User[]>
  /** Adds or replaces. */
  put(user: User): Promise<void>
  /** @returns false when there was none */
  remove(aor: string): Promise<boolean>
}

/** Where one device of an address of record is reached (RFC 3261 §10). */
export interface Binding extends RegisteredContact {
  readonly aor: string
}

export interface BindingTable {
  /** Living bindings, best first. */
  of(aor: string, now: number): Promise<Binding[]>
  /**
   * Reads the living bindings of an address, lets `change` decide and writes what it gives, as one transaction: two REGISTERs of one
   * address never mix (RFC 3261 §10.3). The result of `change` is given back.
   */
  update<Result>(
    aor: string,
    now: number,
    change: (bindings: readonly Binding[]) => { readonly bindings: readonly Binding[]; readonly result: Result },
  ): Promise<Result>
  /** Bindings over a connection that is gone (RFC 5626 §5.3); all of a node without `flow`. */
  dropFlow(node: string, flow?: string): Promise<void>
  /** Deletes what expired before `now`. */
  sweep(now: number): Promise<number>
  count(now: number): Promise<number>
}

/** Pre-defined groups (GRP-40, GRP-44). */
export interface GroupTable {
  get(uri: string): Promise<GroupDefinition | undefined>
  list(): Promise<GroupDefinition[]>
  put(group: GroupDefinition): Promise<void>
  remove(uri: string): Promise<boolean>
}
