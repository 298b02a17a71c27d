import { type Client, CpmftError, readAddress } from '../client/index.js'
import type { AccountCheckView, AccountCommand, ErrorView } from '../web/protocol/index.js'
import { inspectDns, inspectHop } from './inspect-network.js'
import type { CommandScope } from './run-command.js'
import { explain } from './view.js'

/** How long registering may take, milliseconds. */
const REGISTER_WAIT = 15_000

type Fields = { -readonly [Field in keyof AccountCheckView['fields']]: AccountCheckView['fields'][Field] }

/** Tries an account without keeping anything: the form of the address, DNS, the connection, REGISTER; tells what is wrong at the field that it is about. */
export async function checkAccount(scope: CommandScope, account: AccountCommand, signal: AbortSignal): Promise<AccountCheckView> {
  const fields: Fields = {}
  const aor = addressOf(account.aor)
  if (aor === undefined) fields.aor = errorOf(new CpmftError('bad-address', 'It has a name and a domain: sip:alice@example.org'))
  const proxy = account.proxy === undefined || account.proxy === '' ? undefined : account.proxy
  if (proxy !== undefined && !/^sips?:[^\s<>"]+$/i.test(proxy)) fields.proxy = errorOf(new CpmftError('bad-address'))
  if (aor === undefined || fields.proxy !== undefined) return { ok: false, fields, text: 'The account is not complete yet.' }
  const way = proxy ?? `sip:${aor.slice(aor.indexOf('@') + 1)}`
  const unreachable = await inspectWay(scope, aor, way)
  signal.throwIfAborted()
  if (unreachable !== undefined) return { ok: false, fields: { proxy: unreachable }, text: unreachable.text }
  const error = await register(scope, { ...account, aor, proxy: way }, signal)
  if (error === undefined) return { ok: true, fields, text: `${aor} is registered, and gone again: the account works.` }
  const view = errorOf(error)
  const isAccount = view.code === 'unknown-recipient' || view.status === 404
  if (isAccount) fields.aor = view
  else if (view.code === 'auth-failed' || view.status === 401 || view.status === 403) fields.password = view
  else fields.proxy = view
  return { ok: false, fields, text: view.text }
}

/** DNS and connection; undefined when both are fine. */
async function inspectWay({ context }: CommandScope, aor: string, way: string): Promise<ErrorView | undefined> {
  const { profileOf } = await import('../node/index.js')
  const isSecure = profileOf({ aor, proxy: way }) === 'secure'
  const { finding, hop } = await inspectDns(way, isSecure)
  if (hop === undefined) return { code: 'unknown-host', text: finding.text, hint: finding.fix }
  if (/;transport=udp\b/i.test(way)) return undefined
  const reached = await inspectHop(hop, undefined, context.date())
  // UDP may still do where TCP does not; a certificate that is wrong is wrong
  if (reached.status !== 'fail') return undefined
  return { code: hop.tls ? 'tls' : 'connection-refused', text: reached.text, hint: reached.fix }
}

/** Registers once and goes again. Gives what went wrong. */
async function register({ context }: CommandScope, account: AccountCommand & { proxy: string }, signal: AbortSignal): Promise<unknown> {
  const { aor, proxy, password } = account
  let client: Client | undefined
  let timer: NodeJS.Timeout | undefined
  try {
    client = await context.createClient({ aor, proxy, ...(password !== undefined && { password }) })
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new CpmftError('unreachable', 'The registrar does not answer.')), REGISTER_WAIT)
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
    await Promise.race([client.ready, late])
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    return error
  } finally {
    clearTimeout(timer)
    await client?.close()
  }
}

function addressOf(text: string): string | undefined {
  try {
    const aor = readAddress(text.trim())
    return /^sips?:[^@]+@[^@]+$/i.test(aor) ? aor : undefined
  } catch {
    return undefined
  }
}

function errorOf(error: unknown): ErrorView {
  const { code, message, hint, status } = explain(error)
  return { code, text: message, hint, status }
}
