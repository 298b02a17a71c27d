import { mkdirSync, readdirSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { CommandLine, freePort } from '../kit/command-line.js'
import { EventReader } from '../kit/event-reader.js'
import { TempFolder } from '../kit/temp-folder.js'

let folder: TempFolder
const running: CommandLine[] = []
beforeEach(() => {
  folder = new TempFolder()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(command => command.stop()))
  folder.remove()
})

const run = (args: readonly string[], who = 'alice') => {
  const env = { XDG_STATE_HOME: folder.join(`state of ${who}`), XDG_CONFIG_HOME: folder.join('config') }
  const command = new CommandLine(args, env)
  running.push(command)
  return command
}
const page = async (args: readonly string[]) => {
  const command = run(['web', ...args])
  await command.says('#token=')
  const url = new URL(command.stdout.trim())
  return { command, url, token: url.hash.slice('#token='.length) }
}

it('serves the page, sends an upload to another process, is there again after a restart, and leaves with 0', async () => {
  for (const name of ['alice', 'bob']) mkdirSync(folder.join(name))
  const [sip, http, bobPort] = [await freePort(), await freePort(), await freePort()]
  const bob = run(['receive', '--listen', `sip:bob@127.0.0.1:${bobPort}`, '--into', folder.join('bob'), '--accept', 'all'], 'bob')
  await bob.says(/listening/i)
  const args = ['--listen', `sip:alice@127.0.0.1:${sip}`, '--into', folder.join('alice'), '--port', String(http)]
  const first = await page(args)
  const headers = { authorization: `Bearer ${first.token}` }
  const upload = await fetch(`${first.url.origin}/api/uploads`, {
    method: 'POST',
    headers: { ...headers, 'x-file-name': 'plan.txt' },
    body: 'the plan',
  })
  const { id } = (await upload.json()) as { id: string }
  const events = await EventReader.open(first.url.origin, first.token)
  await fetch(`${first.url.origin}/api/transfers`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ to: [{ uri: `sip:bob@127.0.0.1:${bobPort}` }], uploads: [id] }),
  })
  await events.until(state => state.transfers[0]?.ok === true)
  expect(readdirSync(folder.join('bob'))).toEqual(['plan.txt'])
  const { state, lastId } = events
  first.command.process.kill('SIGINT')
  expect(await first.command.exit).toBe(0)
  await events.until(() => events.closing)
  expect(first.command.stdout.split('\n')).toHaveLength(2)
  const second = await page(args)
  expect(second.url.href).toBe(first.url.href)
  // The page that stayed open comes back with what it had: another run, so it gets the whole state
  const back = await EventReader.open(second.url.origin, first.token, { lastId: lastId as string, state })
  await back.until(() => back.snapshots.length === 1)
  expect(back.state.transfers).toEqual([])
  const history = await fetch(`${second.url.origin}/api/history`, { headers })
  expect(await history.json()).toMatchObject({ rows: [{ files: [{ name: 'plan.txt', state: 'done', here: true }] }] })
  back.close()
}, 40_000)

it('begins with the first run when there is no account', async () => {
  const { url, token } = await page([])
  const state = await fetch(`${url.origin}/api/state`, { headers: { authorization: `Bearer ${token}` } })
  expect(await state.json()).toMatchObject({ mode: 'first-run', transfers: [] })
  const refused = await fetch(`${url.origin}/api/history`, { headers: { authorization: `Bearer ${token}` } })
  expect(refused.status).toBe(409)
})
