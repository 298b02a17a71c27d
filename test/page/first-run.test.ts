import { afterAll, describe, expect, it } from 'vitest'
import type { AccountCheckView } from '../../src/web/protocol/index.js'
import { closeBrowser, hasBrowser, Tab } from './browser.js'
import { errorView, firstRun, pageState } from './scenes.js'
import { ScriptedServer } from './scripted-server.js'

afterAll(closeBrowser)

describe.skipIf(!hasBrowser)('the first run', () => {
  it('says at each field what is wrong with it, and begins when all is well', async () => {
    const works: AccountCheckView = { ok: true, fields: {}, text: 'Registered.' }
    const refused: AccountCheckView = {
      ok: false,
      fields: {
        password: errorView('auth-failed', 'The password was not accepted.', { status: 403, hint: 'Check the password.' }),
        proxy: errorView('unknown-host', 'The host name cannot be resolved.', { detail: 'proxy.exmaple.com' }),
      },
      text: 'The account does not work yet.',
    }
    await using server = await ScriptedServer.start({
      state: firstRun(),
      begun: pageState(),
      answer: ({ path, body }) =>
        path === '/api/account/check' ? { body: (body as { password?: string }).password === 'right' ? works : refused } : undefined,
    })
    await using tab = await Tab.open(server.url)
    const { page } = tab
    const field = (name: RegExp) => page.getByRole('textbox', { name })
    const told = (name: RegExp) => field(name).evaluate(input => document.getElementById(`${input.id}-error`)?.textContent ?? '')
    const [address, password, proxy] = [/^Address/, /^Password/, /^Server/] as const
    await field(address).fill('alice')
    await field(address).press('Tab')
    await expect.poll(() => told(address)).toBe('Someone and a domain are needed: bob@example.com.')
    expect(server.commands).toEqual([])
    await field(address).fill('alice@example.com')
    await field(password).fill('wrong')
    await field(password).blur()
    expect((await server.command('POST', '/api/account/check')).body).toEqual({ aor: 'sip:alice@example.com', password: 'wrong' })
    await expect.poll(() => told(password)).not.toBe('')
    await field(proxy).fill('proxy.exmaple.com')
    await field(proxy).blur()
    expect((await server.command('POST', '/api/account/check')).body).toEqual({
      aor: 'sip:alice@example.com',
      password: 'wrong',
      proxy: 'sip:proxy.exmaple.com',
    })
    await expect.poll(() => told(password)).toBe('The password was not accepted. 403.Check the password.')
    expect(await told(proxy)).toContain('proxy.exmaple.com')
    expect(await told(address)).toBe('')
    await field(proxy).fill('')
    // What was found of other words says nothing of these
    await expect.poll(() => told(password)).toBe('')
    await field(password).fill('right')
    await field(password).press('Enter')
    expect((await server.command('PUT', '/api/account')).body).toEqual({ aor: 'sip:alice@example.com', password: 'right' })
    await page.getByRole('heading', { level: 1, name: 'Transfers' }).waitFor()
    expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toContain('right')
    expect(tab.problems).toEqual([])
  })

  it('begins the demo at one button', async () => {
    await using server = await ScriptedServer.start({ state: firstRun(), begun: pageState() })
    await using tab = await Tab.open(server.url)
    await tab.page.getByRole('button', { name: 'Start the demo' }).click()
    await server.command('POST', '/api/demo')
    await tab.page.getByRole('heading', { level: 1, name: 'Transfers' }).waitFor()
    expect(tab.problems).toEqual([])
  })
})
