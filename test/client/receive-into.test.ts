import { expect, it } from 'vitest'
import { memoryStore } from '../../src/testkit/index.js'
import { createClient } from '../../src/node/index.js'
import { mkdirSync, readdirSync } from 'node:fs'
import { TempFolder } from '../kit/temp-folder.js'

it('saves into another folder once it is told, also what it takes without asking @req RCS-7', async () => {
  const folder = new TempFolder()
  for (const name of ['first', 'second']) mkdirSync(folder.join(name))
  const store = memoryStore()
  const bob = await createClient({
    aor: 'sip:bob@127.0.0.1',
    reach: 'sip:127.0.0.1',
    into: folder.join('first'),
    autoAccept: true,
    store,
    notifications: false,
  })
  const alice = await createClient({ aor: 'sip:alice@127.0.0.1', reach: 'sip:127.0.0.1', releaseTimer: 0, notifications: false })
  try {
    await store.saveContact({ uri: 'sip:alice@127.0.0.1', name: undefined, trusted: true, added: 0 })
    const path = folder.file('a.txt', 'a')
    await alice.send(bob.contact, path).done
    bob.receiveInto?.(folder.join('second'))
    await alice.send(bob.contact, path).done
    expect([readdirSync(folder.join('first')), readdirSync(folder.join('second'))]).toEqual([['a.txt'], ['a.txt']])
  } finally {
    await alice.close()
    await bob.close()
    folder.remove()
  }
})
