import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CpmftError } from '../client/index.js'

/** One file of the page, whole in memory: they are few and small. */
export interface AppFile {
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Its name has a hash of its content. */
  readonly immutable: boolean
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

const NONCE = '{{nonce}}'

/** The built page: `index.html`, and what it loads by exact names. */
export class AppFiles {
  private constructor(
    private readonly index: string,
    private readonly files: ReadonlyMap<string, AppFile>,
  ) {}

  /** Reads the built page from `folder`. @throws CpmftError `internal` when it is not there */
  static async read(folder: string = appFolder()): Promise<AppFiles> {
    const files = new Map<string, AppFile>()
    const index = await readFile(join(folder, 'index.html'), 'utf8').catch(() => undefined)
    if (index === undefined) throw new CpmftError('internal', 'The files of the page are missing.')
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      const name = `/${relative(folder, path).replaceAll('\\', '/')}`
      const type = TYPES[/\.[a-z0-9]+$/.exec(name)?.[0] ?? '']
      if (type === undefined || name === '/index.html') continue
      files.set(name, { type, bytes: new Uint8Array(await readFile(path)), immutable: /^\/assets\/.*-[\w-]{8}\.\w+$/.test(name) })
    }
    return new AppFiles(index, files)
  }

  /** The page with the nonce of this answer. */
  page(nonce: string): string {
    return this.index.replaceAll(NONCE, nonce)
  }

  /** By the path of the request, exactly as it came; undefined for everything else. */
  file(path: string): AppFile | undefined {
    return this.files.get(path)
  }
}

/** Beside what runs: `dist/web/app` from `dist/web` and from the bundle `dist/bin`; from the sources where the build puts it. */
function appFolder(): string {
  const places = ['./app/', '../web/app/', '../../dist/web/app/'].map(place => fileURLToPath(new URL(place, import.meta.url)))
  // the sources have an index.html as well, which no browser can load
  return places.find(place => existsSync(join(place, 'index.html')) && !existsSync(join(place, 'main.tsx'))) ?? (places[0] as string)
}
