import AxeSource from 'axe-core'
import { afterAll, describe, expect, it } from 'vitest'
import { closeBrowser, hasBrowser, Tab } from './browser.js'
import {
  BOB,
  CONTACTS,
  errorView,
  fileView,
  GROUPS,
  manyRows,
  offeredFile,
  offerView,
  pageState,
  recipientView,
  STRANGER,
  transferView,
} from './scenes.js'
import { ScriptedServer } from './scripted-server.js'

const AWAY = /^401 |Failed to load resource|net::ERR/
const people = { contacts: CONTACTS, groups: GROUPS, history: manyRows(5) }

afterAll(closeBrowser)

/** What axe finds serious on the page as it is. */
async function serious({ page }: Tab): Promise<readonly string[]> {
  await page.evaluate(AxeSource.source)
  return page.evaluate(async () => {
    const axe = (
      window as unknown as { axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> } }
    ).axe
    const { violations } = await axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
  })
}

describe.skipIf(!hasBrowser)('the shell of the page', () => {
  it('goes from place to place by keyboard, keeps the way back, and names the window', async () => {
    await using server = await ScriptedServer.start({ ...people, state: pageState() })
    await using tab = await Tab.open(server.url)
    const { page } = tab
    const main = page.getByRole('main')
    await page.getByRole('heading', { level: 1, name: 'Transfers' }).waitFor()
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content')
    await page.getByRole('link', { name: 'History' }).first().focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'History' }).waitFor()
    expect(await page.title()).toBe('History · cpmft')
    expect(await main.evaluate(element => element === document.activeElement)).toBe(true)
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Transfers' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Transfers' }).waitFor()
    expect(page.url()).not.toContain('token')
    expect(tab.problems).toEqual([])
  })

  it('says that the server is away and when it looks again, and goes on where it was', async () => {
    await using server = await ScriptedServer.start({ ...people, state: pageState() })
    await using tab = await Tab.open(server.url, { expected: AWAY })
    const { page } = tab
    await page.getByText('Online').first().waitFor()
    await server.goAway()
    await page.locator('strong', { hasText: 'cpmft does not answer.' }).waitFor()
    await page.getByText(/Trying again/).waitFor()
    await page.getByText('Not known').first().waitFor()
    await server.comeBack()
    server.change({ type: 'transfer', transfer: transferView('T1', [fileView(0, 'plan.pdf', 1000)]) })
    await page.getByRole('button', { name: 'Try now' }).click()
    await page.getByText('plan.pdf').waitFor()
    await page.locator('strong', { hasText: 'cpmft does not answer.' }).waitFor({ state: 'hidden' })
    expect(tab.problems).toEqual([])
  })

  it('asks for the new link when the server does not know its key, or when it has none', async () => {
    await using server = await ScriptedServer.start({ ...people, state: pageState() })
    await using stale = await Tab.open(`${server.origin}/#token=of-another-run`, { expected: AWAY })
    await stale.page.getByRole('heading', { name: 'Open the new link' }).waitFor()
    await using bare = await Tab.open(`${server.origin}/`)
    await bare.page.getByRole('heading', { name: 'Open the new link' }).waitFor()
    expect(await serious(bare)).toEqual([])
    expect([...stale.problems, ...bare.problems]).toEqual([])
  })

  it('speaks states through one region, and never percents', async () => {
    const running = transferView('T1', [fileView(0, 'plan.pdf', 1000)])
    await using server = await ScriptedServer.start({ ...people, state: pageState({ transfers: [running] }) })
    await using tab = await Tab.open(server.url)
    const { page } = tab
    await page.getByText('plan.pdf').waitFor()
    const region = page.locator('[aria-live=polite]')
    server.change({ type: 'progress', id: 'T1', files: [{ index: 0, bytes: 500, rate: 100, eta: 5 }] })
    await page.getByText('50 %').waitFor()
    await page.waitForTimeout(600)
    expect(await region.first().textContent()).toBe('')
    server.change({
      type: 'transfer',
      transfer: transferView('T1', [fileView(0, 'plan.pdf', 1000, { state: 'done' })], { phase: 'ended', ok: true }),
    })
    await expect.poll(() => region.first().textContent()).toBe('plan.pdf delivered to Bob Stone.')
  })

  it('asks once whether the system may tell of files, and tells only while nobody looks', async () => {
    await using server = await ScriptedServer.start({ ...people, state: pageState() })
    await using tab = await Tab.open(server.url)
    const { page } = tab
    await page.getByText('Online').first().waitFor()
    const stub = (permission: string) =>
      page.evaluate(granted => {
        const shown: string[] = []
        class Note extends EventTarget {
          static permission = granted
          static requestPermission = async (): Promise<string> => (Note.permission = 'granted')
          constructor(_title: string, options: { body: string }) {
            super()
            shown.push(options.body)
          }
        }
        Object.assign(window, { Notification: Note, shown })
      }, permission)
    const shown = () => page.evaluate(() => (window as unknown as { shown: string[] }).shown)
    const look = (isLookedAt: boolean) => page.evaluate(looked => void Object.assign(document, { hasFocus: () => looked }), isLookedAt)
    await stub('default')
    const offer = (id: string) => offerView(id, [offeredFile('a', 'x.txt', 5)], { expires: Date.now() + 60_000 })
    await look(false)
    server.change({ type: 'offer', offer: offer('O1') })
    await page.getByRole('dialog').waitFor()
    expect(await shown()).toEqual([])
    await page.waitForTimeout(700)
    await page.getByRole('button', { name: 'Accept' }).click()
    await page.getByRole('button', { name: 'Yes, notify me' }).click()
    server.change({ type: 'offer', offer: offer('O2') })
    await expect.poll(shown).toEqual(['Bob Stone wants to send you a file.'])
    await look(true)
    server.change({ type: 'offer', offer: offer('O3') })
    await page.getByText('1 of 2').waitFor()
    expect(await shown()).toHaveLength(1)
    expect(tab.problems).toEqual([])
  })

  it('has nothing that axe finds serious: light, dark, wide and narrow, with everything on it', async () => {
    const places = [0, 1].map(index => ({ index, state: 'sending', bytes: 10 }))
    const files = [
      fileView(0, 'a.zip', 100, { bytes: 10 }),
      fileView(1, 'b.zip', 100, { state: 'failed', error: errorView('timeout', 'No answer.', { hint: 'Again.' }) }),
    ]
    const transfers = [
      transferView('T1', files, {
        subject: 'Sprint',
        recipients: [recipientView(BOB.uri, 'sending', places), recipientView('sip:c@x.example', 'declined', places)],
      }),
      transferView('T2', [fileView(0, 'c.pdf', 10, { state: 'done', path: '/x/c.pdf' })], {
        phase: 'ended',
        ok: true,
        direction: 'received',
        peer: STRANGER,
      }),
    ]
    const tour = {
      steps: ['send', 'accept-some', 'decline', 'group', 'resume'].map(id => ({ id, state: 'open' as const })),
      note: 'Bob waits.',
    }
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [360, 'dark'],
    ] as const) {
      await using server = await ScriptedServer.start({ ...people, state: pageState({ transfers, tour }) })
      await using tab = await Tab.open(server.url, { width, colorScheme })
      const { page } = tab
      await page.getByText('Saved as /x/c.pdf').waitFor()
      expect(await serious(tab)).toEqual([])
      await page.getByTestId('file-field').setInputFiles([{ name: 'x.txt', mimeType: 'text/plain', buffer: Buffer.from('x') }])
      await page.getByRole('textbox', { name: 'To' }).fill('carol')
      expect(await serious(tab)).toEqual([])
      server.change({
        type: 'offer',
        offer: offerView('O1', [offeredFile('a', 'x.exe', 5, { risky: true }), offeredFile('b', 'y', 5, { unavailable: 'too large' })], {
          from: STRANGER,
        }),
      })
      await page.getByRole('dialog').waitFor()
      expect(await serious(tab)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
      expect(tab.problems).toEqual([])
    }
  })
})
