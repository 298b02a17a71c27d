import { beforeEach, describe, expect, it } from 'vitest'
import type { ProxyCommand } from '../../src/sip/index.js'
import { DeskKit, DOMAIN, type Sent } from '../kit/desk-kit.js'

const BOB = `sip:bob@${DOMAIN}`
const FILES = 'P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.oma.cpm.filetransfer'
const PRIVACY = 'Privacy: id'

let kit: DeskKit

beforeEach(() => {
  kit = new DeskKit({ store: { flow: 'store', keepsFor: aor => aor !== `sip:dan@${DOMAIN}` } })
  for (const name of ['alice', 'bob', 'carol', 'dan']) kit.addUser(name)
})

const from = (sent: Partial<Sent> = {}): Sent => ({ from: `sip:alice@${DOMAIN}`, login: 'alice', fields: [FILES], ...sent })

/** Status, or where it goes: `store` or a Contact. */
function way(command: ProxyCommand): unknown {
  if (command.name === 'respond') return command.status
  return command.targets.map(({ uri, flow, onlyAfter }) => (flow === 'store' ? `store after ${onlyAfter?.join()}` : uri))
}

describe('a session with files for somebody who is away', () => {
  it('goes to the store, with the proven sender, private or not @req RCS-9 SIP-28', async () => {
    const command = await kit.send('INVITE', BOB, from({ fields: [FILES, PRIVACY] }))
    expect(way(command)).toEqual(['store after undefined'])
    expect(command.name === 'forward' && command.add?.map(([name]) => name)).toContain('P-Asserted-Identity')
    expect(command.name === 'forward' && command.targets[0]?.uri).toBe(BOB)
  })

  it('goes there last when there are devices, and never over what a person says @req RCS-9', async () => {
    kit.bind('bob', { q: 0 })
    expect(way(await kit.send('INVITE', BOB, from()))).toEqual(['sip:bob@192.0.2.50', 'store after 408,430,480,503'])
    const command = await kit.send('INVITE', BOB, from())
    const [device, store] = command.name === 'forward' ? command.targets : []
    expect(store?.q).toBeLessThan(device?.q ?? 0)
  })

  it.each<[string, string, Sent, unknown]>([
    ['other sessions', BOB, from({ fields: [] }), 480],
    ['people that do not exist', `sip:nobody@${DOMAIN}`, from(), 404],
    ['people for whom nothing is kept', `sip:dan@${DOMAIN}`, from(), 480],
    ['what the store delivers', BOB, { flow: 'store', fields: [FILES] }, 480],
    ['members of groups', BOB, { flow: 'focus', fields: [FILES] }, 480],
  ])('does not go there: %s @req RCS-9', async (_what, to, sent, status) => {
    const trusting = new DeskKit({
      store: { flow: 'store', keepsFor: aor => aor !== `sip:dan@${DOMAIN}` },
      isTrusted: ({ flow }) => flow !== 'in-1',
    })
    for (const name of ['alice', 'bob', 'dan']) trusting.addUser(name)
    expect(way(await trusting.send('INVITE', to, sent))).toBe(status)
  })

  it('is for new sessions alone', async () => {
    expect(way(await kit.send('MESSAGE', BOB, from()))).toBe(480)
    expect(way(await kit.send('INVITE', BOB, from({ toTag: 'x' })))).toBe(480)
  })
})
