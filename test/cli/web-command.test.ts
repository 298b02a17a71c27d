import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CpmftError } from '../../src/client/errors.js'
import type { WebOptions } from '../../src/web/index.js'
import { freePort } from '../kit/command-line.js'
import { ServerWorld } from '../kit/server-world.js'
import { TempFolder } from '../kit/temp-folder.js'
import { createClient } from '../../src/node/index.js'
import { CommandLine, TERMINAL } from './command-line.js'

let folder: TempFolder
beforeEach(() => {
  folder = new TempFolder()
})
afterEach(() => folder.remove())

/** A command line whose page is played; `stop` is Ctrl-C. */
function webLine(terminal = false, createsClients = false) {
  const pages: WebOptions[] = []
  let closed = 0
  const env = { XDG_STATE_HOME: folder.join('state'), XDG_CONFIG_HOME: folder.join('config'), DISPLAY: ':0' }
  const line = new CommandLine(
    {},
    {
      env,
      ...(terminal && { isTerminal: TERMINAL.isTerminal }),
      ...(createsClients && { createClient }),
      startWeb: async options => {
        pages.push(options)
        mkdirSync(options.outbox, { recursive: true })
        const close = async () => {
          closed++
          await options.world?.close()
        }
        return { url: `http://127.0.0.1:1/#token=${options.token}`, close, [Symbol.asyncDispose]: close }
      },
    },
  )
  const run = (...args: string[]) => line.run('web', ...args)
  /** Runs until the page is there, does `work`, and stops. */
  const during = async (args: readonly string[], work: (page: WebOptions) => unknown = () => {}) => {
    const exit = run(...args)
    await expect.poll(() => pages.length).toBeGreaterThan(0)
    await work(pages.at(-1) as WebOptions)
    await new Promise(resolve => setTimeout(resolve, 20))
    line.signals.emit('SIGINT')
    return exit
  }
  return { line, pages, run, during, closed: () => closed }
}

describe('cpmft web', () => {
  it('prints the address alone on stdout, serves until Ctrl-C, and closes the client', async () => {
    const { line, during, closed } = webLine()
    const args = ['--listen', 'sip:alice@127.0.0.1:5099', '--into', folder.path, '--no-store', '--port', '8123']
    const exit = await during(args, page => {
      expect(page).toMatchObject({ port: 8123, version: '1.2.3', world: { into: folder.path, profile: 'open' } })
      expect(page.firstRun).toBeUndefined()
    })
    expect(exit).toBe(0)
    expect(line.stdout.text).toMatch(/^http:\/\/127\.0\.0\.1:1\/#token=[\w-]{43}\n$/)
    expect(closed()).toBe(1)
    expect(line.client?.closed).toBe(1)
    expect(line.opened).toEqual([])
  })

  it('keeps its token for the owner only, so that an open page finds it again', async () => {
    const first = webLine()
    await first.during([])
    const second = webLine()
    await second.during([])
    expect(first.pages[0]?.token).toMatch(/^[\w-]{43}$/)
    expect(second.pages[0]?.token).toBe(first.pages[0]?.token)
    expect(statSync(folder.join('state/cpmft/web.json')).mode & 0o777).toBe(0o600)
  })

  it('opens the browser at a terminal with a file of ours, since arguments are for all to see', async () => {
    const { line, during } = webLine(true)
    let seen = ''
    await during([], async page => {
      await expect.poll(() => line.opened.length).toBe(1)
      expect(line.opened[0]).toMatch(/^file:\/\/.*open-page\.html$/)
      expect(line.opened[0]).not.toContain(page.token)
      const door = folder.join('state/cpmft/open-page.html')
      expect(statSync(door).mode & 0o777).toBe(0o600)
      seen = readFileSync(door, 'utf8')
    })
    expect(seen).toMatch(/http-equiv="refresh" content="0; url=http:\/\/127\.0\.0\.1:1\/#token=[\w-]{43}"/)
    expect(() => statSync(folder.join('state/cpmft/open-page.html'))).toThrow()
    const quiet = webLine(true)
    await quiet.during(['--no-open'])
    expect(quiet.line.opened).toEqual([])
  })

  it('remembers the folder that was chosen in the page, unless --into names another', async () => {
    const listen = ['--listen', 'sip:alice@127.0.0.1:5099', '--no-store']
    const chosen = folder.join('chosen')
    mkdirSync(chosen)
    await webLine().during([...listen, '--into', folder.path], page => page.world?.rememberFolder?.(chosen))
    await webLine().during(listen, page => expect(page.world?.into).toBe(chosen))
    await webLine().during([...listen, '--into', folder.path], page => expect(page.world?.into).toBe(folder.path))
    const { run } = webLine()
    expect(await run(...listen, '--into', folder.join('missing'))).toBe(9)
    expect(await run('--port', '70000')).toBe(2)
  })

  it('ends the client when the page cannot be served', async () => {
    const line = new CommandLine(
      {},
      { env: { XDG_STATE_HOME: folder.path }, startWeb: () => Promise.reject(new CpmftError('address-in-use')) },
    )
    expect(await line.run('web', '--listen', 'sip:alice@127.0.0.1:5099', '--no-store', '--into', folder.path)).toBe(2)
    expect(line.client?.closed).toBe(1)
  })

  it('examines for the page with the client that runs', async () => {
    const { during } = webLine()
    await during(['--listen', 'sip:alice@127.0.0.1:5099', '--no-store', '--into', folder.path], async page => {
      const found = []
      for await (const finding of page.world?.doctor?.(undefined, new AbortController().signal) ?? []) found.push(finding)
      expect(found.map(({ check }) => check)).toEqual(['config', 'folder', 'store', 'media'])
    })
  })
})

describe('cpmft demo', () => {
  it('opens the page on the demo at a terminal, and plays by itself elsewhere', async () => {
    const { line, pages } = webLine(true)
    const exit = line.run('demo', '--no-open')
    await expect.poll(() => pages.length, { timeout: 8000 }).toBe(1)
    const [page] = pages
    expect(page?.world?.tour?.view().steps.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'send open',
      'accept-some open',
      'decline open',
      'group open',
      'resume open',
    ])
    expect((await page?.world?.client.store?.contacts())?.map(({ name }) => name)).toEqual(['Bob', 'Carol', 'Dan'])
    line.signals.emit('SIGINT')
    expect(await exit).toBe(0)
    expect(line.stdout.text).toMatch(/^http:\/\/127\.0\.0\.1:1\/#token=.*\n$/)
    for (const args of [['--headless'], ['--trace', folder.join('t.jsonl')], ['--json']]) await line.run('demo', ...args)
    expect(pages).toHaveLength(1)
    expect(await new CommandLine().run('demo', '--headless')).toBe(0)
  })
})

describe('the first run of the page', () => {
  const check = async (page: WebOptions, account: { aor: string; proxy?: string; password?: string }) =>
    page.firstRun?.check(account, new AbortController().signal)

  it('checks an account by field, keeps it with its password, and begins', async () => {
    await using server = await ServerWorld.start({ openRegistration: false, domains: ['example.test'] })
    await server.addUser('alice')
    const proxy = server.proxy()
    const free = await freePort()
    const { during } = webLine(false, true)
    await during(['--into', folder.path], async page => {
      expect(page.world).toBeUndefined()
      const good = { aor: server.aor('alice'), proxy, password: 'alice-secret' }
      expect(await check(page, { ...good, aor: 'alice' })).toMatchObject({ ok: false, fields: { aor: { code: 'bad-address' } } })
      expect(await check(page, { ...good, proxy: 'http://x' })).toMatchObject({ ok: false, fields: { proxy: { code: 'bad-address' } } })
      expect(await check(page, { ...good, proxy: 'sip:nothing.invalid' })).toMatchObject({ fields: { proxy: { code: 'unknown-host' } } })
      expect(await check(page, { ...good, proxy: `sip:127.0.0.1:${free};transport=tcp` })).toMatchObject({
        ok: false,
        fields: { proxy: { code: expect.any(String) } },
      })
      expect(await check(page, { ...good, password: 'wrong' })).toMatchObject({ ok: false, fields: { password: { code: 'auth-failed' } } })
      expect(await check(page, good)).toEqual({ ok: true, fields: {}, text: expect.stringContaining('the account works') })
      const world = await page.firstRun?.begin({ ...good, displayName: 'Alice Reed' })
      await world?.client.ready
      expect(world).toMatchObject({ proxy, displayName: 'Alice Reed', into: folder.path })
      await world?.close()
    })
    const config = readFileSync(folder.join('config/cpmft/config.toml'), 'utf8')
    expect(config).toContain('[account.example-test]')
    expect(config).not.toContain('alice-secret')
    const password = folder.join('config/cpmft/example-test.password')
    expect(readFileSync(password, 'utf8')).toBe('alice-secret\n')
    expect(statSync(password).mode & 0o777).toBe(0o600)
    // from now on there is an account
    await webLine().during(['--no-store', '--into', folder.path], page => expect(page.world?.proxy).toBe(proxy))
  }, 30_000)
})
