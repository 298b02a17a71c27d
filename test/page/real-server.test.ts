import { afterAll, describe, expect, it } from 'vitest'
import { PageKit, takeAll } from '../kit/page-kit.js'
import { closeBrowser, hasBrowser, Tab } from './browser.js'

afterAll(closeBrowser)

describe.skipIf(!hasBrowser)('the page of a real client', () => {
  it('opens by its address, takes the token out of it, and breaks no rule of its own', async () => {
    await using kit = await PageKit.start()
    const bob = await kit.client('bob')
    void takeAll(bob)
    await using tab = await Tab.open(kit.web.url)
    await tab.page.getByText('Transfers').first().waitFor()
    expect(tab.page.url()).not.toContain(kit.token)
    expect(tab.problems).toEqual([])
  })
})
