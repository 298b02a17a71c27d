import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { demoWorld, startWeb } from '../../src/web/index.js'
import { closeBrowser, hasBrowser, Tab } from './browser.js'

afterAll(closeBrowser)

describe.skipIf(!hasBrowser)('the demo in a browser', () => {
  it('plays its five steps at a real server: send, accept some, decline, group, break and resume', { timeout: 90_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cpmft-tour-'))
    const desktop = { open: async () => {}, reveal: async () => {}, freeSpace: async () => 1e12 }
    const world = await demoWorld(new AbortController().signal)
    const web = await startWeb({ version: '0', outbox: join(folder, 'outbox'), desktop, world })
    try {
      await using tab = await Tab.open(web.url, { height: 1000 })
      const { page } = tab
      const look = async (name: string): Promise<void> => {
        const shots = process.env['CPMFT_SHOTS']
        if (shots !== undefined) await page.screenshot({ path: join(shots, `tour-${name}.png`) })
      }
      const play = (title: string) => page.getByRole('button', { name: `Play: ${title}` }).click()
      const over = (title: string) =>
        page.getByRole('button', { name: `Play again: ${title}`, disabled: false }).waitFor({ timeout: 30_000 })
      await play('Send')
      await page.getByText('Delivered').or(page.getByText('Opened')).first().waitFor({ timeout: 20_000 })
      await look('send')
      await over('Send')

      await play('Accept some')
      const card = page.getByRole('dialog')
      await card.waitFor({ timeout: 20_000 })
      await look('offer')
      await card.getByRole('checkbox', { name: 'All files' }).uncheck()
      await card.getByRole('checkbox').nth(1).check()
      await page.waitForTimeout(700)
      await card.getByRole('button', { name: /Accept 1 of/ }).click()
      await over('Accept some')
      await page.getByText('Saved').first().waitFor()

      await play('Decline')
      await page.getByText('Declined').first().waitFor({ timeout: 20_000 })
      await over('Decline')
      await play('Group')
      await over('Group')
      await page.getByRole('table').first().waitFor()
      await look('group')
      await play('Break and resume')
      await page.getByRole('button', { name: 'Resume', exact: true }).first().click({ timeout: 30_000 })
      await over('Break and resume')
      await look('end')
      expect(await page.locator('[data-state=failed]').count()).toBe(0)
      expect(tab.problems).toEqual([])
    } finally {
      await web.close()
      await rm(folder, { recursive: true, force: true })
    }
  })
})
