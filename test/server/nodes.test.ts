import { createConnection } from 'node:net'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { group } from '../../src/client/index.js'
import { type OpenedServerDatabase, openServerDatabase, startServer } from '../../src/server/index.js'
import { sameOctets, ServerWorld, takeNext } from '../kit/server-world.js'

/** WebSocket clients have no address but their connection. */
const LISTEN = ['sip:127.0.0.1:*', 'sip:127.0.0.1:*;transport=ws']

/** Two servers over one database, without any proxy before them: each client is at one of them. */
describe('two servers of one database', { timeout: 60_000 }, () => {
  let folder: string
  let database: OpenedServerDatabase
  let a: ServerWorld
  let b: ServerWorld

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cpmft-nodes-'))
    database = await openServerDatabase(join(folder, 'server.db'))
    const secret = new Uint8Array(32).fill(3)
    const world = (node: string) => {
      mkdirSync(join(folder, node))
      return ServerWorld.start({ database, secret, node, listen: LISTEN, data: join(folder, node), openRegistration: false })
    }
    a = await world('a')
    b = await world('b')
    for (const user of ['alice', 'bob', 'carol']) await a.addUser(user)
  })
  afterAll(async () => {
    await a[Symbol.asyncDispose]()
    await b[Symbol.asyncDispose]()
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('know each other', async () => {
    expect(await database.nodes.alive(Date.now() - 20_000)).toMatchObject([
      { id: 'a', address: a.proxy() },
      { id: 'b', address: b.proxy() },
    ])
    const again = startServer({ database, node: 'a', listen: ['sip:127.0.0.1:*'], data: join(folder, 'again') })
    await expect(again).rejects.toMatchObject({ code: 'config', message: expect.stringContaining('"a"') })
  })

  it('bring a file to who is connected to the other one, both ways @req SIP-33', async () => {
    const [alice, bob] = [await a.client('alice', { proxy: a.proxy('ws') }), await b.client('bob', { proxy: b.proxy('ws') })]
    const [binding] = await database.bindings.of('sip:bob@cpm.test', Date.now())
    expect(binding).toMatchObject({ node: 'b', path: [expect.stringMatching(/^<sip:p-[^@]+@127\.0\.0\.1:\d+;transport=tcp;lr;ob>$/)] })
    const path = await a.file('plan.bin', 300_000)
    for (const [from, to, client] of [
      [alice, 'bob', bob],
      [bob, 'alice', alice],
    ] as const) {
      const taken = takeNext(client)
      expect(await from.send(`sip:${to}@cpm.test`, path).done).toMatchObject({ ok: true })
      expect(await sameOctets((await taken).files[0]?.path, path)).toBe(true)
    }
    await alice.close()
    await bob.close()
  })

  it('have members of one group at both, and find its conference from either @req GRP-14 GRP-18', async () => {
    const [alice, bob, carol] = [
      await a.client('alice', { proxy: a.proxy('ws') }),
      await b.client('bob', { proxy: b.proxy('ws') }),
      await a.client('carol', { proxy: a.proxy('ws') }),
    ]
    const seen: string[] = []
    void (async () => {
      for await (const entry of alice.trace()) if (entry.kind === 'message' && entry.protocol === 'sip') seen.push(entry.text)
    })()
    const path = await a.file('group.bin', 300_000)
    const taken = [takeNext(bob), takeNext(carol)]
    const transfer = alice.send(group(['sip:bob@cpm.test', 'sip:carol@cpm.test']), path)
    expect(await transfer.done).toMatchObject({ ok: true })
    for (const received of await Promise.all(taken)) expect(await sameOctets(received.files[0]?.path, path)).toBe(true)
    const uri = seen.map(text => /^Contact: <(sip:ft-[^>;]+)/m.exec(text)?.[1]).find(found => found !== undefined) as string
    expect(uri).toMatch(/^sip:ft-a-[A-Za-z0-9]{22}@cpm\.test$/)
    for (const client of [alice, bob, carol]) await client.close()
    // inside a dialog that is over: answered by the focus of a, which the request reached through b
    expect(await ask(b.proxy(), 'BYE', uri, ';tag=2')).toMatch(/^SIP\/2\.0 481 /)
    expect(await ask(b.proxy(), 'BYE', uri.replace('ft-a-', 'ft-gone-'), ';tag=2')).toMatch(/^SIP\/2\.0 481 /)
    expect(await ask(b.proxy(), 'SUBSCRIBE', uri)).toMatch(/^SIP\/2\.0 407 /)
  })

  it('count as gone when they leave', async () => {
    mkdirSync(join(folder, 'c'))
    const c = await ServerWorld.start({ database, node: 'c', listen: LISTEN, data: join(folder, 'c'), openRegistration: false })
    const carol = await c.client('carol', { proxy: c.proxy('ws') })
    expect(await database.bindings.of('sip:carol@cpm.test', Date.now())).toHaveLength(1)
    await c.server.close()
    expect(await database.bindings.of('sip:carol@cpm.test', Date.now())).toHaveLength(0)
    expect(await database.nodes.get('c')).toBeUndefined()
    await carol.close()
    await c[Symbol.asyncDispose]()
  })
})

/** One request over TCP, and the first line of the final answer. */
async function ask(proxy: string, method: string, uri: string, toTag = ''): Promise<string> {
  const [, host, port] = /^sip:([^:]+):(\d+)/.exec(proxy) as RegExpExecArray
  const lines = [
    `${method} ${uri} SIP/2.0`,
    'Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKask',
    'Max-Forwards: 70',
    'From: <sip:alice@cpm.test>;tag=1',
    `To: <${uri}>${toTag}`,
    'Call-ID: asked',
    `CSeq: 1 ${method}`,
    'Contact: <sip:alice@127.0.0.1:9>',
    'Event: conference',
    'Content-Length: 0',
    '',
    '',
  ]
  return new Promise((resolve, reject) => {
    const socket = createConnection(Number(port), host, () => socket.write(lines.join('\r\n')))
    let text = ''
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer: ${text}`)))
    socket.on('error', reject)
    socket.on('data', data => {
      text += data.toString()
      const final = /^SIP\/2\.0 [2-6]\d\d .*$/m.exec(text)?.[0]
      if (final === undefined) return
      socket.destroy()
      resolve(final)
    })
  })
}
