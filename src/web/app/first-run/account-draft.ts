import type { AccountCheckView, AccountCommand } from '../../protocol/index.js'
import { type AddressProblem, readAddress } from '../places/people/address.js'

/** What stands in the three fields. */
export interface AccountDraft {
  readonly address: string
  readonly password: string
  readonly server: string
}

export const NO_ACCOUNT: AccountDraft = { address: '', password: '', server: '' }

const SERVER = /^(?:(sips?):)?([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?((?:;[\w.-]+(?:=[\w.-]+)?)*)$/i

/** `proxy.example.com` and `sip:proxy.example.com;transport=tls` as an address of a server; undefined when it is none. */
export function readServer(typed: string): string | undefined {
  const [, scheme = 'sip', host, port = '', parameters = ''] = SERVER.exec(typed.trim()) ?? []
  return host === undefined ? undefined : `${scheme.toLowerCase()}:${host.toLowerCase()}${port}${parameters}`
}

export interface DraftProblems {
  readonly address?: AddressProblem
  readonly server?: 'character'
}

/** What can be seen without asking anybody. */
export function draftProblems({ address, server }: AccountDraft): DraftProblems {
  const { problem } = readAddress(address)
  return {
    ...(problem !== undefined && { address: problem }),
    ...(server.trim() !== '' && readServer(server) === undefined && { server: 'character' as const }),
  }
}

/** What the server is asked; undefined while there are problems. */
export function accountCommand(draft: AccountDraft): AccountCommand | undefined {
  const { uri } = readAddress(draft.address)
  const proxy = draft.server.trim() === '' ? undefined : readServer(draft.server)
  if (uri === undefined || (proxy === undefined && draft.server.trim() !== '')) return undefined
  return { aor: uri, ...(draft.password !== '' && { password: draft.password }), ...(proxy !== undefined && { proxy }) }
}

/** A check counts for what was checked only. */
export interface Checked {
  readonly command: AccountCommand
  readonly result: AccountCheckView
}

export function isSameAccount(one: AccountCommand | undefined, other: AccountCommand | undefined): boolean {
  return one !== undefined && other !== undefined && one.aor === other.aor && one.password === other.password && one.proxy === other.proxy
}
