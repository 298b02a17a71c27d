import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'

/** A token as `newToken` makes it. */
const TOKEN_FORM = /^[\w-]{43}$/

/** What the page remembers between runs, in `web.json` of the state folder, for the owner only. */
interface Kept {
  /** So that a page that is open finds its server again after a restart at the same port. */
  readonly token?: string
  /** Folder for received files, as chosen in the page. */
  readonly into?: string
}

/** Token and folder of the page. */
export class PageSettings {
  /** @param folder state folder of this user */
  constructor(private readonly folder: string) {}

  /** The token of earlier runs, or a new one that is kept from now on. */
  async token(make: () => string): Promise<string> {
    const { token } = await this.#read()
    if (token !== undefined && TOKEN_FORM.test(token)) return token
    const fresh = make()
    await this.#write({ token: fresh })
    return fresh
  }

  /** The folder chosen in the page, while it is there. */
  async folderForFiles(): Promise<string | undefined> {
    const { into } = await this.#read()
    if (into === undefined || !isAbsolute(into)) return undefined
    return (await stat(into).catch(() => undefined))?.isDirectory() === true ? into : undefined
  }

  async rememberFolder(into: string): Promise<void> {
    await this.#write({ into })
  }

  async #read(): Promise<Kept> {
    try {
      const kept: unknown = JSON.parse(await readFile(this.#path, 'utf8'))
      const { token, into } = kept as Record<string, unknown>
      return { ...(typeof token === 'string' && { token }), ...(typeof into === 'string' && { into }) }
    } catch {
      return {}
    }
  }

  /** At once, so that whoever reads it sees the old text or the new one. */
  async #write(change: Kept): Promise<void> {
    const text = `${JSON.stringify({ ...(await this.#read()), ...change })}\n`
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    const temporary = `${this.#path}.${randomBytes(4).toString('hex')}`
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' })
    await rename(temporary, this.#path)
  }

  get #path(): string {
    return join(this.folder, 'web.json')
  }
}
