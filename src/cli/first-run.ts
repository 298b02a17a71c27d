import type { FirstRun } from '../web/index.js'
import type { AccountCheckView, AccountCommand } from '../web/protocol/index.js'
import { loadSettings } from './account-options.js'
import { accountWorld } from './account-world.js'
import { checkAccount } from './check-account.js'
import { accountName, keepPassword } from './keep-account.js'
import type { PageSettings } from './page-settings.js'
import type { CommandScope } from './run-command.js'
import type { WebCommandOptions } from './web-command.js'

/** The page without an account: checks and keeps one as `cpmft account add` does, or shows the demo. */
export function firstRun(scope: CommandScope, options: WebCommandOptions, kept: PageSettings): FirstRun {
  const { context, globals } = scope
  const place = { env: context.env, home: context.home, ...(globals.config !== undefined && { file: globals.config }) }
  return {
    check: (account: AccountCommand, signal: AbortSignal): Promise<AccountCheckView> => checkAccount(scope, account, signal),
    begin: async account => {
      const { setAccount, listAccounts } = await import('../node/index.js')
      const { aor, displayName, password } = account
      const name = accountName(aor)
      const proxy = account.proxy ?? `sip:${aor.slice(aor.indexOf('@') + 1)}`
      const path = password === undefined || password === '' ? undefined : await keepPassword(name, password, place)
      const settings = {
        aor,
        proxy,
        ...(displayName !== undefined && displayName !== '' && { displayName }),
        ...(path !== undefined && { passwordFile: path }),
      }
      await setAccount(name, settings, place)
      const isOnly = (await listAccounts(place)).length === 1
      const chosen = { ...scope, globals: { ...globals, ...(isOnly ? {} : { account: name }) } }
      return accountWorld(chosen, await loadSettings(chosen, options), kept, { into: options.into, asksNothing: true })
    },
    demo: async () => {
      const { demoWorld } = await import('../web/index.js')
      return demoWorld(scope.stop.signal)
    },
  }
}
