import { createClient } from 'cpmft'

/** One to one: sends two files and prints what became of each. */
export async function send(from: string, to: string, files: string[], listen: string): Promise<string[]> {
  await using alice = await createClient({ aor: from, listen, releaseTimer: 0 })
  const transfer = alice.send(to, files)
  for await (const event of transfer) if (event.type === 'progress') console.log(event.file.name, event.bytes, '/', event.total)
  const report = await transfer.done // settles; a declined file is not an exception
  for (const file of report.files) console.log(file.name, file.state, file.error?.code ?? '')
  return report.files.map(file => file.state)
}
