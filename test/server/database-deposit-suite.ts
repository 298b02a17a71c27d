import { expect, it } from 'vitest'
import { FULL_BINDING, deposit, depositFile, MINUTE, NOW } from './database-samples.js'
import type { OpenForTest } from './database-suite.js'

export function depositTests(open: OpenForTest): void {
  it('gives back a deposit with every field', async () => {
    const { deposits } = (await open()).database
    const full = deposit({
      creatorName: 'Alice 📎',
      subject: 'Plans',
      group: 'sip:team@example.org',
      error: '480',
      history: '<resource-lists/>',
      files: [
        depositFile({ sha1: 'a'.repeat(40), description: 'the plan', size: Number.MAX_SAFE_INTEGER, octets: Number.MAX_SAFE_INTEGER }),
        depositFile({
          name: 'b.txt',
          disposition: 'render',
          spool: 'spool-2',
          created: NOW - 5,
          modified: NOW - 1,
          icon: { type: 'image/jpeg', octets: new Uint8Array([0xff, 0xd8, 0, 1]) },
        }),
      ],
    })
    await deposits.add(full)
    const { group: _, history: __, ...bare } = full
    await deposits.add({ ...bare, id: 'd0', created: NOW + 1, files: [] })
    expect(await deposits.get('d1')).toStrictEqual(full)
    expect((await deposits.waitingFor('sip:BOB@example.org')).length).toBe(0)
    expect((await deposits.waitingFor('sip:bob@EXAMPLE.org')).map(({ id }) => id)).toStrictEqual(['d1', 'd0'])
    expect(await deposits.get('none')).toBeUndefined()
    await expect(deposits.add(full)).rejects.toMatchObject({ code: 'store' })
  })

  it('gives a due deposit to one caller only, of two connections', async () => {
    const { database, other } = await open()
    for (let index = 0; index < 10; index++) await database.deposits.add(deposit({ id: `d${index}`, created: NOW + index }))
    const due = { node: 'n1', now: NOW + 100, limit: 3 }
    const claims = [database, other ?? database, database, other ?? database, database].map(from => from.deposits.claim(due))
    const claimed = (await Promise.all(claims)).flat()
    expect(claimed.map(({ id }) => id).sort()).toStrictEqual(Array.from({ length: 10 }, (_, index) => `d${index}`))
    expect(claimed.every(({ state, attempts, files }) => state === 'delivering' && attempts === 1 && files.length === 1)).toBe(true)
    expect(await database.deposits.get('d3')).toStrictEqual(claimed.find(({ id }) => id === 'd3'))
  })

  it('claims what is due at this node, and everything for somebody who has just registered', async () => {
    const { deposits } = (await open()).database
    await deposits.add(deposit({ id: 'later', nextAttempt: NOW + 5000 }))
    await deposits.add(deposit({ id: 'elsewhere', node: 'n2' }))
    await deposits.add(deposit({ id: 'expired', expires: NOW }))
    await deposits.add(deposit({ id: 'carol', recipient: 'sip:carol@example.org' }))
    expect(await deposits.nextDue('n1')).toBe(NOW)
    expect(await deposits.nextDue('n9')).toBeUndefined()
    expect((await deposits.claim({ node: 'n1', now: NOW })).map(({ id }) => id)).toStrictEqual(['carol'])
    expect((await deposits.claim({ node: 'n1', now: NOW, recipient: 'sip:bob@example.org' })).map(({ id }) => id)).toStrictEqual(['later'])
    expect(await deposits.claim({ node: 'n1', now: NOW, recipient: 'sip:bob@example.org' })).toStrictEqual([])
  })

  it('tries again later, and keeps the octets until nobody needs them', async () => {
    const { deposits } = (await open()).database
    await deposits.add(deposit({ id: 'bob', files: [depositFile(), depositFile({ spool: 'own', octets: 100 })] }))
    await deposits.add(deposit({ id: 'carol', recipient: 'sip:carol@example.org' }))
    expect(await deposits.usage('n1')).toBe(4500)
    expect(await deposits.usage('n2')).toBe(0)
    expect((await deposits.spool('n1')).sort()).toStrictEqual(['own', 'spool-1'])
    expect(await deposits.deposited('sip:alice@example.org', NOW)).toBe(8900)
    expect(await deposits.deposited('sip:alice@example.org', NOW + 1)).toBe(0)

    // Nothing that is not being delivered can end
    expect(await deposits.finish('bob', { state: 'done' })).toStrictEqual([])
    expect((await deposits.get('bob'))?.state).toBe('waiting')
    await deposits.claim({ node: 'n1', now: NOW })
    expect(await deposits.finish('bob', { state: 'waiting', nextAttempt: NOW + 9, error: '480' })).toStrictEqual([])
    expect(await deposits.get('bob')).toMatchObject({ state: 'waiting', nextAttempt: NOW + 9, error: '480', attempts: 1 })
    await deposits.claim({ node: 'n1', now: NOW + 9 })
    const files = new Map([
      [0, 'delivered'],
      [1, 'declined'],
    ] as const)
    expect(await deposits.finish('bob', { state: 'done', files })).toStrictEqual(['own'])
    expect((await deposits.get('bob'))?.files.map(({ state, spool }) => [state, spool])).toStrictEqual([
      ['delivered', undefined],
      ['declined', undefined],
    ])
    expect(await deposits.usage('n1')).toBe(4400)
    expect(await deposits.finish('carol', { state: 'failed', error: '404' })).toStrictEqual(['spool-1'])
    expect(await deposits.usage('n1')).toBe(0)
    expect(await deposits.finish('none', { state: 'done' })).toStrictEqual([])
  })

  it('expires what nobody took, not what is being delivered, and forgets records', async () => {
    const { deposits } = (await open()).database
    await deposits.add(deposit({ id: 'busy', files: [depositFile({ spool: 'busy' })] }))
    await deposits.claim({ node: 'n1', now: NOW })
    await deposits.add(deposit({ id: 'late', created: NOW + 1 }))
    expect(await deposits.expire('n1', NOW + MINUTE - 1)).toStrictEqual({ deposits: [], spool: [] })
    const { deposits: gone, spool } = await deposits.expire('n1', NOW + MINUTE)
    expect(gone.map(({ id, state, files }) => [id, state, files[0]?.spool])).toStrictEqual([['late', 'expired', 'spool-1']])
    expect(spool).toStrictEqual(['spool-1'])
    expect(await deposits.expire('n1', NOW + MINUTE)).toStrictEqual({ deposits: [], spool: [] })
    expect(await deposits.forget(NOW + 1)).toBe(0)
    expect(await deposits.forget(NOW + 2)).toBe(1)
    expect(await deposits.get('late')).toBeUndefined()
    expect(await deposits.get('busy')).toBeDefined()
  })

  it('goes on after a restart, and at another node when its own is dead', async () => {
    const { deposits, nodes } = (await open()).database
    await deposits.add(deposit({ nextAttempt: NOW + 5000 }))
    await deposits.claim({ node: 'n1', now: NOW + 5000 })
    expect(await deposits.recover('n2', NOW)).toBe(0)
    expect(await deposits.recover('n1', NOW + 6000)).toBe(1)
    expect(await deposits.get('d1')).toMatchObject({ state: 'waiting', nextAttempt: NOW + 6000, attempts: 1 })

    await nodes.beat({ id: 'n1', address: 'sip:192.0.2.1', heartbeat: NOW })
    expect(await deposits.takeOver('n1', 'n2', NOW, NOW)).toBe(0)
    const taken = await Promise.all([
      deposits.takeOver('n1', 'n2', NOW + 1, NOW + 7000),
      deposits.takeOver('n1', 'n3', NOW + 1, NOW + 7000),
    ])
    expect(taken.sort((a, b) => a - b)).toStrictEqual([0, 1])
    const { node } = (await deposits.get('d1')) ?? {}
    expect(['n2', 'n3']).toContain(node)
    expect(await deposits.claim({ node: 'n1', now: NOW + 7000 })).toStrictEqual([])
    expect((await deposits.claim({ node: node ?? '', now: NOW + 7000 })).length).toBe(1)
  })
}

export function nodeTests(open: OpenForTest): void {
  it('knows which nodes are alive', async () => {
    const { nodes, bindings, conferences } = (await open()).database
    const [first, second] = [
      { id: 'n1', address: 'sip:192.0.2.1', heartbeat: NOW },
      { id: 'n2', address: 'sip:192.0.2.2', heartbeat: NOW + 500 },
    ]
    await nodes.beat(first)
    await nodes.beat(second)
    expect(await nodes.get('n1')).toStrictEqual(first)
    expect(await nodes.get('n9')).toBeUndefined()
    expect(await nodes.alive(NOW)).toStrictEqual([first, second])
    expect(await nodes.alive(NOW + 1)).toStrictEqual([second])
    expect(await nodes.dead(NOW + 1)).toStrictEqual([first])
    await nodes.beat({ ...first, heartbeat: NOW + 1000 })
    expect(await nodes.dead(NOW + 1)).toStrictEqual([])

    await bindings.update('sip:bob@example.org', NOW, () => ({ bindings: [FULL_BINDING], result: 0 }))
    await conferences.claim({ uri: 'sip:ft-1@example.org', node: 'n1', creator: 'sip:a@example.org', created: NOW }, NOW)
    await nodes.remove('n1')
    expect(await nodes.alive(NOW)).toStrictEqual([second])
    expect(await bindings.count(NOW)).toBe(0)
    expect(await conferences.ofNode('n1')).toStrictEqual([])
  })

  it('gives a conference to one node, and to another once that one is dead', async () => {
    const { database, other } = await open()
    const { nodes, conferences } = database
    for (const id of ['n1', 'n2']) await nodes.beat({ id, address: `sip:${id}.example.org`, heartbeat: NOW })
    const at = (node: string) => ({ uri: 'sip:ft-1@example.org', node, creator: 'sip:a@example.org', created: NOW })
    const owners = await Promise.all([conferences.claim(at('n1'), NOW), (other ?? database).conferences.claim(at('n2'), NOW)])
    const [owner] = owners
    expect(owners[1]).toStrictEqual(owner)
    expect(await conferences.get('sip:ft-1@EXAMPLE.org')).toStrictEqual(owner)
    const [winner, loser] = owner?.node === 'n1' ? ['n1', 'n2'] : ['n2', 'n1']
    expect(await conferences.ofNode(winner)).toStrictEqual([owner])
    expect(await conferences.release('sip:ft-1@example.org', loser)).toBe(false)
    expect(await conferences.claim(at(loser), NOW + 1)).toStrictEqual(at(loser))
    expect(await conferences.release('sip:ft-1@example.org', loser)).toBe(true)
    expect(await conferences.get('sip:ft-1@example.org')).toBeUndefined()
    // a node that never said that it lives owns nothing for long
    await conferences.claim(at('n9'), NOW)
    expect((await conferences.claim(at('n1'), NOW)).node).toBe('n1')
  })
}
