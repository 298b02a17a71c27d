#!/usr/bin/env node
import { sizeText, tableOf, withoutVerdict } from '../bench/report.mjs'
import { cell, publish, readOrUndefined } from './generated.mjs'

/** Writes docs/benchmarks.md from `bench/results.json`, the figures of one run of `npm run bench`. It measures nothing itself. */

const RESULTS = 'bench/results.json'

function pageOf(run) {
  const parts = [
    '# Benchmarks',
    madeBy(run),
    '## Goals',
    ...summary(run.suites),
    '## How to read it',
    HOW_TO_READ,
    '## How to repeat it',
    HOW_TO_REPEAT,
    ...run.suites.flatMap(suitePart),
  ]
  return `${parts.join('\n\n')}\n`
}

function madeBy({ machine, peers, date, version, seconds, suites }) {
  const { cpu, cores, memory, system, node, openssl } = machine
  const others = Object.entries(peers).map(([name, number]) => `${name} ${number}`)
  const again = suites.filter(suite => suite.again === true).map(suite => `\`${suite.name}\``)
  const but = again.length === 0 ? '' : ` (${again.join(', ')} once more after it)`
  return [
    `Measured on ${date} with cpmft ${version}, everything in one run of ${Math.round(seconds / 60)} minutes${but}, sender and receiver on the same machine:`,
    `${cpu}, ${cores} cores, ${memory} GiB of memory, ${system}, Node ${node.replace(/^v/, '')} with OpenSSL ${openssl}.`,
    `Beside it: ${others.join(', ')}.`,
    `This page is made from \`${RESULTS}\`, where every single measurement stands.`,
  ].join('\n')
}

const HOW_TO_READ = `Speeds of one machine say nothing about another, and other work on the machine changes them from minute to minute. Look at the
**ratios**: each scenario runs in every round beside its baseline, in an order that turns from round to round; the first round is dropped. A ratio
is the median of all rounds, with the lowest and the highest behind it. More is better, but where times are told. **CPU** is what the processes
took (sender + receiver, client + server), for a GiB or for an operation; **x CPU** how many times that of the baseline; **memory** the largest
resident size in any round; **loop p99** how late timers of the process were, at worst in 99 of 100 cases.

A goal is reached or missed by the median. Where the baseline itself differs by more than 1.3 between rounds, times prove nothing: then the goal
is judged by CPU time, or by what all rounds say alike, and that is told; otherwise there is no verdict. Where an aim beyond a
goal is set, that is told too.

The **floor** of a scenario is one that does the least that any program must do for the same, mostly in plain Node and without the protocol; its own text
tells what. Behind the measured value of a goal stands that of its floor in the same rounds: what is between the two is ours, and a goal that the
floor does not reach either cannot be reached on that machine.`

const HOW_TO_REPEAT = `\`\`\`sh
npm ci
npm run bench                              # everything; name suites to run only these: npm run bench -- push peers
npm run bench -- --json bench/results.json && npm run docs    # makes this page anew
\`\`\`

Programs that are not installed are skipped with a line. On Debian: \`apt-get install curl kamailio kamailio-sqlite-modules netcat-openbsd nginx openssh-server openssl
sip-tester socat\`. Nothing else should run meanwhile. What a scenario does and how to add one is told in [bench/](../bench/README.md).`

const text = readOrUndefined(RESULTS)
if (text !== undefined) {
  const run = JSON.parse(text)
  if (run.short) throw new Error(`${RESULTS} is of the short form, which measures nothing`)
  publish('npm run docs', new Map([['docs/benchmarks.md', pageOf(run)]]))
}

/** How many goals were reached, and those that were not. */
function summary(suites) {
  const all = suites.flatMap(suite => suite.goals.map(goal => ({ ...goal, suite: suite.name })))
  const count = verdict => all.filter(goal => goal.verdict === verdict).length
  const others = all.filter(goal => goal.verdict !== 'reached')
  const told = `Of ${all.length} goals ${count('reached')} are reached, ${count('missed')} are missed, ${count('no verdict')} are without verdict.`
  if (others.length === 0) return [told]
  const rows = others.map(goal => row([`[${goal.suite}](#${goal.suite})`, goal.verdict, withoutVerdict(goal)]))
  return [told, [row(['Suite', '', 'Goal']), row(['---', '---', '---']), ...rows].join('\n')]
}

function suitePart(suite) {
  const { name, title, about, bounds, size, rounds, goals, skipped, broken } = suite
  const [head, ...rows] = tableOf(suite)
  const table = [row(head), row(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(row)]
  const left = [
    ...Object.entries(skipped).map(([what, why]) => `${what} (${why})`),
    ...Object.keys(broken).map(what => `${what} (it broke)`),
  ]
  return [
    `## ${name}`,
    `${sentence(title)}${size === undefined ? '' : ` File: ${sizeText(size)} of random octets.`} ${rounds} rounds, ${Math.round(suite.seconds)} s.${about === undefined ? '' : ` ${about}`}`,
    table.join('\n'),
    ...(goals.length === 0 ? [] : [goals.map(goal => `- **${goal.verdict}**: ${withoutVerdict(goal)}`).join('\n')]),
    ...(bounds === undefined ? [] : [`What bounds it: ${bounds}`]),
    ...(left.length === 0 ? [] : [`Left out: ${left.join(', ')}.`]),
  ]
}

function sentence(words) {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}

function row(cells) {
  return `| ${cells.map(cell).join(' | ')} |`
}
