#!/usr/bin/env node
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../dist/node/index.js'
import { openServerDatabase } from '../dist/server/index.js'
import { median } from './timed-rounds.mjs'

/**
 * `node bench/bindings.mjs [postgres://…]`: registrations a second that the database of the server takes, sixteen at a time, in SQLite also
 * as a ratio to bare UPDATEs of the same rows with the same durability. A PostgreSQL database must be empty or one of a server; a thousand
 * addresses `sip:bench-…@example.org` are written there and removed again.
 */

const USERS = 1000
const AT_A_TIME = 16
const ROUNDS = 5
const url = process.argv[2]
const now = Date.now()
const folder = url === undefined ? mkdtempSync(join(tmpdir(), 'cpmft-bench-')) : undefined
const database = await openServerDatabase(url ?? join(folder, 'server.db'))
const raw = folder === undefined ? undefined : rawUpdates(join(folder, 'raw.db'))

try {
  const first = await registrations(0)
  const figures = []
  for (let round = 1; round <= ROUNDS; round++) {
    const refreshes = await registrations(round)
    const lookups = await lookUps()
    figures.push({ refreshes, lookups, ...(raw !== undefined && { ratio: refreshes / raw(round) }) })
  }
  const of = name => median(figures.map(figure => figure[name]))
  console.log(`${database.kind}: ${Math.round(first)} new bindings a second`)
  console.log(`${database.kind}: ${Math.round(of('refreshes'))} refreshes a second, ${Math.round(of('lookups'))} look-ups a second`)
  if (raw !== undefined) console.log(`refreshes: ${of('ratio').toFixed(2)} of bare UPDATEs`)
} finally {
  await inParallel(user => database.bindings.update(addressOf(user), now, () => ({ bindings: [], result: undefined })))
  await database.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
}

/** Each address registers once; gives how many a second. */
function registrations(cseq) {
  return inParallel(user => {
    const bindings = [bindingOf(user, cseq)]
    return database.bindings.update(addressOf(user), now, () => ({ bindings, result: undefined }))
  })
}

function lookUps() {
  return inParallel(user => database.bindings.of(addressOf(user), now))
}

async function inParallel(work) {
  let next = 0
  const worker = async () => {
    while (next < USERS) await work(next++)
  }
  const begin = performance.now()
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
  return (USERS * 1000) / (performance.now() - begin)
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

/** The same row found and changed in one transaction each, without anything around it. */
function rawUpdates(path) {
  const bare = openDatabase(path, 1000)
  bare.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; create table bindings (aor text primary key, content text, expires bigint)',
  )
  const insert = bare.prepare('insert into bindings values (?, ?, ?)')
  for (let user = 0; user < USERS; user++) insert.run([addressOf(user), JSON.stringify(bindingOf(user, 0)), now])
  const select = bare.prepare('select * from bindings where aor = ?')
  const update = bare.prepare('update bindings set content = ?, expires = ? where aor = ?')
  return cseq => {
    const begin = performance.now()
    for (let user = 0; user < USERS; user++) {
      bare.exec('BEGIN IMMEDIATE')
      select.all([addressOf(user)])
      update.run([JSON.stringify(bindingOf(user, cseq)), now + cseq, addressOf(user)])
      bare.exec('COMMIT')
    }
    return (USERS * 1000) / (performance.now() - begin)
  }
}
