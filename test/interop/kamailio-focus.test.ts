import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { group } from '../../src/client/index.js'
import { type Client, createClient } from '../../src/node/index.js'
import { type FocusHandle, openServerDatabase, startFocus } from '../../src/server/index.js'
import { freePort } from '../kit/command-line.js'
import { installed } from '../kit/installed.js'
import { takeNext } from '../kit/server-world.js'
import { sha1, TempFolder } from '../kit/temp-folder.js'

const CONFIGURATION = new URL('kamailio-focus.cfg', import.meta.url)
const DOMAIN = 'example.test'
const FOCUS_DOMAIN = `cf.${DOMAIN}`
const PASSWORD = 's3cret'

describe.skipIf(!installed('kamailio', '-v'))('a focus behind a real Kamailio', { timeout: 60_000 }, () => {
  const folder = new TempFolder()
  const clients: Client[] = []
  let kamailio: ChildProcess
  let log = ''
  let focus: FocusHandle
  let port: number

  beforeAll(async () => {
    port = await freePort()
    const focusPort = await freePort()
    let text = readFileSync(CONFIGURATION, 'utf8')
    for (const [name, value] of Object.entries({ PORT: port, DOMAIN, PASSWORD, FOCUS: focusPort }))
      text = text.replaceAll(`@${name}@`, String(value))
    const args = ['-f', folder.file('kamailio.cfg', text), '-DD', '-E', '-m', '32', '-Y', folder.path, '-P', folder.join('pid')]
    kamailio = spawn('kamailio', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    kamailio.stderr?.on('data', (data: Buffer) => (log += data.toString()))
    await reachable(port)
    const data = folder.join('data')
    mkdirSync(data)
    const database = await openServerDatabase(join(data, 'server.db'))
    const members = ['alice', 'bob', 'carol'].map(user => ({ uri: `sip:${user}@${DOMAIN}`, hidden: false }))
    await database.groups.put({ name: 'Team', uri: `sip:team@${FOCUS_DOMAIN}`, members, senders: 'members', maxSize: 10 })
    await database.close()
    focus = await startFocus({
      listen: `sip:127.0.0.1:${focusPort};transport=tcp`,
      proxy: `sip:127.0.0.1:${port};transport=tcp;lr`,
      domain: FOCUS_DOMAIN,
      data,
    })
  })
  afterAll(async () => {
    for (const client of clients) await client.close()
    await focus.close()
    const gone = new Promise(resolve => kamailio.on('close', resolve))
    kamailio.kill('SIGTERM')
    await gone
    folder.remove()
  })

  const party = async (user: string): Promise<Client> => {
    const into = folder.join(`inbox-${user}`)
    mkdirSync(into, { recursive: true })
    const client = await createClient({
      aor: `sip:${user}@${DOMAIN}`,
      password: PASSWORD,
      proxy: `sip:127.0.0.1:${port};transport=tcp`,
      into,
      notifications: false,
      conferenceFactory: focus.factory,
    })
    clients.push(client)
    await client.ready
    return client
  }

  it('serves ad-hoc and pre-defined groups @req GRP-1 GRP-10 GRP-14 GRP-19', async () => {
    const [alice, bob, carol] = [await party('alice'), await party('bob'), await party('carol')]
    for (const target of [group([`sip:bob@${DOMAIN}`, `sip:carol@${DOMAIN}`]), group(`sip:team@${FOCUS_DOMAIN}`)]) {
      const path = folder.file('plan.bin', randomBytes(400_000))
      const taken = [takeNext(bob), takeNext(carol)]
      const report = await alice.send(target, path).done
      expect(report.ok, log).toBe(true)
      for (const received of await Promise.all(taken)) expect(sha1(received.files[0]?.path ?? '')).toBe(sha1(path))
    }
  })
})

async function reachable(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const open = await new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (open) return
    await new Promise(resolve => setTimeout(resolve, 30))
  }
}
