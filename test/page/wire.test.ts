import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Locator, Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import { buildLadder, decodeEntries, encodeEntry, type MessageEntry, renderText } from '../../src/trace/index.js'
import { decodeXml, encodeUtf8 } from '../../src/wire/index.js'
import { installed } from '../kit/installed.js'
import { closeBrowser, dropFiles, hasBrowser, Tab } from './browser.js'
import { recordedTransfer } from './recordings.js'
import { pageState } from './scenes.js'
import { ScriptedServer } from './scripted-server.js'

afterAll(closeBrowser)

/** A message that is none, of somebody else, as the last one. */
const BROKEN: MessageEntry = {
  v: 1,
  kind: 'message',
  time: Date.UTC(2026, 10, 23, 14, 31),
  protocol: 'sip',
  direction: 'in',
  transport: 'udp',
  party: 'alice',
  local: '192.0.2.10:5060',
  remote: '203.0.113.9:5066',
  text: '\u0016\u0003\u0001<script>',
  bodyLength: 0,
}

interface WirePage {
  readonly server: ScriptedServer
  readonly tab: Tab
  readonly page: Page
  readonly rows: Locator
  readonly list: Locator
}

async function openWire(trace: readonly string[]): Promise<WirePage & AsyncDisposable> {
  const server = await ScriptedServer.start({ state: pageState(), trace })
  const tab = await Tab.open(server.url.replace('/#', '/wire#'))
  const list = tab.page.getByRole('listbox', { name: 'Messages, in order of time' })
  const close = async (): Promise<void> => {
    await tab[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  }
  return { server, tab, page: tab.page, list, rows: list.getByRole('option'), [Symbol.asyncDispose]: close }
}

/** The rows there are, by the count of the filter bar. */
const counted = (page: Page, text: string): Promise<void> => page.locator('output', { hasText: text }).waitFor()

async function saved(page: Page, format: string): Promise<Buffer> {
  await page.getByRole('button', { name: 'Export' }).click()
  const download = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: new RegExp(`^${format}`) }).click()
  return readFile(await (await download).path())
}

describe.skipIf(!hasBrowser)('the Wire place', () => {
  it('says what to do without traffic, and shows it when it comes', async () => {
    await using wire = await openWire([])
    await wire.page.getByText('Send something, or open a trace.').waitFor()
    wire.server.record(...recordedTransfer())
    await counted(wire.page, 'rows')
    const sentences = await wire.rows.evaluateAll(rows => rows.map(row => row.getAttribute('aria-label')))
    expect(sentences).toEqual(expect.arrayContaining([expect.stringMatching(/alice to 192\.0\.2\.20:\d+: BYE, Dialog 1$/)]))
    expect(wire.tab.problems).toEqual([])
  })

  it('folds the chunks of a message, unfolds them where they stand in time, and folds them again', async () => {
    await using wire = await openWire(recordedTransfer(21))
    const folded = wire.rows.filter({ hasText: 'SEND ×21' })
    await folded.waitFor()
    const before = await wire.rows.count()
    await folded.getByTitle('Show all 21 messages').click()
    await wire.rows
      .filter({ hasText: /SEND · .*\+/ })
      .first()
      .waitFor()
    expect(await wire.rows.count()).toBeGreaterThan(before)
    await wire.page.getByTitle('Fold the messages again').click()
    await folded.waitFor()
  })

  it('filters by text, protocol and party, and counts what is left', async () => {
    await using wire = await openWire(recordedTransfer())
    const { page } = wire
    await counted(page, 'rows')
    await page.getByLabel('Search in messages').fill('photos.zip')
    await counted(page, '1 of')
    await expect.poll(() => wire.rows.count()).toBe(1)
    await page.getByLabel('Search in messages').fill('no such text')
    await page.getByRole('button', { name: 'Clear the filters' }).last().click()
    await page.getByRole('button', { name: 'SIP', exact: true }).click()
    await page.getByRole('button', { name: 'States', exact: true }).click()
    await expect.poll(() => wire.rows.filter({ hasText: /INVITE|done/ }).count()).toBe(0)
    expect(await wire.rows.filter({ hasText: 'SEND' }).count()).toBeGreaterThan(0)
  })

  it('is walked by keys: opens, compares, unfolds, filters, pauses', async () => {
    await using wire = await openWire(recordedTransfer())
    const { page, list } = wire
    await wire.rows.first().waitFor()
    await list.focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('Enter')
    const message = page.getByRole('region', { name: 'Message' })
    await message.getByRole('treeitem', { name: /^Via: .*RFC 3261 section 20\.42/ }).waitFor()
    await message
      .getByRole('treeitem', { name: /^a=file-selector: .*RFC 5547 section 6/ })
      .first()
      .hover()
    await message.getByText('RFC 5547 §6').waitFor()
    const answer = wire.rows.filter({ hasText: '200 OK (SDP' })
    const steps = Number(await answer.getAttribute('aria-posinset')) - 1
    for (let step = 0; step < steps; step++) await page.keyboard.press('ArrowDown')
    await page.keyboard.press('d')
    const comparison = page.getByRole('region', { name: 'Comparison' })
    await comparison.getByText(/changed · .* only left/).waitFor()
    await expect
      .poll(() => comparison.locator('mark').allTextContents())
      .toEqual(expect.arrayContaining([expect.stringContaining('SIP/2.0 200 OK')]))
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await comparison.waitFor({ state: 'detached' })
    await page.keyboard.press('f')
    expect(await page.getByLabel('Search in messages').evaluate(input => input === document.activeElement)).toBe(true)
    await list.focus()
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: 'Continue' }).waitFor()
  })

  it('counts what waits while it is paused, and shows it then', async () => {
    await using wire = await openWire(recordedTransfer(1))
    const { page } = wire
    await page.getByRole('button', { name: 'Pause' }).click()
    const before = await page.locator('output').textContent()
    const more = recordedTransfer(1, 1)
    wire.server.record(...more)
    await page.getByRole('button', { name: `Continue · ${more.length}` }).waitFor()
    expect(await page.locator('output').textContent()).toBe(before)
    await page.getByRole('button', { name: /^Continue/ }).click()
    await expect.poll(() => page.locator('output').textContent()).not.toBe(before)
    await page.getByRole('button', { name: 'Clear', exact: true }).click()
    await page.getByText('No traffic').waitFor()
  })

  it('shows the bytes of what is no message, and never takes them for markup', async () => {
    await using wire = await openWire([encodeEntry(BROKEN)])
    await wire.rows.filter({ hasText: 'undecodable message' }).click()
    const message = wire.page.getByRole('region', { name: 'Message' })
    await message.getByText('16 03 01 3c 73 63').waitFor()
    expect(await wire.page.locator('#root script').count()).toBe(0)
    expect(wire.tab.problems).toEqual([])
  })

  it('opens a recording that is dropped on it, and goes back to the live traffic', async () => {
    await using wire = await openWire([])
    await wire.page.getByText('No traffic').waitFor()
    const place = 'main [class*="place"]'
    await dropFiles(wire.page, place, [{ name: 'old.jsonl', text: `${recordedTransfer().join('')}no entry\n` }])
    await wire.page.getByText('1 line left out').waitFor()
    await wire.rows.first().waitFor()
    await dropFiles(wire.page, place, [{ name: 'notes.txt', text: 'nothing of that kind' }])
    await wire.page.getByText('notes.txt holds no trace').waitFor()
    await wire.page.getByRole('button', { name: 'Back to the live traffic' }).click()
    await wire.page.getByText('No traffic').waitFor()
  })

  it('exports the same as `cpmft trace`, without credentials and session ids unless told otherwise', async () => {
    const secret = recordedTransfer().map(line => line.replace('Max-Forwards: 70', 'Authorization: Digest response=secret'))
    await using wire = await openWire(secret)
    const { page } = wire
    await counted(page, 'rows')
    const { entries } = decodeEntries(secret.join(''))
    const text = (await saved(page, 'Text')).toString()
    expect(text).toBe(renderText(buildLadder(entries), { width: 120 }))
    const redacted = (await saved(page, 'JSON lines')).toString()
    expect(decodeEntries(redacted).entries.length).toBe(entries.length)
    expect(redacted).not.toContain('secret')
    expect((await saved(page, 'Mermaid')).toString()).toMatch(/^sequenceDiagram\n {2}participant L0 as alice/)
    expect(decodeXml(encodeUtf8((await saved(page, 'SVG')).toString()), { bytes: 1e7, depth: 50, elements: 1e5 }).name).toBe('svg')
    await page.getByRole('button', { name: 'Export' }).click()
    await page.getByRole('switch', { name: /Remove credentials/ }).click({ force: true })
    await page.keyboard.press('Escape')
    expect((await saved(page, 'JSON lines')).toString()).toContain('secret')
  })

  it.skipIf(!installed('tshark'))('exports a capture that tshark reads without errors', async () => {
    await using wire = await openWire(recordedTransfer())
    await counted(wire.page, 'rows')
    await wire.page.getByRole('button', { name: 'Export' }).click()
    const download = wire.page.waitForEvent('download')
    await wire.page.getByRole('menuitem', { name: /^pcapng/ }).click()
    const path = await (await download).path()
    const read = (...args: string[]): string[] =>
      execFileSync('tshark', ['-r', path, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
        .split('\n')
        .filter(line => line !== '')
    const messages = decodeEntries(recordedTransfer().join('')).entries.filter(({ kind }) => kind === 'message')
    expect(read('-T', 'fields', '-e', 'frame.number').length).toBe(messages.length)
    expect(read('-Y', 'sip.Method == "INVITE"').length).toBe(1)
    expect(read('-Y', '_ws.malformed or _ws.expert.severity >= 0x00800000')).toEqual([])
  })

  it('draws only the rows that are seen of 100,000 entries', async () => {
    const lines = Array.from({ length: 100_000 }, (_, at) => {
      const text = `OPTIONS sip:b@x SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK${at}\r\nCall-ID: c${at}\r\nCSeq: 1 OPTIONS\r\n\r\n`
      return encodeEntry({ ...BROKEN, direction: 'out', time: BROKEN.time + at, text })
    })
    await using wire = await openWire(lines)
    await counted(wire.page, '100,000 rows')
    expect(await wire.rows.count()).toBeLessThan(80)
    await wire.page.getByLabel('Search in messages').fill('Call-ID: c9999')
    await counted(wire.page, '11 of 100,000')
  }, 40_000)
})
