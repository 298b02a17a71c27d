import { createRequire } from 'node:module'
import { readFile } from 'node:fs/promises'
import type { AxeResults } from 'axe-core'
import { afterAll, describe, expect, it } from 'vitest'
import { closeBrowser, hasBrowser, Tab } from './browser.js'
import { reach } from './reach.js'
import { SCREENS } from './screens.js'
import { ScriptedServer } from './scripted-server.js'

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

afterAll(closeBrowser)

/** What axe finds serious or critical, one line each. */
async function violations(tab: Tab): Promise<string[]> {
  // evaluated by the debugger, which the content security policy lets through
  await tab.page.evaluate(AXE)
  const results = await tab.page.evaluate(() =>
    (globalThis as unknown as { readonly axe: { run(options: unknown): Promise<AxeResults> } }).axe.run({
      resultTypes: ['violations'],
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
    }),
  )
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.slice(0, 4).map(node => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`))
}

describe.skipIf(!hasBrowser)('axe finds nothing serious', () => {
  for (const screen of SCREENS) {
    it(`${screen.name}: in light and dark, wide and narrow, without scrolling sideways`, async () => {
      for (const [colorScheme, width] of [
        ['light', 1280],
        ['dark', 360],
      ] as const) {
        await using server = await ScriptedServer.start(screen.scenario)
        await using tab = await Tab.open('about:blank', { width, height: 800, colorScheme, expected: /ERR_|Failed to load/ })
        await reach(tab.page, server, screen, width)
        expect(await violations(tab), `${colorScheme} ${width}`).toEqual([])
        // the other scheme has the same structure: only its colours are new
        await tab.page.evaluate(
          scheme => document.documentElement.setAttribute('data-mantine-color-scheme', scheme),
          colorScheme === 'light' ? 'dark' : 'light',
        )
        expect(await violations(tab), `${colorScheme} turned, ${width}`).toEqual([])
        expect(
          await tab.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
          'scrolls sideways',
        ).toBeLessThanOrEqual(0)
      }
    })
  }
})
