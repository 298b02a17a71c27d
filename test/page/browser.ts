import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

/** The browser of the system: `CPMFT_CHROMIUM`, `/usr/bin/chromium`, or one of these names on the PATH. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome']
const program = [
  process.env['CPMFT_CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  ...(process.env['PATH'] ?? '').split(delimiter).flatMap(folder => NAMES.map(name => join(folder, name))),
].find(path => path !== '' && existsSync(path))

/** `describe.skipIf(!hasBrowser)`: says why once. */
export const hasBrowser = ((): boolean => {
  if (program === undefined) process.stderr.write('skipped: chromium is not installed (Debian package chromium; .ci/run installs it)\n')
  return program !== undefined
})()

/** How long something may take to appear, milliseconds: less than a test, so that it says what did not. */
const PATIENCE = 10_000

let browser: Promise<Browser> | undefined

/** One browser for all tests of a file; `closeBrowser` in `afterAll`. */
export function theBrowser(): Promise<Browser> {
  browser ??= chromium.launch({
    executablePath: program as string,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  })
  return browser
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close()
  browser = undefined
}

export interface OpenOptions {
  readonly width?: number
  readonly height?: number
  readonly colorScheme?: 'light' | 'dark'
  /** Default: reduced, so that tests need not wait for movements. */
  readonly reducedMotion?: 'reduce' | 'no-preference'
  /** Words in the console that are expected (a server that goes away writes some). */
  readonly expected?: RegExp
}

/** A tab, and what went wrong in it: errors of scripts, of the content security policy, requests that left for elsewhere. */
export class Tab implements AsyncDisposable {
  readonly problems: string[] = []

  private constructor(
    readonly page: Page,
    readonly context: BrowserContext,
  ) {}

  /**
   * Opens an address with its token in a browser profile of its own.
   * ```
   * await using tab = await Tab.open(kit.web.url)
   * await tab.page.getByRole('button', { name: 'Accept' }).click()
   * expect(tab.problems).toEqual([])
   * ```
   */
  static async open(url: string, options: OpenOptions = {}): Promise<Tab> {
    const { width = 1280, height = 800, colorScheme = 'light', reducedMotion = 'reduce' } = options
    const context = await (await theBrowser()).newContext({
      viewport: { width, height },
      colorScheme,
      reducedMotion,
      acceptDownloads: true,
    })
    context.setDefaultTimeout(PATIENCE)
    const tab = new Tab(await context.newPage(), context)
    tab.#watch(tab.page, new URL(url).origin, options.expected)
    await tab.page.goto(url)
    return tab
  }

  /** One more tab of the same browser profile, at the same server. */
  async another(url: string): Promise<Page> {
    const page = await this.context.newPage()
    this.#watch(page, new URL(url).origin, undefined)
    await page.goto(url)
    return page
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close()
  }

  #watch(page: Page, origin: string, expected: RegExp | undefined): void {
    const tell = (what: string): void => {
      if (expected?.test(what) !== true) this.problems.push(what)
    }
    page.on('pageerror', error => tell(`error: ${error.message}`))
    page.on('console', message => {
      if (message.type() === 'error') tell(`console: ${message.text()}`)
    })
    page.on('response', response => {
      if (response.status() >= 400) tell(`${response.status()} ${response.url()}`)
    })
    page.on('request', request => {
      const url = new URL(request.url())
      if (url.origin !== origin && !['data:', 'blob:', 'about:'].includes(url.protocol)) tell(`request to ${url.origin}`)
    })
  }
}

/** Files as a drop on `selector`, which chromium lets no test do by the mouse. */
export async function dropFiles(
  page: Page,
  selector: string,
  files: readonly { readonly name: string; readonly type?: string; readonly text: string }[],
) {
  const transfer = await page.evaluateHandle(list => {
    const data = new DataTransfer()
    for (const { name, type, text } of list) data.items.add(new File([text], name, { type: type ?? 'text/plain' }))
    return data
  }, files)
  for (const event of ['dragenter', 'dragover', 'drop']) await page.dispatchEvent(selector, event, { dataTransfer: transfer })
  await transfer.dispose()
}
