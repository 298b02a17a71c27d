import { writeFile } from 'node:fs/promises'

/** What Windows asks about before it opens such a file: 3 is the zone of the internet. */
const ZONE = '[ZoneTransfer]\r\nZoneId=3\r\n'

/**
 * Sets the platform's mark of files that came from elsewhere (SEC-6): on Windows the stream `Zone.Identifier` of the file, which moves with it.
 * Linux and macOS keep theirs in extended attributes (`user.xdg.origin.url`, `com.apple.quarantine`), which Node cannot set: no mark there.
 * File systems without streams refuse; that is no reason to lose the file.
 */
export async function markDownloaded(path: string, platform: NodeJS.Platform = process.platform): Promise<void> {
  if (platform === 'win32') await writeFile(`${path}:Zone.Identifier`, ZONE).catch(() => {})
}
