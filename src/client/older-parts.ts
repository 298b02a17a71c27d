import type { Host } from './host.js'
import type { LiveFile } from './live-file.js'

/** Older partial files of one file that are looked for; more than one is rare (house). */
const OLDER_PARTS = 8

/**
 * What earlier attempts left of a file that transfer `id` has now received whole: the partial files go, and their records no longer offer to
 * go on (RCS-3). Only a file that is known by its hash is known to be the same. Never rejects.
 */
export async function dropOlderParts(host: Host, id: string, peer: string, file: LiveFile): Promise<void> {
  const { store } = host
  const { sha1, size } = file
  if (store === undefined || sha1 === undefined || size === undefined) return
  const hash = Uint8Array.from(sha1.split(':'), pair => Number.parseInt(pair, 16))
  try {
    for (let round = 0; round < OLDER_PARTS; round++) {
      const found = await store.findFile({ direction: 'received', want: 'part', sha1: hash, size, peer })
      const part = found?.file.part
      if (found === undefined || part === undefined || found.transfer.id === id) return
      await store.saveFile(found.transfer.id, { ...found.file, part: undefined })
      await deletePart(host, part)
    }
  } catch {
    // They go with their time
  }
}

/** A sink knows how to delete only what is a partial file of ours and not in use. */
async function deletePart(host: Host, path: string): Promise<void> {
  const end = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'))
  const into = path.slice(0, end <= 0 ? end + 1 : end)
  const options = { into, name: 'part', size: undefined, onConflict: 'rename', hash: false, part: { path, length: 0 } } as const
  const sink = await host.create(options).catch(() => undefined)
  await sink?.discard().catch(() => undefined)
}
