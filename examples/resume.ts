import { type Client, createClient } from 'cpmft'

/** Goes on with everything that stopped before its end, and tells how each transfer ended. */
export async function resumeAll(client: Client): Promise<Map<string, boolean>> {
  const ended = new Map<string, boolean>()
  for (const { id, files, peer } of await client.interrupted()) {
    console.log(`${id}: ${files.map(file => file.name).join(', ')} with ${peer}`)
    const transfer = await client.resume(id)
    for await (const event of transfer) if (event.type === 'warning') console.log(event.text)
    ended.set(id, (await transfer.done).ok)
  }
  return ended
}

/** What was remembered by an earlier run is in the store. */
export async function resumeAs(own: string, store: string): Promise<Map<string, boolean>> {
  await using client = await createClient({ aor: own, listen: own, store })
  return await resumeAll(client)
}
