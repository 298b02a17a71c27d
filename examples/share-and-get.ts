import { type Client, createClient } from 'cpmft'

/** Bob shares files with Alice alone; who is served is told as it happens. */
export async function share(
  bob: Client,
  files: readonly string[],
  alice: string,
  served: (name: string) => void,
): Promise<() => Promise<void>> {
  const shared = await bob.share(files, { with: [alice] })
  void (async () => {
    for await (const transfer of shared) served(transfer.files.map(file => file.name).join(', '))
  })()
  return () => shared.close()
}

/** Alice asks for a file by name; only the SHA-1 of the answer proves what came. */
export async function get(own: string, from: string, name: string, into: string): Promise<string> {
  await using alice = await createClient({ aor: own, listen: own })
  const report = await alice.get(from, { name }, { into }).done
  const [file] = report.files
  return file?.path ?? file?.error?.message ?? 'nothing came'
}
