import { afterAll, describe, expect, it } from 'vitest'
import { closeBrowser, hasBrowser, Tab } from './browser.js'
import { offeredFile, offerView, pageState } from './scenes.js'
import { ScriptedServer } from './scripted-server.js'

afterAll(closeBrowser)

/** Goes on with Tab until what has the focus has this name. */
async function tabTo(tab: Tab, name: string): Promise<void> {
  for (let step = 0; step < 40; step++) {
    await tab.page.keyboard.press('Tab')
    const found = await tab.page.evaluate(
      () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
    )
    if (found.trim() === name) return
  }
  throw new Error(`${name} cannot be reached`)
}

describe.skipIf(!hasBrowser)('by keyboard alone', () => {
  it('accepts an offer with Enter', async () => {
    const offer = offerView('OF1', [offeredFile('f1', 'plan.pdf', 1_000)])
    await using server = await ScriptedServer.start({ state: pageState({ offers: [offer] }) })
    await using tab = await Tab.open(server.url)
    await tab.page.getByRole('dialog').waitFor()
    // a card takes no Enter that was meant for what stood there before
    await tab.page.waitForTimeout(1_200)
    await tab.page.keyboard.press('Enter')
    expect((await server.command('POST', '/api/offers/OF1')).body).toMatchObject({ answer: 'accept', files: ['f1'] })
  })

  it('walks the places', async () => {
    await using server = await ScriptedServer.start({ state: pageState() })
    await using tab = await Tab.open(server.url)
    await tab.page.getByRole('heading', { level: 1 }).waitFor()
    for (const place of ['People', 'History', 'Wire']) {
      await tab.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
      await tabTo(tab, place)
      await tab.page.keyboard.press('Enter')
      await tab.page.getByRole('heading', { level: 1, name: place }).waitFor()
    }
  })
})
