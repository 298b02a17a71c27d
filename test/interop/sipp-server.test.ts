import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { installed } from '../kit/installed.js'
import { ServerWorld } from '../kit/server-world.js'
import { Sipp, type SippRun } from '../kit/sipp.js'
import { TempFolder } from '../kit/temp-folder.js'

describe.skipIf(!installed('sipp', '-v'))('SIPp at the server', () => {
  const folder = new TempFolder()
  const running: Sipp[] = []
  let world: ServerWorld

  beforeAll(async () => {
    // SIPp of Debian knows MD5 alone, and takes the first challenge
    world = await ServerWorld.start({ openRegistration: false, algorithms: ['MD5'] })
    for (const user of ['alice', 'bob']) await world.addUser(user)
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map(one => one.stop()))
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
    folder.remove()
  })

  const run = async (scenario: string, values: SippRun['values'] = {}, more: Partial<SippRun> = {}) => {
    const all = { DOMAIN: world.server.domain, USER: 'alice', PASSWORD: 'alice-secret', STATUS: 200, ...values }
    const sipp = await Sipp.start({ folder, scenario, values: all, ...more })
    running.push(sipp)
    return sipp
  }
  /** @param uri what credentials are for; SIPp would name the address it sends to */
  const place = (transport: 'tcp' | 'udp', uri = world.server.domain) => {
    const { host, port } = world.server.addresses.find(address => address.transport === transport) ?? { host: '', port: 0 }
    return { transport, call: `${host}:${port}`, args: ['-auth_uri', uri] }
  }

  it.each(['tcp', 'udp'] as const)('registers with digest over %s @req SIP-2 SIP-3 SIP-38', async transport => {
    const sipp = await run('uac-register', {}, place(transport))
    expect(await sipp.exit, sipp.complaints).toBe(0)
    const last = sipp.messagesReceived.at(-1) ?? ''
    expect(last).toMatch(/Contact: <sip:alice@127\.0\.0\.1:\d+;transport=(TCP|UDP)>;expires=600/i)
    expect(last).toMatch(/received=127\.0\.0\.1|rport=\d+/)
  })

  it('does not register with a wrong password, nor for another', async () => {
    const wrong = await run('uac-register', { PASSWORD: 'guess', STATUS: 401 }, place('tcp'))
    expect(await wrong.exit, wrong.complaints).toBe(0)
  })

  it.each(['tcp', 'udp'] as const)(
    'calls another SIPp through the server over %s, along the route and under its proved name @req SIP-28 SIP-33',
    async transport => {
      const callee = await run('uas-through', {}, { transport })
      const contact = callee.uri.replace('transport=', 'transport=')
      const binding = { aor: world.aor('bob'), contact, parameters: '', callId: 'x', cseq: 1, q: 1, expires: Date.now() + 60_000, path: [] }
      await world.server.database.bindings.update(world.aor('bob'), Date.now(), () => ({ bindings: [binding], result: undefined }))
      const caller = await run('uac-through', { CALLEE: 'bob' }, place(transport, `bob@${world.server.domain}`))
      expect(await caller.exit, caller.complaints).toBe(0)
      expect(await callee.exit, callee.complaints).toBe(0)
      const invite = callee.messagesReceived[0] ?? ''
      expect(invite).toContain('P-Asserted-Identity: <sip:alice@cpm.test>')
      expect(invite).not.toContain('boss')
      expect(invite).not.toContain('Proxy-Authorization')
      expect(callee.received.map(line => line.split(' ')[0])).toEqual(['INVITE', 'ACK', 'BYE'])
    },
  )

  it.each([
    ['another domain', 'INVITE sip:dan@other.example', 403],
    ['the conference factory', 'INVITE sip:conference-factory@cpm.test', 403],
    ['an unknown user', 'OPTIONS sip:nobody@cpm.test', 404],
    ['the server', 'OPTIONS sip:cpm.test', 200],
    ['a method of its own', 'MESSAGE sip:cpm.test', 405],
  ])('a stranger that asks for %s gets what the policy says @req GRP-14 GRP-41', async (_, what, status) => {
    const [method = '', uri = ''] = what.split(' ')
    const sipp = await run('uac-stranger', { METHOD: method, URI: uri, STATUS: status }, place('udp'))
    expect(await sipp.exit, sipp.complaints).toBe(0)
  })
})
