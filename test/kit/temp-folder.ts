import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of its own for one test; removed by `remove`. */
export class TempFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'cpmft-test-'))

  file(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name)
    writeFileSync(path, content)
    return path
  }

  join(name: string): string {
    return join(this.path, name)
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

export function sha1(path: string): string {
  return createHash('sha1').update(readFileSync(path)).digest('hex')
}
