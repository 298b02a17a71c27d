#!/usr/bin/env node
import { join } from 'node:path'
import { openDatabase } from '../dist/lib/node.js'
import { openServerDatabase } from '../dist/lib/server.js'

/**
 * Registrations a second that the database of the server takes, sixteen at a time. `node bench/bindings.mjs postgres://…` does it once with
 * another database: it must be empty or one of a server; a thousand addresses `sip:bench-…@example.org` are written there and removed again.
 */

const USERS = 1000
const AT_A_TIME = 16
const now = Date.now()

export const suite = {
  name: 'bindings',
  title: `${USERS} addresses in the database of the server, ${AT_A_TIME} at a time, in SQLite`,
  unit: 'a second',
  bounds: 'One transaction for each registration.',
  async setUp({ folder }) {
    const database = await openServerDatabase(join(folder, 'server.db'))
    await registrations(database, 0)
    return { database, bare: bareUpdates(join(folder, 'bare.db')), cseq: 0 }
  },
  scenarios: {
    'bare UPDATE': { run: ({ own }) => sampleOf(() => own.bare(++own.cseq)) },
    refresh: { baseline: 'bare UPDATE', run: ({ own }) => sampleOf(() => registrations(own.database, ++own.cseq)) },
    'look-up': { run: ({ own }) => sampleOf(() => lookUps(own.database)) },
  },
  tearDown: ({ database }) => database.close(),
}

async function sampleOf(work) {
  const begin = performance.now()
  await work()
  return { operations: USERS, seconds: (performance.now() - begin) / 1000 }
}

/** Each address registers once. */
function registrations(database, cseq) {
  return inParallel(user => {
    const bindings = [bindingOf(user, cseq)]
    return database.bindings.update(addressOf(user), now, () => ({ bindings, result: undefined }))
  })
}

function lookUps(database) {
  return inParallel(user => database.bindings.of(addressOf(user), now))
}

async function inParallel(work) {
  let next = 0
  const worker = async () => {
    while (next < USERS) await work(next++)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
}

function addressOf(user) {
  return `sip:bench-${user}@example.org`
}

function bindingOf(user, cseq) {
  return {
    aor: addressOf(user),
    contact: `sip:bench-${user}@192.0.2.1:5060;transport=tcp`,
    parameters: `;+sip.instance="<urn:uuid:${user}>";reg-id=1;+g.oma.sip-im`,
    instance: `<urn:uuid:${user}>`,
    regId: 1,
    callId: `call-${user}`,
    cseq,
    q: 1,
    expires: now + 3_600_000 + cseq,
    path: [],
    node: 'bench',
    flow: `flow-${user}`,
  }
}

/** The same row found and changed in one transaction each, with the same durability, without anything around it. */
function bareUpdates(path) {
  const bare = openDatabase(path, 1000)
  bare.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; create table bindings (aor text primary key, content text, expires bigint)',
  )
  const insert = bare.prepare('insert into bindings values (?, ?, ?)')
  for (let user = 0; user < USERS; user++) insert.run([addressOf(user), JSON.stringify(bindingOf(user, 0)), now])
  const select = bare.prepare('select * from bindings where aor = ?')
  const update = bare.prepare('update bindings set content = ?, expires = ? where aor = ?')
  return cseq => {
    for (let user = 0; user < USERS; user++) {
      bare.exec('BEGIN IMMEDIATE')
      select.all([addressOf(user)])
      update.run([JSON.stringify(bindingOf(user, cseq)), now + cseq, addressOf(user)])
      bare.exec('COMMIT')
    }
  }
}

/** Another database than SQLite, once and without a baseline. */
async function tellOf(url) {
  const database = await openServerDatabase(url)
  const scenarios = { new: () => registrations(database, 0), refresh: () => registrations(database, 1), 'look-up': () => lookUps(database) }
  try {
    for (const [name, work] of Object.entries(scenarios)) {
      const { operations, seconds } = await sampleOf(work)
      console.log(`${database.kind}, ${name}: ${Math.round(operations / seconds)} a second`)
    }
  } finally {
    await inParallel(user => database.bindings.update(addressOf(user), now, () => ({ bindings: [], result: undefined })))
    await database.close()
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) await tellOf(process.argv[2])
