import type { Page } from 'playwright-core'
import { NOW } from './scenes.js'
import type { Screen } from './screens.js'
import type { ScriptedServer } from './scripted-server.js'

export function addressOf(server: ScriptedServer, { path = '/' }: Screen): string {
  return path.includes('#') ? `${server.origin}${path}` : `${server.origin}${path}#token=${server.token}`
}

/** Opens a screen at its fixed time, and brings it to its state. */
export async function reach(page: Page, server: ScriptedServer, screen: Screen, width: number): Promise<void> {
  await page.clock.setFixedTime(NOW)
  await page.goto(addressOf(server, screen))
  await page.locator('h1').first().waitFor()
  await screen.act?.(page, server, width)
}
