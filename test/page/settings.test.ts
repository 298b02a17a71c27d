import type { Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import { closeBrowser, hasBrowser, Tab } from './browser.js'
import { errorView, fileView, pageState, transferView } from './scenes.js'
import { ScriptedServer } from './scripted-server.js'

afterAll(closeBrowser)

const scheme = (page: Page) => page.evaluate(() => document.documentElement.getAttribute('data-mantine-color-scheme'))

async function openSettings(page: Page) {
  await page.getByRole('button', { name: 'Settings' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await dialog.waitFor()
  return dialog
}

describe.skipIf(!hasBrowser)('the settings', () => {
  it('saves another folder, and keeps what was typed when that is refused', async () => {
    let isRefused = true
    await using server = await ScriptedServer.start({
      state: pageState(),
      answer: ({ method, path }) =>
        method === 'PUT' && path === '/api/settings' && isRefused
          ? { status: 400, body: { error: errorView('no-folder', 'That folder cannot be written.') } }
          : undefined,
    })
    await using tab = await Tab.open(server.url, { expected: /400/ })
    const dialog = await openSettings(tab.page)
    const folder = dialog.getByRole('textbox', { name: 'Folder for received files' })
    const save = dialog.getByRole('button', { name: 'Save' })
    expect(await folder.inputValue()).toBe('/srv/alice/Downloads')
    expect(await save.isDisabled()).toBe(true)
    await folder.fill(' /srv/alice/Other ')
    await save.click()
    await dialog.getByRole('alert').getByText('That folder cannot be written.').waitFor()
    expect((await server.command('PUT', '/api/settings')).body).toEqual({ into: '/srv/alice/Other' })
    expect(await folder.inputValue()).toBe(' /srv/alice/Other ')
    isRefused = false
    await save.click()
    await server.command('PUT', '/api/settings')
    await dialog.getByRole('alert').waitFor({ state: 'hidden' })
    await expect.poll(() => save.isDisabled()).toBe(true)
    expect(server.state.folder.path).toBe('/srv/alice/Other')
    expect(tab.problems).toEqual([])
  })

  it('follows the colours of the system, and remembers a choice over a reload', async () => {
    await using server = await ScriptedServer.start({ state: pageState() })
    await using tab = await Tab.open(server.url, { colorScheme: 'dark' })
    const { page } = tab
    await page.getByRole('heading', { level: 1 }).waitFor()
    const luminance = () =>
      page.evaluate(
        () =>
          (getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g) ?? [])
            .slice(0, 3)
            .reduce((sum, part) => sum + Number(part), 0) / 3,
      )
    expect(await scheme(page)).toBe('dark')
    await expect.poll(luminance).toBeLessThan(60)
    await page.emulateMedia({ colorScheme: 'light' })
    await expect.poll(() => scheme(page)).toBe('light')
    await expect.poll(luminance).toBeGreaterThan(200)
    const dialog = await openSettings(page)
    await dialog.getByRole('radiogroup', { name: 'Colours' }).getByText('Dark').click({ force: true })
    await expect.poll(() => scheme(page)).toBe('dark')
    await page.reload()
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect(await scheme(page)).toBe('dark')
    await expect.poll(luminance).toBeLessThan(60)
    expect(tab.problems).toEqual([])
  })

  it('is dark before its scripts have come, so that nothing flashes', async () => {
    await using server = await ScriptedServer.start({ state: pageState() })
    await using tab = await Tab.open(server.url, { colorScheme: 'dark' })
    const { page } = tab
    await page.getByRole('heading', { level: 1 }).waitFor()
    let letGo = (): void => undefined
    const held = new Promise<void>(resolve => {
      letGo = resolve
    })
    await page.route(/\/assets\/index-.*\.js$/, async route => {
      await held
      await route.continue()
    })
    await page.reload({ waitUntil: 'commit' })
    await page.locator('#root').waitFor({ state: 'attached' })
    // Nothing is drawn on the page yet: what is seen is the canvas of the browser, in the colours that the page says it has
    expect(await page.evaluate(() => document.getElementById('root')?.childElementCount)).toBe(0)
    expect(await page.evaluate(() => document.querySelector('meta[name=color-scheme]')?.getAttribute('content'))).toBe('light dark')
    const canvas = await page.evaluate(() => {
      const probe = document.body.appendChild(document.createElement('i'))
      probe.style.color = 'CanvasText'
      const { color } = getComputedStyle(probe)
      probe.remove()
      return color
    })
    expect(canvas).toBe('rgb(255, 255, 255)')
    letGo()
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect(tab.problems).toEqual([])
  })

  it('moves nothing for somebody who wants no movement', async () => {
    const running = transferView('T1', [fileView(0, 'plan.pdf', 1000, { bytes: 400 })])
    await using server = await ScriptedServer.start({ state: pageState({ transfers: [running] }) })
    /** Longest transition or animation of anything on the page, seconds. */
    const longest = (page: Page) =>
      page.evaluate(() => {
        const seconds = (list: string): number =>
          Math.max(...list.split(',').map(part => Number.parseFloat(part) * (part.trim().endsWith('ms') ? 0.001 : 1)))
        return Math.max(
          ...[...document.querySelectorAll('*')].flatMap(element =>
            [undefined, '::before', '::after'].flatMap(part => {
              const style = getComputedStyle(element, part)
              return [seconds(style.transitionDuration), seconds(style.animationDuration)]
            }),
          ),
        )
      })
    await using tab = await Tab.open(server.url, { reducedMotion: 'no-preference' })
    const { page } = tab
    await page.getByText('plan.pdf').waitFor()
    await openSettings(page)
    expect(await longest(page)).toBeGreaterThan(0.05)
    await page.emulateMedia({ reducedMotion: 'reduce' })
    expect(await longest(page)).toBeLessThan(0.001)
    expect(tab.problems).toEqual([])
  })
})
