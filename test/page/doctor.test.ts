import { afterAll, describe, expect, it } from 'vitest'
import type { FindingView } from '../../src/web/protocol/index.js'
import { closeBrowser, hasBrowser, Tab } from './browser.js'
import { CONTACTS, pageState } from './scenes.js'
import { ScriptedServer } from './scripted-server.js'

const TOKEN = 'Zx81-token'
const missing: FindingView = {
  check: 'folder',
  status: 'fail',
  text: '/srv/alice/Downloads does not exist.',
  fix: 'Create it, or choose another folder.',
  action: 'create-folder',
}
const findings: readonly FindingView[] = [
  { check: 'config', status: 'ok', text: 'account work, password=hunter2.' },
  missing,
  { check: 'tls', status: 'warn', text: '<b>ends</b> in 6 days.' },
  { check: 'register', status: 'ok', text: `sip:alice:hunter2@example.com is registered; http://127.0.0.1:1/#token=${TOKEN}` },
]

afterAll(closeBrowser)

describe.skipIf(!hasBrowser)('the doctor', () => {
  it('tells what it found, mends what it can and looks again, and asks towards somebody', async () => {
    let isMended = false
    await using server = await ScriptedServer.start({
      contacts: CONTACTS,
      state: pageState(),
      answer: ({ method, path }) => {
        if (path === '/api/doctor/fix') isMended = true
        if (method !== 'GET' || path !== '/api/doctor') return undefined
        return {
          lines: findings.map(finding =>
            isMended && finding === missing ? { check: 'folder', status: 'ok', text: 'Is there.' } : finding,
          ),
        }
      },
    })
    await using tab = await Tab.open(`${server.origin}/doctor#token=${server.token}`)
    const { page } = tab
    const line = (name: string) => page.getByRole('list', { name: 'Findings' }).getByRole('listitem').filter({ hasText: name })
    await page.getByText('One problem was found.').first().waitFor()
    expect(await page.getByRole('list', { name: 'Findings' }).getByRole('listitem').count()).toBe(findings.length)
    await line('Folder').getByText('Fix: Create it, or choose another folder.').waitFor()
    await line('Encryption').getByText('<b>ends</b> in 6 days.').waitFor()
    await server.command('GET', '/api/doctor')
    await line('Folder').getByRole('button', { name: 'Create the folder' }).click()
    expect((await server.command('POST', '/api/doctor/fix')).body).toEqual({ action: 'create-folder' })
    await server.command('GET', '/api/doctor')
    await page.getByText('One thing is worth a look.').first().waitFor()
    await line('Folder').getByText('Is there.').waitFor()
    expect(await page.getByRole('button', { name: 'Create the folder' }).count()).toBe(0)

    const towards = page.getByRole('combobox', { name: 'Check towards somebody' })
    await towards.fill('bob@')
    await towards.press('Enter')
    await page.getByText('The domain after the @ is missing.').waitFor()
    await towards.fill('bob@example.com')
    await towards.press('Enter')
    expect((await server.command('GET', '/api/doctor')).query).toEqual({ to: 'sip:bob@example.com' })
    expect(tab.problems).toEqual([])
  })

  it('copies a report without password and token', async () => {
    await using server = await ScriptedServer.start({ state: pageState(), findings })
    await using tab = await Tab.open(`${server.origin}/doctor#token=${server.token}`)
    const { page, context } = tab
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByText('One problem was found.').first().waitFor()
    await page.getByRole('button', { name: 'Copy report' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const report = await page.evaluate(() => navigator.clipboard.readText())
    expect(report).toContain('cpmft 0.1.0, sip:alice@example.com, registered\n')
    expect(report).toContain('PROBLEM  folder: /srv/alice/Downloads does not exist.\n         fix: Create it')
    for (const secret of ['hunter2', TOKEN, server.token]) expect(report).not.toContain(secret)
    expect(tab.problems).toEqual([])
  })
})
