import { afterAll, describe, expect, it } from 'vitest'
import { closeBrowser, hasBrowser, Tab } from './browser.js'
import { historyFile, historyRow, manyRows, pageState } from './scenes.js'
import { ScriptedServer } from './scripted-server.js'

afterAll(closeBrowser)

describe.skipIf(!hasBrowser)('history', () => {
  it('draws a few of ten thousand transfers, and reads on as it is scrolled', async () => {
    await using server = await ScriptedServer.start({ state: pageState(), history: manyRows(10_000) })
    await using tab = await Tab.open(`${server.origin}/history#token=${server.token}`)
    await tab.page.getByRole('article').first().waitFor()
    await tab.page.mouse.move(700, 500)
    await expect
      .poll(
        async () => {
          await tab.page.mouse.wheel(0, 20_000)
          return server.commands.filter(({ query }) => query['before'] !== undefined).length
        },
        { timeout: 8_000 },
      )
      .toBeGreaterThan(2)
    expect(await tab.page.getByRole('article').count()).toBeLessThan(40)
  })

  it('deletes after a question only', async () => {
    const history = [historyRow('A1', [historyFile(0, 'plan.pdf', 1_000)])]
    await using server = await ScriptedServer.start({ state: pageState(), history })
    await using tab = await Tab.open(`${server.origin}/history#token=${server.token}`)
    await tab.page.getByRole('button', { name: 'More: To Bob Stone' }).click()
    await tab.page.getByRole('menuitem', { name: 'Delete from the list' }).click()
    expect(server.commands.some(({ method }) => method === 'DELETE')).toBe(false)
    await tab.page.getByRole('dialog').getByRole('button', { name: 'Delete from the list' }).click()
    await server.command('DELETE', '/api/history/A1')
    await tab.page.getByText('Nothing yet').waitFor()
  })
})
