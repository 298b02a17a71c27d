import type { Destination } from './destination.js'

/** Who sends a request, as far as we know. */
export type CallerKind =
  /** Gave the password of an account of ours. */
  | 'user'
  /** Says it is one of ours, or does not say who it is, without any proof. */
  | 'claimed'
  /** Says it is of another domain. */
  | 'outside'
  /** Our own focus, or a proxy that the configuration trusts. */
  | 'trusted'

export type Verdict =
  /** We answer it ourselves. */
  | 'serve'
  /** It goes on. */
  | 'forward'
  /** Ask for credentials: 401 or 407. */
  | 'challenge'
  /** 403 */
  | 'forbid'
  /** 404 */
  | 'not-found'
  /** 416 */
  | 'unsupported'

type Row = Readonly<Record<CallerKind, Verdict>>

const same = (verdict: Verdict): Row => ({ user: verdict, claimed: verdict, outside: verdict, trusted: verdict })

/**
 * Who may reach what, for requests that belong to no dialog. Nobody makes us send anything to another domain without an account, nobody reaches
 * the focus without one (GRP-14, GRP-41), and whoever says to be one of ours proves it (SEC-5).
 */
export const ROUTING_POLICY: Readonly<Record<Destination['kind'], Row>> = {
  server: same('serve'),
  focus: { user: 'forward', claimed: 'challenge', outside: 'forbid', trusted: 'forward' },
  person: { user: 'forward', claimed: 'challenge', outside: 'forward', trusted: 'forward' },
  nobody: { user: 'not-found', claimed: 'challenge', outside: 'not-found', trusted: 'not-found' },
  foreign: { user: 'forward', claimed: 'challenge', outside: 'forbid', trusted: 'forward' },
  unsupported: same('unsupported'),
}

/**
 * The same for requests inside a dialog that come to an address of ours: whoever knows its tags is in it, and the user agent that has it answers 481
 * to all others. Nothing leaves for another domain on that ground.
 */
export const DIALOG_POLICY: Readonly<Record<Destination['kind'], Row>> = {
  server: same('serve'),
  focus: same('forward'),
  person: same('forward'),
  nobody: same('not-found'),
  foreign: { user: 'forward', claimed: 'forbid', outside: 'forbid', trusted: 'forward' },
  unsupported: same('unsupported'),
}
