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
async function violations({ page }: Tab): Promise<string[]> {
  // evaluated by the debugger, which the content security policy lets through
  await page.evaluate(AXE)
  const results = await page.evaluate(() =>
    (globalThis as unknown as { readonly axe: { run(options: unknown): Promise<AxeResults> } }).axe.run({
      resultTypes: ['violations'],
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
      // Experimental: a row of the ladder is read as a sentence, which has its words in another order
      rules: { 'label-content-name-mismatch': { enabled: false } },
    }),
  )
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.slice(0, 4).map(node => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`))
}

const tabs = new Map<string, Tab>()

/** One tab for each look: every server has another address, so that nothing is left over. */
async function tabFor(colorScheme: 'light' | 'dark', width: number): Promise<Tab> {
  const key = `${colorScheme} ${width}`
  const tab = tabs.get(key) ?? (await Tab.open('about:blank', { width, height: 800, colorScheme }))
  tabs.set(key, tab)
  return tab
}

describe.skipIf(!hasBrowser)('every screen, light and dark, wide and narrow', () => {
  SCREENS.forEach((screen, at) => {
    // Each look has half of the screens, and each screen has either width and either scheme
    const looks =
      at % 2 === 0
        ? ([
            ['light', 1280],
            ['dark', 360],
          ] as const)
        : ([
            ['dark', 1280],
            ['light', 360],
          ] as const)
    for (const [colorScheme, width] of looks) {
      it(`${screen.name}, ${colorScheme}, ${width}: axe finds nothing serious, and nothing scrolls sideways`, async () => {
        await using server = await ScriptedServer.start(screen.scenario)
        const tab = await tabFor(colorScheme, width)
        await reach(tab.page, server, screen, width)
        expect(await violations(tab)).toEqual([])
        expect(await tab.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
      })
    }
  })
})
