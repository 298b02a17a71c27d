#!/usr/bin/env node
import { randomFillSync } from 'node:crypto'
import { accessSync, closeSync, constants, mkdtempSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { rawCopy } from './raw-copy.mjs'
import { median } from './timed-rounds.mjs'

/**
 * `npm run bench [-- push|raw|fanout|sip|server|sip-parse|msrp-parse] [--size 1024] [--rounds 5] [--short] [--json FILE]`; size in MiB.
 * Figures of one machine mean nothing on another one, so everything is told as a ratio to the raw copy A of the same round.
 * The order turns from round to round and round 0 is dropped. `sip` is told as a ratio to SIPp's own server instead, `server` to Kamailio,
 * `sip-parse` to other libraries, `msrp-parse` to a copy in memory.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string' },
    rounds: { type: 'string' },
    short: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})
const [wanted = 'push'] = positionals
const SCENARIOS = ['push', 'raw', 'fanout', 'sip', 'server', 'sip-parse', 'msrp-parse']
if (!SCENARIOS.includes(wanted)) {
  console.error(`there is no scenario "${wanted}"; there are: ${SCENARIOS.join(', ')}`)
  process.exit(2)
}
const USUAL_SIZE = wanted === 'fanout' ? { short: '16', full: '256' } : { short: '64', full: '1024' }
const size = positive('size', values.size ?? (values.short ? USUAL_SIZE.short : USUAL_SIZE.full)) * 1024 * 1024
const rounds = positive('rounds', values.rounds ?? (values.short ? (wanted === 'fanout' ? '1' : '3') : '5'))

/** Times of the raw copy may differ by this factor before a verdict is refused. */
const STEADY = 1.3
/** Least share of the raw copy (performance goal for a verified push) and largest memory of either side, MB. */
const GATE = { ratio: 0.55, memory: 80 }
/** Least share of the dialogs a second that SIPp's own server takes. */
const SIP_GATE = 1

if (wanted === 'sip') {
  await runSip()
  process.exit()
}
if (wanted === 'server') {
  await runServer()
  process.exit()
}
if (wanted === 'sip-parse' || wanted === 'msrp-parse') {
  await runParse()
  process.exit()
}

if (wanted === 'fanout') {
  await runFanout()
  process.exit()
}

const folder = temporaryFolder(size * 2.2)
try {
  const source = join(folder, 'source.bin')
  makeFile(source, size)
  const scenarios = { raw: () => rawCopy({ source, target: join(folder, 'raw.bin') }) }
  if (wanted === 'push') {
    const { push } = await import('./push.mjs')
    scenarios.push = () => push({ source, into: folder })
  }
  const results = await runRounds(scenarios)
  report(results)
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ size, rounds, results }, undefined, 1)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function runRounds(scenarios) {
  const names = Object.keys(scenarios)
  const results = Object.fromEntries(names.map(name => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    const turned = [...names.slice(round % names.length), ...names.slice(0, round % names.length)]
    for (const name of turned) {
      const { target = join(folder, `${name}.bin`), ...result } = await scenarios[name]()
      rmSync(target, { force: true })
      if (result.octets !== size) throw new Error(`${name}: ${result.octets} octets arrived, ${size} were sent`)
      if (round > 0) results[name].push(result)
    }
  }
  return results
}

function report(results) {
  const anchor = results.raw.map(result => result.seconds)
  const steady = Math.max(...anchor) / Math.min(...anchor)
  console.log(
    `${size / 1024 ** 2} MiB, ${rounds} rounds, ${availableParallelism()} cores, Node ${process.version}, ${folder.startsWith('/dev/shm') ? 'memory' : 'disk'}`,
  )
  for (const [name, runs] of Object.entries(results)) {
    const ratios = runs.map((run, round) => anchor[round] / run.seconds)
    const memory = { sender: most(runs, 'sender', 'memory'), receiver: most(runs, 'receiver', 'memory') }
    console.log(
      [
        name.padEnd(5),
        `${(size / 1024 ** 3 / median(runs.map(run => run.seconds))).toFixed(2)} GiB/s`,
        `${median(ratios).toFixed(2)} x A (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
        runs[0].whole === undefined
          ? ''
          : `${(median(runs.map((run, round) => anchor[round] / run.whole))).toFixed(2)} x A with hashing and offer`,
        `peak memory ${memory.sender.toFixed(0)} and ${memory.receiver.toFixed(0)} MB`,
        `CPU ${median(runs.map(run => run.sender.cpu)).toFixed(2)} and ${median(runs.map(run => run.receiver.cpu)).toFixed(2)} s`,
      ]
        .filter(part => part !== '')
        .join(' | '),
    )
    if (name === 'push') console.log(verdict(median(ratios), Math.max(memory.sender, memory.receiver), steady))
  }
}

/** Dialogs a second of our SIP against SIPp's own server, both under SIPp's load. */
async function runSip() {
  const { sipDialogs } = await import('./sip-dialogs.mjs')
  const results = await sipDialogs({ rounds: values.short ? 1 : rounds })
  if (results === undefined) return console.log('skipped: sipp is not installed (Debian package sip-tester)')
  console.log(`${availableParallelism()} cores, Node ${process.version}`)
  for (const [transport, { ours, sipp }] of Object.entries(results)) {
    const ratios = ours.map((run, round) => run.rate / sipp[round].rate)
    const anchor = sipp.map(run => run.rate)
    const failed = ours.reduce((sum, run) => sum + run.failed, 0)
    const parts = [
      `sip over ${transport}`,
      `${median(ours.map(run => run.rate)).toFixed(0)} dialogs/s`,
      `${median(ratios).toFixed(2)} x SIPp (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
      `CPU ${(median(ours.map(run => run.cpu)) * 1e6).toFixed(0)} µs a dialog`,
      `peak memory ${most(ours, 'memory').toFixed(0)} MB`,
      `${failed} failed`,
    ]
    console.log(parts.join(' | '))
    if (values.short) continue
    const steady = Math.max(...anchor) / Math.min(...anchor)
    if (steady > STEADY) console.log(`no verdict: SIPp's own server differs by a factor of ${steady.toFixed(2)}`)
    else console.log(`${median(ratios) >= SIP_GATE && failed === 0 ? 'reached' : 'missed'}: at least ${SIP_GATE} x SIPp, none failed`)
  }
  if (values.short) console.log('short form: a sign of life, no verdict')
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ results }, undefined, 1)}\n`)
}

/** Registrations and calls a second through the server, beside Kamailio under the same load. */
async function runServer() {
  const { reportServer, serverSuite } = await import('./server.mjs')
  const results = await serverSuite({ rounds: values.short ? 1 : rounds, short: values.short })
  if (results === undefined) return console.log('skipped: sipp or kamailio is not installed (Debian packages sip-tester, kamailio)')
  console.log(`${availableParallelism()} cores, Node ${process.version}`)
  reportServer(results)
  if (values.short) console.log('short form: a sign of life, no verdict')
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ results }, undefined, 1)}\n`)
}

/** One file to many at once, beside what plain Node can do. */
async function runFanout() {
  const { fanoutSuite, reportFanout } = await import('./fanout-suite.mjs')
  const place = temporaryFolder(size * 4)
  try {
    const source = join(place, 'source.bin')
    makeFile(source, size)
    const results = await fanoutSuite({ source, size, rounds, short: values.short, folder: place })
    console.log(`${size / 1024 ** 2} MiB, ${rounds} rounds, ${availableParallelism()} cores, Node ${process.version}`)
    reportFanout(results, values.short)
    if (values.short) console.log('short form: a sign of life, no verdict')
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ size, rounds, results }, undefined, 1)}\n`)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** Codecs alone, in this process. */
async function runParse() {
  const { measure, report } = wanted === 'sip-parse' ? await import('./sip-parse.mjs') : await import('./msrp-parse.mjs')
  const results = measure({ rounds, short: values.short })
  console.log(`${rounds} rounds, ${availableParallelism()} cores, Node ${process.version}`)
  report(results, values.short)
  if (values.short) console.log('short form: a sign of life, no verdict')
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rounds, results }, undefined, 1)}\n`)
}

function verdict(ratio, memory, steady) {
  if (values.short) return 'short form: a sign of life, no verdict'
  if (steady > STEADY) return `no verdict: the raw copy itself differs by a factor of ${steady.toFixed(2)}`
  const ratioGoal = `${ratio >= GATE.ratio ? 'reached' : 'missed'}: at least ${GATE.ratio} x A`
  return `${ratioGoal} | ${memory <= GATE.memory ? 'reached' : 'missed'}: at most ${GATE.memory} MB`
}

function most(runs, side, figure) {
  return Math.max(...runs.map(run => (figure === undefined ? run[side] : run[side][figure])))
}

/** In memory where there is room, so that no disk is measured. */
function temporaryFolder(octets) {
  for (const place of ['/dev/shm', tmpdir()]) {
    try {
      accessSync(place, constants.W_OK)
      const { bavail, bsize } = statfsSync(place)
      if (bavail * bsize >= octets) return mkdtempSync(join(place, 'cpmft-bench-'))
    } catch {
      // not there: the next place
    }
  }
  console.error(`no temporary folder has ${Math.ceil(octets / 1024 ** 2)} MiB free; choose a smaller --size`)
  process.exit(2)
}

/** Random octets: nothing on the way can take a short cut. */
function makeFile(path, octets) {
  const file = openSync(path, 'w')
  const block = Buffer.allocUnsafe(4 * 1024 * 1024)
  for (let left = octets; left > 0; left -= block.length) writeSync(file, randomFillSync(block), 0, Math.min(left, block.length))
  closeSync(file)
}

function positive(name, text) {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  console.error(`--${name} takes a whole number above 0`)
  process.exit(2)
}
