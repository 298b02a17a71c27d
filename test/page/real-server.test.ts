import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Client } from '../../src/client/index.js'
import { PageKit, takeAll } from '../kit/page-kit.js'
import { closeBrowser, dropFiles, hasBrowser, Tab } from './browser.js'

afterAll(closeBrowser)

/** Fills the composer of a page with one file and one address, and sends. */
async function sendFile(tab: Tab, to: string, file: { readonly name: string; readonly buffer: Buffer }): Promise<void> {
  const { page } = tab
  await page.getByTestId('file-field').setInputFiles({ ...file, mimeType: 'application/octet-stream' })
  const field = page.getByRole('textbox', { name: 'To' })
  await field.fill(to)
  await field.press('Enter')
  await page.getByRole('button', { name: /^Send 1 file/ }).click()
}

/** A client that accepts after a while, so that there is something to see. */
async function takeSlowly(client: Client, wait: Promise<unknown>): Promise<void> {
  for await (const offer of client.offers()) {
    await wait
    offer.accept()
  }
}

describe.skipIf(!hasBrowser)('the page of a real client', () => {
  it('opens by its address, takes the token out of it, and breaks no rule of its own', async () => {
    await using kit = await PageKit.start()
    await using tab = await Tab.open(kit.web.url)
    await tab.page.getByRole('button', { name: 'Pick files' }).waitFor()
    expect(tab.page.url()).not.toContain(kit.token)
    expect(tab.problems).toEqual([])
  })

  it('sends an upload and a drop to another client', async () => {
    await using kit = await PageKit.start()
    const bob = await kit.client('bob')
    void takeAll(bob)
    await using tab = await Tab.open(kit.web.url)
    await sendFile(tab, bob.contact, { name: 'plan.pdf', buffer: Buffer.from('%PDF') })
    await tab.page.getByText('Delivered').first().waitFor()
    expect(await readFile(join(kit.inbox('bob'), 'plan.pdf'), 'utf8')).toBe('%PDF')
    await dropFiles(tab.page, 'body', [{ name: 'dropped.txt', text: 'by drop' }])
    const field = tab.page.getByRole('textbox', { name: 'To' })
    await field.fill(bob.contact)
    await field.press('Enter')
    await tab.page.getByRole('button', { name: /^Send 1 file/ }).click()
    await expect.poll(() => readdir(kit.inbox('bob')), { timeout: 8000 }).toEqual(['dropped.txt', 'plan.pdf'])
    expect(tab.problems).toEqual([])
  })

  it('accepts some of what is offered', async () => {
    await using kit = await PageKit.start()
    const bob = await kit.client('bob')
    await using tab = await Tab.open(kit.web.url)
    await tab.page.getByRole('button', { name: 'Pick files' }).waitFor()
    const files = [await kit.file('<img src=x onerror=alert(1)>', 'markup'), await kit.file('wanted.txt', 'wanted')]
    const transfer = bob.send(kit.alice.contact, files)
    const card = tab.page.getByRole('dialog')
    await card.waitFor()
    await card.getByRole('checkbox', { name: /onerror/ }).uncheck()
    // A card takes no answer in its first moments: a click that was meant for something else
    await tab.page.waitForTimeout(1000)
    await card.getByRole('button', { name: 'Accept 1 of 2' }).click()
    const { files: ended } = await transfer.done
    expect(ended.map(({ state }) => state)).toEqual(['declined', 'done'])
    await tab.page.getByText('Saved').first().waitFor()
    expect(await readdir(kit.inbox('alice'))).toEqual(['wanted.txt'])
    expect(tab.problems).toEqual([])
  })

  it('goes on after a reload in mid transfer, in two pages at once', async () => {
    await using kit = await PageKit.start()
    const bob = await kit.client('bob')
    let accept = (): void => {}
    void takeSlowly(bob, new Promise<void>(resolve => (accept = resolve)))
    await using tab = await Tab.open(kit.web.url)
    await using other = await Tab.open(kit.web.url)
    await sendFile(tab, bob.contact, { name: 'large.bin', buffer: Buffer.alloc(20_000_000) })
    for (const { page } of [tab, other]) await page.getByText('Waiting for an answer').first().waitFor()
    await tab.page.reload()
    await tab.page.getByText('Waiting for an answer').first().waitFor()
    accept()
    for (const { page } of [tab, other]) await page.getByText('Delivered').first().waitFor()
    expect([...tab.problems, ...other.problems]).toEqual([])
  })

  it('comes back when its server was away', async () => {
    await using kit = await PageKit.start()
    await using tab = await Tab.open(kit.web.url, { expected: /Failed to load resource|ERR_|503/ })
    await tab.page.getByRole('button', { name: 'Pick files' }).waitFor()
    const { port } = new URL(kit.origin)
    const { token } = kit
    await kit.web.close()
    await tab.page.getByText('cpmft was stopped.').first().waitFor()
    await kit.serve({ port: Number(port), token, world: await kit.world() })
    await tab.page.getByText('cpmft was stopped.').first().waitFor({ state: 'detached', timeout: 15_000 })
    const bob = await kit.client('bob')
    void takeAll(bob)
    await sendFile(tab, bob.contact, { name: 'after.txt', buffer: Buffer.from('after') })
    await expect.poll(() => readdir(kit.inbox('bob')), { timeout: 8000 }).toEqual(['after.txt'])
  })

  it('says what to do when its key is of another run', async () => {
    await using kit = await PageKit.start()
    await using tab = await Tab.open(`${kit.origin}/#token=${'x'.repeat(43)}`, { expected: /401/ })
    await tab.page.getByText('Open the new link').waitFor()
    expect(tab.problems).toEqual([])
  })

  it('runs no script that another page of this machine brings, and lets nobody frame it', async () => {
    await using kit = await PageKit.start()
    await using other = await PageKit.start()
    await using tab = await Tab.open(other.web.url, { expected: /./ })
    const answers = await tab.page.evaluate(
      async ({ origin, token }) => {
        const tries = [
          fetch(`${origin}/api/state`, { headers: { authorization: `Bearer ${token}` } }),
          fetch(`${origin}/api/demo`, { method: 'POST', mode: 'no-cors' }),
        ]
        return (await Promise.allSettled(tries)).map(({ status }) => status)
      },
      { origin: kit.origin, token: kit.token },
    )
    expect(answers).toEqual(['rejected', 'rejected'])
  })
})
