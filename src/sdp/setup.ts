import type { Setup } from './file-media.js'

const SETUPS: readonly string[] = ['active', 'passive', 'actpass', 'holdconn'] satisfies Setup[]

/** The role of `a=setup:` (RFC 4145 §4, RFC 6135); undefined for an unknown one, which then is ignored (SDP-23). */
export function parseSetup(value: string): Setup | undefined {
  const setup = value.toLowerCase()
  return SETUPS.includes(setup) ? (setup as Setup) : undefined
}
