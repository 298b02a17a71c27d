import { createClient, group } from 'cpmft'

/** To several at once: one transfer, told recipient by recipient. The proxy is a server that knows groups, such as `cpmft server`. */
export async function sendToGroup(from: string, proxy: string, to: string[], file: string): Promise<Record<string, string>> {
  await using alice = await createClient({ aor: from, proxy, releaseTimer: 0 })
  await alice.ready
  const team = group(to, { subject: 'Sprint 12' })
  const transfer = alice.send(team, file)
  for await (const event of transfer) if (event.type === 'recipient') console.log(event.uri, event.state, event.error?.hint ?? '')
  const { recipients = [], ok } = await transfer.done // ok: every recipient has every file
  if (!ok) console.log('Not with everybody yet.')
  return Object.fromEntries(recipients.map(({ uri, state }) => [uri, state]))
}
