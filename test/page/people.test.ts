import { afterAll, describe, expect, it } from 'vitest'
import { closeBrowser, hasBrowser, Tab } from './browser.js'
import { CONTACTS, GROUPS, pageState } from './scenes.js'
import { ScriptedServer } from './scripted-server.js'

afterAll(closeBrowser)

const scenario = { state: pageState(), contacts: CONTACTS, groups: GROUPS }

async function openPeople(server: ScriptedServer): Promise<Tab> {
  return Tab.open(`${server.origin}/people#token=${server.token}`)
}

describe.skipIf(!hasBrowser)('people', () => {
  it('adds nobody twice, and says so before anything is sent', async () => {
    await using server = await ScriptedServer.start(scenario)
    await using tab = await openPeople(server)
    await tab.page.getByRole('button', { name: 'Add contact' }).click()
    const address = tab.page.getByRole('textbox', { name: 'Address' })
    await address.fill('BOB@Example.com'.toLowerCase())
    await tab.page.getByText('Bob Stone has this address already.').waitFor()
    await address.fill('gina@example.com')
    await address.press('Enter')
    expect((await server.command('PUT', '/api/contacts')).body).toEqual({ uri: 'sip:gina@example.com', trusted: false })
    await tab.page.getByText('gina was added.').first().waitFor()
    expect(tab.problems).toEqual([])
  })

  it('takes back a removal', async () => {
    await using server = await ScriptedServer.start(scenario)
    await using tab = await openPeople(server)
    await tab.page.getByRole('button', { name: 'More about Bob Stone' }).click()
    await tab.page.getByRole('menuitem', { name: 'Remove' }).click()
    expect((await server.command('DELETE', '/api/contacts')).query).toEqual({ uri: 'sip:bob@example.com' })
    await tab.page.getByRole('button', { name: 'Undo' }).click()
    expect((await server.command('PUT', '/api/contacts')).body).toEqual({ uri: 'sip:bob@example.com', name: 'Bob Stone', trusted: true })
  })

  it('fills in the people of a list as recipients, by one click', async () => {
    await using server = await ScriptedServer.start(scenario)
    await using tab = await openPeople(server)
    await tab.page.getByRole('button', { name: 'Send files to Family' }).click()
    for (const name of ['Dan Field', 'Erin Moss', 'fay']) await tab.page.getByText(name).first().waitFor()
    expect(new URL(tab.page.url()).pathname).toBe('/')
  })
})
