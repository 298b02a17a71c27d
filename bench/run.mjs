#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openWorkplace } from './files.mjs'
import { describeMachine, describePeers } from './machine.mjs'
import { linesOf } from './report.mjs'
import { failuresOf, resultOf } from './result.mjs'
import { runRounds } from './rounds.mjs'
import { loadSuite, SUITES } from './suites.mjs'

/**
 * `npm run bench [-- SUITE…] [--rounds 5] [--size MIB] [--short] [--json FILE [--again]]`: every suite, or those that are named.
 * With `--again` their results take the place of the older ones in FILE, and say so.
 * Figures of one machine mean nothing on another one, so each scenario is told as a ratio to a baseline of the same rounds.
 * The exit status is 1 when a scenario broke or memory grew with the size of the file, never because something was slow.
 */

const MIB = 1024 ** 2
/** Room for the copies of the largest file that live at one time. */
const COPIES = 4

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string' },
    rounds: { type: 'string' },
    short: { type: 'boolean', default: false },
    json: { type: 'string' },
    again: { type: 'boolean', default: false },
    suites: { type: 'string' },
  },
})
const { SUITES: suites, from } = await registry(values.suites)
const unknown = positionals.find(name => suites[name] === undefined)
if (unknown !== undefined) stop(`there is no suite "${unknown}"; there are: ${Object.keys(suites).join(', ')}`)
if (values.again && values.json === undefined) stop('--again wants --json FILE')
const given = { size: positive('size', values.size), rounds: positive('rounds', values.rounds) }
const begin = performance.now()
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const report = { machine: describeMachine(), date: new Date().toISOString().slice(0, 10), version, short: values.short, suites: [] }
const older = values.again ? JSON.parse(readFileSync(values.json, 'utf8')) : undefined
const failures = []

const { cpu, cores, memory, node, openssl, system } = report.machine
console.log(`${cpu}, ${cores} cores, ${memory} GiB, ${system}, Node ${node}, OpenSSL ${openssl}`)
for (const name of positionals.length > 0 ? positionals : Object.keys(suites)) {
  try {
    const result = await runSuite(await loadSuite(name, suites, from))
    console.log(`\n${linesOf(result, { short: values.short }).join('\n')}`)
    report.suites.push(result)
    save()
    failures.push(...failuresOf(result))
  } catch (error) {
    console.error(`\n${name}: ${error.stack ?? error}`)
    failures.push(`${name}: ${error.message}`)
  }
}
console.log(`\n${Math.round(secondsSince(begin))} s${values.short ? '; short form: a sign of life, the ratios are no verdict' : ''}`)
for (const failure of failures) console.error(`failed: ${failure}`)
process.exit(failures.length > 0 ? 1 : 0)

/** After every suite, so that a run that is cut short leaves what it found. */
function save() {
  report.seconds = Math.round(secondsSince(begin))
  if (values.json !== undefined)
    writeFileSync(values.json, jsonOf(older === undefined ? { ...report, peers: describePeers() } : together()))
}

/** The older run with the suites of this one. */
function together() {
  const newer = new Map(report.suites.map(suite => [suite.name, { ...suite, again: true }]))
  return { ...older, suites: older.suites.map(suite => newer.get(suite.name) ?? suite) }
}

async function runSuite(suite) {
  const { short } = values
  const usual = short ? { rounds: 1, ...suite.short } : { rounds: 5, size: suite.size }
  const rounds = given.rounds ?? usual.rounds
  const size = suite.size === undefined ? undefined : (given.size ?? usual.size) * MIB
  const start = performance.now()
  const workplace = openWorkplace((size ?? 0) * COPIES)
  const leave = () => {
    workplace.remove()
    process.exit(130)
  }
  process.once('SIGINT', leave).once('SIGTERM', leave)
  try {
    const measured = await runRounds(suite, { rounds, short, size, workplace, tell })
    return resultOf(suite, measured, { rounds, size, short, seconds: secondsSince(start) })
  } finally {
    tell('')
    workplace.remove()
    process.off('SIGINT', leave).off('SIGTERM', leave)
  }
}

/** Where a terminal looks on, what runs at this moment. */
function tell(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

/** Tests give suites of their own. */
async function registry(path) {
  if (path === undefined) return { SUITES, from: undefined }
  const from = new URL(path, `file://${process.cwd()}/`)
  return { ...(await import(from)), from }
}

/** A line for each suite, numbers with five digits. */
function jsonOf({ suites: results, ...head }) {
  const text = value =>
    JSON.stringify(value, (_, one) => (typeof one === 'number' && !Number.isInteger(one) ? Number(one.toPrecision(5)) : one))
  return `${text(head).slice(0, -1)},"suites":[\n${results.map(text).join(',\n')}\n]}\n`
}

function secondsSince(time) {
  return (performance.now() - time) / 1000
}

function positive(name, text) {
  if (text === undefined) return undefined
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  return stop(`--${name} takes a whole number above 0`)
}

function stop(message) {
  console.error(message)
  process.exit(2)
}
