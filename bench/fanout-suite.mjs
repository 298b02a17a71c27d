import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fanout } from './fanout.mjs'
import { fanoutFocus } from './fanout-focus.mjs'
import { median } from './timed-rounds.mjs'

/** Goals of the fan-out, from performance.md: see README. */
const GOALS = { delivered: 2, cpu: 0.65, memory: 40, slow: 1.1 }
/** Octets delivered in all are kept below this by a shorter file for many legs, so that a round takes seconds. */
const DELIVERED = 4 * 1024 ** 3

/**
 * One file to 1, 2, 10 and 100 legs: `raw` plain Node, `passage` the data path of the server, `service` everything with clients and SIP.
 * Each of them in each round, in turning order; round 0 is dropped.
 */
export async function fanoutSuite({ source, size, rounds, short, folder }) {
  const counts = short ? [1, 10] : [1, 2, 10, 100]
  const sha1 = createHash('sha1').update(readFileSync(source)).digest('hex')
  const runs = {}
  const scenarios = []
  for (const legs of counts) {
    const part = Math.min(size, Math.ceil(DELIVERED / legs))
    for (const how of ['raw', 'passage']) scenarios.push([`${how} ${legs}`, () => fanout({ source, size: part, legs, how, folder })])
    if (size * legs <= DELIVERED) scenarios.push([`service ${legs}`, () => fanoutFocus({ source, sha1, legs, folder })])
  }
  for (const how of ['raw', 'passage'])
    scenarios.push([`${how} 10, one slow`, () => fanout({ source, size, legs: 10, how, slow: 1, folder })])
  for (let round = 0; round <= rounds; round++) {
    const first = round % scenarios.length
    for (const [name, run] of [...scenarios.slice(first), ...scenarios.slice(0, first)]) {
      const result = await run()
      if (round > 0) (runs[name] ??= []).push(result)
    }
  }
  return runs
}

export function reportFanout(runs, short) {
  const rate = run => run.octets / run.seconds
  const cpu = run => run.cpu / (run.octets / 1024 ** 3)
  for (const name of Object.keys(runs).sort(inOrder)) {
    const all = runs[name]
    const anchor = runs[name.replace(/^\w+/, 'raw')]
    const ratios = all.map((run, round) => rate(run) / rate(anchor[round]))
    const parts = [
      name.padEnd(22),
      `${(median(all.map(rate)) / 1024 ** 3).toFixed(2)} GiB/s delivered`,
      `${median(ratios).toFixed(2)} x raw (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
      `CPU ${median(all.map(cpu)).toFixed(2)} s a delivered GiB`,
      `peak memory ${Math.max(...all.map(run => run.memory)).toFixed(0)} MB`,
    ]
    if (all[0].spooled !== undefined && name.startsWith('passage'))
      parts.push(`${median(all.map(run => run.spooled / 1024 ** 2)).toFixed(0)} MiB on disk`)
    console.log(parts.join(' | '))
  }
  const most = Math.max(...Object.keys(runs).flatMap(name => /^passage (\d+)$/.exec(name)?.slice(1).map(Number) ?? []))
  const [one, many, slow, ten] = ['passage 1', `passage ${most}`, 'passage 10, one slow', 'passage 10'].map(name => runs[name])
  // nine legs are waited for beside the slow one
  const slowdown = median(slow.map(timeOf(9))) / median(ten.map(timeOf(10)))
  const goals = [
    {
      goal: `1 -> ${most} delivers at least ${GOALS.delivered} x 1 -> 1`,
      value: median(many.map(rate)) / median(one.map(rate)),
      least: GOALS.delivered,
    },
    { goal: `CPU of an octet at most ${GOALS.cpu} x`, value: median(many.map(cpu)) / median(one.map(cpu)), most: GOALS.cpu },
    { goal: `memory at most ${GOALS.memory} MB above that of 1 -> 1`, value: memory(many) - memory(one), most: GOALS.memory },
    { goal: `beside a slow leg at most ${GOALS.slow} x the time`, value: slowdown, most: GOALS.slow },
  ]
  for (const { goal, value, least = Number.NEGATIVE_INFINITY, most: limit = Number.POSITIVE_INFINITY } of goals) {
    const verdict = value >= least && value <= limit ? 'reached' : 'missed'
    console.log(short ? `${goal}: ${value.toFixed(2)}` : `${verdict}: ${goal} (${value.toFixed(2)})`)
  }
}

/** By the number of legs, `raw` first. */
function inOrder(a, b) {
  const place = name =>
    Number(/\d+/.exec(name)[0]) * 10 +
    (name.includes('slow') ? 5 : 0) +
    ['raw', 'passage', 'service'].findIndex(how => name.startsWith(how))
  return place(a) - place(b)
}

const memory = runs => Math.max(...runs.map(run => run.memory))

/** Seconds for one octet at each of so many legs. */
function timeOf(legs) {
  return run => run.seconds / (run.octets / legs)
}
