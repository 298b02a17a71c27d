import { afterAll, describe, expect, it } from 'vitest'
import { closeBrowser, hasBrowser, Tab } from './browser.js'
import { CAROL, CONTACTS, errorView, offeredFile, offerView, pageState, party, STRANGER } from './scenes.js'
import { ScriptedServer } from './scripted-server.js'

/** One pixel. */
const PIXEL = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'
/** Longer than a card needs before it takes Enter. */
const SETTLED = 800
const soon = (more: object = {}) => ({ expires: Date.now() + 60_000, ...more })
const files = [
  offeredFile('a', 'plan.pdf', 1_300_000),
  offeredFile('b', 'photos.zip', 40_000_000, { resumesAt: 10_000_000 }),
  offeredFile('c', 'film.mkv', 9, { unavailable: 'too large' }),
]

afterAll(closeBrowser)

describe.skipIf(!hasBrowser)('the accept card', () => {
  it('shows who, what, how large and where to, and accepts the ticked files', async () => {
    const icon = { type: 'image/gif' as const, base64: PIXEL }
    const offer = offerView(
      'O1',
      [...files.slice(0, 2), { ...offeredFile('d', '<b>x</b>.exe', 5), risky: true, icon }, files[2] as (typeof files)[0]],
      soon({ from: CAROL, subject: 'For Monday' }),
    )
    await using server = await ScriptedServer.start({ contacts: CONTACTS, state: pageState({ offers: [offer] }) })
    await using tab = await Tab.open(server.url)
    const { page } = tab
    const card = page.getByRole('dialog')
    for (const text of [
      'Carol Winter',
      'carol@example.com',
      'Identity confirmed by the server',
      'In your contacts',
      'For Monday',
      '<b>x</b>.exe',
      'Can do harm when opened',
      'Goes on at 25 %',
      'Cannot be accepted: too large',
      '41.3 MB',
      '/Downloads',
    ])
      await card.getByText(text, { exact: false }).first().waitFor()
    expect(await card.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1)
    expect(await card.getByRole('checkbox', { name: /film.mkv/ }).isDisabled()).toBe(true)
    await card.getByRole('checkbox', { name: /exe/ }).uncheck()
    await card.getByRole('checkbox', { name: /Always accept/ }).check()
    await page.waitForTimeout(SETTLED)
    await card.getByRole('button', { name: 'Accept 2 of 4' }).click()
    expect((await server.command('POST', '/api/offers/O1')).body).toEqual({ answer: 'accept', files: ['a', 'b'], always: true })
    await card.waitFor({ state: 'hidden' })
    expect(tab.problems).toEqual([])
  })

  it('takes Enter for accept, but not a key that was meant for something else', async () => {
    await using server = await ScriptedServer.start({ state: pageState() })
    await using tab = await Tab.open(server.url)
    const { page } = tab
    await page.getByRole('button', { name: 'Send files' }).focus()
    server.change({ type: 'offer', offer: offerView('O1', files, soon()) })
    const card = page.getByRole('dialog')
    await card.waitFor()
    await page.keyboard.press('Enter')
    expect(server.commands.filter(({ path }) => path.startsWith('/api/offers'))).toEqual([])
    expect(await card.evaluate(dialog => dialog.contains(document.activeElement))).toBe(true)
    await page.waitForTimeout(SETTLED)
    await page.keyboard.press('Enter')
    expect((await server.command('POST', '/api/offers/O1')).body).toEqual({ answer: 'accept', files: ['a', 'b'] })
    await card.waitFor({ state: 'hidden' })
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Send files')
  })

  it('asks on Escape: decline, ignore, or later', async () => {
    await using server = await ScriptedServer.start({
      state: pageState({
        offers: [
          offerView('O1', files, soon()),
          offerView('O2', files, soon({ from: CAROL })),
          offerView('O3', files, soon({ from: STRANGER })),
        ],
      }),
    })
    await using tab = await Tab.open(server.url)
    const { page } = tab
    const card = page.getByRole('dialog')
    await card.getByText('1 of 3').waitFor()
    await page.keyboard.press('Escape')
    await card.getByText('Not now?').waitFor()
    await page.keyboard.press('Escape')
    await card.getByRole('checkbox', { name: /plan.pdf/ }).waitFor()
    await page.keyboard.press('Escape')
    await card.getByRole('button', { name: /^Decline/ }).click()
    expect((await server.command('POST', '/api/offers/O1')).body).toEqual({ answer: 'decline' })
    await card.getByRole('heading', { name: /Carol Winter/ }).waitFor()
    await page.keyboard.press('Escape')
    await card.getByRole('button', { name: /^Ignore/ }).click()
    expect((await server.command('POST', '/api/offers/O2')).body).toEqual({ answer: 'ignore' })
    await card.getByText('Not in your contacts').waitFor()
    await page.keyboard.press('Escape')
    await card.getByRole('button', { name: /^Decide later/ }).click()
    await card.waitFor({ state: 'hidden' })
    await page.getByText('x81 waits for your answer about 3 files').waitFor()
    await page.getByRole('button', { name: 'Answer' }).click()
    await card.waitFor()
    expect(tab.problems).toEqual([])
  })

  it('closes with a line when the sender withdraws', async () => {
    await using server = await ScriptedServer.start({ state: pageState({ offers: [offerView('O1', files, soon())] }) })
    await using tab = await Tab.open(server.url)
    const { page } = tab
    await page.getByRole('dialog').waitFor()
    server.change({ type: 'offer-gone', id: 'O1', why: 'withdrawn' })
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.getByText('Bob Stone withdrew the files.').first().waitFor()
  })

  it('warns of strangers and of what they send, and names nobody who hides', async () => {
    const risky = offeredFile('a', '\u202ecod.exe', 10, { risky: true, size: undefined })
    const hidden = party('sip:anonymous@anonymous.invalid', 'Your Bank', { identity: 'anonymous' })
    await using server = await ScriptedServer.start({
      state: pageState({ offers: [offerView('O1', [risky], soon({ from: STRANGER })), offerView('O2', [risky], soon({ from: hidden }))] }),
    })
    await using tab = await Tab.open(server.url, { width: 360, height: 700, colorScheme: 'dark' })
    const { page } = tab
    const card = page.getByRole('dialog')
    await card.getByText('Not verified: anyone can claim this address').waitFor()
    await card.getByText('\\u202ecod.exe').waitFor()
    await card.getByText('size unknown').waitFor()
    expect(await card.getByRole('checkbox', { name: /cod.exe/ }).isChecked()).toBe(false)
    expect(await card.getByRole('button', { name: 'Accept' }).isDisabled()).toBe(true)
    await card.getByRole('button', { name: 'Decline' }).click()
    await card.getByText('Hides who they are').waitFor()
    await card.getByText('Anonymous sender').waitFor()
    expect(await card.getByText('Your Bank').count()).toBe(0)
    expect(await card.getByRole('checkbox', { name: /Always/ }).count()).toBe(0)
  })

  it('keeps the answers in sight whatever the sender wrote', async () => {
    const long = Array.from({ length: 200 }, (_, at) =>
      offeredFile(`f${at}`, `${'W'.repeat(250)}.exe`, 1e12, { description: 'd'.repeat(1000), type: `a/${'y'.repeat(100)}` }),
    )
    const from = party(`sip:${'m'.repeat(250)}@evil.example`, 'A'.repeat(255), { identity: 'unverified' })
    await using server = await ScriptedServer.start({
      state: pageState({ offers: [offerView('O1', long, soon({ from, subject: '<script>alert(1)</script>'.repeat(40) }))] }),
    })
    await using tab = await Tab.open(server.url, { width: 360, height: 640 })
    const { page } = tab
    const card = page.getByRole('dialog')
    await card.getByText('@evil.example', { exact: false }).waitFor()
    for (const name of ['Ignore', 'Decline', 'Accept all 200']) {
      const box = await card.getByRole('button', { name }).boundingBox()
      expect(box).not.toBeNull()
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(640)
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(360)
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
    expect(tab.problems).toEqual([])
  })

  it('stays with the choice when an answer is refused', async () => {
    await using server = await ScriptedServer.start({
      state: pageState({ offers: [offerView('O1', files, soon())] }),
      refuse: { 'POST /api/offers/O1': { error: errorView('disk-full', 'The disk is full.', { hint: 'Free some space.' }) } },
    })
    await using tab = await Tab.open(server.url, { expected: /400/ })
    const card = tab.page.getByRole('dialog')
    await card.getByRole('checkbox', { name: /plan.pdf/ }).uncheck()
    await tab.page.waitForTimeout(SETTLED)
    await card.getByRole('button', { name: 'Accept 1 of 3' }).click()
    await card.getByRole('alert').getByText('The disk is full.').waitFor()
    expect(await card.getByRole('checkbox', { name: /plan.pdf/ }).isChecked()).toBe(false)
  })
})
