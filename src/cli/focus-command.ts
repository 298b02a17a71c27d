import type { CommandScope } from './run-command.js'
import { commonOptions, type ServiceFlags, serverSettings } from './server-settings.js'
import { started, stopped } from './service-life.js'
import { UsageError } from './usage-error.js'

/** `cpmft focus`: runs until it is stopped. 0 after a good end; 2 when it cannot start. */
export async function focusCommand(scope: CommandScope, flags: ServiceFlags): Promise<number> {
  const { stop, view } = scope
  const values = await serverSettings(scope, flags)
  const [listen, ...more] = values.listen ?? []
  const [domain] = values.domain ?? []
  const { proxy } = values
  if (listen === undefined || more.length > 0) throw new UsageError('A focus listens at one address.', 'Give it: --listen sip:HOST:PORT')
  if (domain === undefined) throw new UsageError('A focus needs to know its domain.', 'Give it: --domain example.org')
  if (proxy === undefined)
    throw new UsageError('A focus runs behind a proxy.', "Name it: --proxy 'sip:HOST;transport=tcp;lr'. cpmft server needs none.")
  const { startFocus } = await import('../server/index.js')
  const handle = await started(
    startFocus({ ...(await commonOptions(scope, values)), listen, domain, proxy }),
    'See that the address is free and of this machine, and that the database can be used.',
  )
  try {
    const { uri, factory, metrics } = handle
    const words = [
      `Focus of ${domain} at ${uri}, behind ${proxy}. Ctrl-C to stop.`,
      ...(metrics === undefined ? [] : [`Metrics at ${metrics}/metrics, health at ${metrics}/healthz.`]),
      `The proxy must send it, with P-Asserted-Identity, what is for ${factory}, for sip:ft-…@${domain} and for groups.`,
    ]
    view.tell('listening', { domain, uri, factory, metrics, proxy }, words.join('\n'))
    await stopped(stop.signal)
    view.note('Waiting for running transfers; once more to leave now.')
    await handle.drain(stop.reason === 'SIGTERM' ? (values['drain-limit'] ?? 300) * 1000 : 5000)
  } finally {
    await handle.close()
  }
  return 0
}
