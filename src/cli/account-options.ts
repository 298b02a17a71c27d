import type { ClientOptions } from '../client/index.js'
import type { CommandContext } from './context.js'
import { readPassword } from './password.js'
import type { StopSwitch } from './stop-switch.js'
import { UsageError } from './usage-error.js'
import type { View } from './view.js'

/** Who we are and where we listen. Each option may come from the environment: CPMFT_AS, CPMFT_PROXY, CPMFT_LISTEN. */
export interface AccountOptions {
  readonly as?: string
  readonly proxy?: string
  readonly listen?: string
  readonly passwordFile?: string
}

/** The account with its environment filled in and checked as far as that is possible without a network. */
export function resolveAccount(
  context: Pick<CommandContext, 'env' | 'user' | 'host'>,
  options: AccountOptions,
): AccountOptions & { as: string } {
  const as = options.as ?? nonEmpty(context.env['CPMFT_AS'])
  const proxy = options.proxy ?? nonEmpty(context.env['CPMFT_PROXY'])
  const listen = options.listen ?? nonEmpty(context.env['CPMFT_LISTEN'])
  for (const [name, uri] of [
    ['--as', as],
    ['--proxy', proxy],
    ['--listen', listen],
  ] as const)
    if (uri !== undefined && !/^sips?:/i.test(uri))
      throw new UsageError(`${name} is not a SIP address.`, `Write it like ${name} sip:alice@example.org`)
  if (proxy !== undefined && as === undefined) throw new UsageError('--proxy needs an account.', 'Add --as sip:you@example.org')
  return {
    as: as ?? ownAddress(listen, context),
    ...(proxy !== undefined && { proxy }),
    ...(listen !== undefined && { listen }),
    ...(options.passwordFile !== undefined && { passwordFile: options.passwordFile }),
  }
}

/** The part of `ClientOptions` that says who we are; asks for the password if there is an account. */
export async function clientAccount(
  context: CommandContext,
  options: AccountOptions,
  view: View,
  stop: StopSwitch,
): Promise<Pick<ClientOptions, 'aor' | 'proxy' | 'listen' | 'password'>> {
  const { as: aor, proxy, listen, passwordFile } = resolveAccount(context, options)
  const password =
    proxy === undefined && passwordFile === undefined
      ? undefined
      : await readPassword(context, { account: aor, ...(passwordFile !== undefined && { passwordFile }) }, view, stop)
  return {
    aor,
    ...(proxy !== undefined && { proxy }),
    ...(listen !== undefined && { listen }),
    ...(password !== undefined && { password }),
  }
}

/** Without an account the address we listen at is who we are, without its parameters; without that, the login name. */
function ownAddress(listen: string | undefined, { user, host }: Pick<CommandContext, 'user' | 'host'>): string {
  if (listen === undefined) return `sip:${user}@${host}`
  const address = listen.split(/[;?]/, 1)[0] as string
  const colon = address.indexOf(':')
  return address.includes('@') ? address : `${address.slice(0, colon + 1)}${user}@${address.slice(colon + 1)}`
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
