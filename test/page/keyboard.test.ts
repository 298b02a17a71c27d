import { afterAll, describe, expect, it } from 'vitest'
import { closeBrowser, hasBrowser, Tab } from './browser.js'
import { CONTACTS, offeredFile, offerView, pageState } from './scenes.js'
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

  it('sends a file from the opening of the page on', async () => {
    await using server = await ScriptedServer.start({ contacts: CONTACTS, state: pageState() })
    await using tab = await Tab.open(server.url)
    const { page } = tab
    await page.getByRole('heading', { level: 1, name: 'Transfers' }).waitFor()
    const chooser = page.waitForEvent('filechooser')
    await tabTo(tab, 'Pick files')
    await page.keyboard.press('Enter')
    await (await chooser).setFiles([{ name: 'plan.txt', mimeType: 'text/plain', buffer: Buffer.from('the plan') }])
    // The next thing to say is to whom: nobody has to look for that field
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT')
    await page.keyboard.type('carol')
    await page.getByRole('option', { name: /Carol Winter/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: /Carol Winter.*Options/ }).waitFor()
    await tabTo(tab, 'Send 1 file (8 B)')
    await page.keyboard.press('Enter')
    expect((await server.command('POST', '/api/uploads')).body).toMatchObject({ name: 'plan.txt', size: 8 })
    expect((await server.command('POST', '/api/transfers')).body).toMatchObject({
      to: [{ uri: 'sip:carol@example.com' }],
      uploads: ['UP1'],
    })
    expect(tab.problems).toEqual([])
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
