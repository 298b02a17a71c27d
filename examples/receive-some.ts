import { type Client, createClient } from 'cpmft'

/** Takes the images of one offer and declines the rest. */
export async function receiveSome(listen: string, into: string, ready: (client: Client) => void): Promise<string[]> {
  await using bob = await createClient({ aor: listen, listen })
  ready(bob)
  for await (const offer of bob.offers()) {
    if (offer.totalSize > 2 ** 30) {
      await offer.decline('too large')
      continue
    }
    const images = offer.files.filter(file => file.type.startsWith('image/'))
    const report = await offer.accept(images, { into, onConflict: 'rename' }).done // the rest are declined
    console.log(offer.from.uri, report.ok ? 'saved' : 'incomplete')
    return report.files.map(file => file.path ?? '')
  }
  return []
}
