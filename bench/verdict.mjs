import { figureOf, median, quotients, spread, summaryOf } from './statistics.mjs'

/** The baseline may differ by this factor between rounds before a verdict on times is refused. */
export const STEADY = 1.3

/** Figures that another program on the machine changes. */
const TIMED = new Set(['ratio', 'rate', 'time'])
const UNITS = { cpu: 's', memory: 'MB', loop: 'ms', time: 'ms', rate: 'a second' }

/**
 * Whether a scenario reached one of its goals.
 * @param goal `{ figure, side?, of?, above?, least? | most?, aim?, hard?, text? }`: see README
 * @param samples name -> samples of each scenario of the suite
 * @returns `{ text, value, verdict: 'reached' | 'missed' | 'no verdict', by, aim?, floor?, hard }`; `by` tells what was judged in the end, `floor` what the
 *   scenario that does the least has in the same rounds
 */
export function judge(goal, name, suite, samples) {
  const other = goal.above ?? goal.of ?? (goal.figure === 'ratio' ? suite.scenarios[name].baseline : undefined)
  const told = { text: goal.text ?? textOf(goal, other, suite), hard: goal.hard === true, ...floorOf(goal, name, other, suite, samples) }
  const numbers = valuesOf(goal, other, samples[name], samples, suite)
  if (numbers === undefined) return { ...told, verdict: 'no verdict', by: 'nothing: there is no measurement to judge' }
  const value = goal.above === undefined ? summaryOf(goal.figure, numbers) : above(goal, other, numbers, samples)
  const unsteady = TIMED.has(goal.figure) && other !== undefined ? spread(figureOf(samples[other], 'rate')) : 1
  if (unsteady <= STEADY) return { ...told, ...decide(goal, value), by: goal.figure === 'ratio' ? 'time' : goal.figure }
  return { ...told, ...withoutClock(goal, numbers, samples[name], samples[other], suite), value, unsteady }
}

/** The same figure of the floor, where it has it. */
function floorOf(goal, name, other, suite, samples) {
  const floor = goal.floor ?? suite.scenarios[name].floor
  const asked = goal.floorOf === undefined ? goal : { ...goal, of: goal.floorOf }
  const numbers = floor === undefined ? undefined : valuesOf(asked, other, samples[floor], samples, suite)
  if (numbers === undefined) return {}
  return {
    floor: { name: floor, value: goal.above === undefined ? summaryOf(goal.figure, numbers) : above(goal, other, numbers, samples) },
  }
}

/** The baseline was not steady: CPU time is steadier; without it, only what every round says counts. */
function withoutClock(goal, numbers, own, others, suite) {
  const [ownCpu, otherCpu] = [figureOf(own, 'cpu'), figureOf(others, 'cpu')]
  if (goal.figure === 'ratio' && ownCpu !== undefined && otherCpu !== undefined) {
    const cpu = median(suite.measure === 'time' ? quotients(ownCpu, otherCpu) : quotients(otherCpu, ownCpu))
    return { ...decide(goal, cpu), cpu, by: 'CPU time' }
  }
  if (goal.above === undefined) {
    const verdicts = new Set(numbers.map(number => decide(goal, number).verdict))
    if (verdicts.size === 1 && numbers.length > 1) return { ...decide(goal, median(numbers)), by: 'every round' }
  }
  return { verdict: 'no verdict', by: 'nothing: the baseline is not steady' }
}

function decide({ least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY, aim }, value) {
  const verdict = value >= least && value <= most ? 'reached' : 'missed'
  if (aim === undefined) return { value, verdict }
  const beyond = most === Number.POSITIVE_INFINITY ? value >= aim : value <= aim
  return { value, verdict, aim: `${aim} ${beyond ? 'reached' : 'missed'}` }
}

function valuesOf({ figure, side, of, above: under }, other, own, samples, suite) {
  if (figure !== 'ratio') {
    const numbers = figureOf(own ?? [], figure, side)
    if (of === undefined || numbers === undefined) return under !== undefined && samples[under] === undefined ? undefined : numbers
    const others = figureOf(samples[of] ?? [], figure, side)
    return others === undefined ? undefined : quotients(numbers, others)
  }
  return ratiosOf(own, samples[other], suite)
}

/** By round: how many times the rate of the other, or with `measure: 'time'` how many times its time. */
export function ratiosOf(own = [], others = [], suite = {}) {
  const figure = suite.measure === 'time' ? 'time' : 'rate'
  const [numbers, theirs] = [figureOf(own, figure), figureOf(others, figure)]
  return numbers === undefined || theirs === undefined ? undefined : quotients(numbers, theirs)
}

function above({ figure, side }, other, numbers, samples) {
  return summaryOf(figure, numbers) - summaryOf(figure, figureOf(samples[other], figure, side) ?? [Number.NaN])
}

function textOf({ figure, side, of, above: under, least, most }, other, suite) {
  const bound = least === undefined ? `at most ${most}` : `at least ${least}`
  const whose = side === undefined ? '' : ` of the ${side}`
  const unit = suite.unit ?? 'GiB/s'
  if (figure === 'ratio') return `${bound} x ${other}`
  const noun = { cpu: 'CPU', memory: 'peak memory', loop: 'event-loop delay (p99)', time: 'time', rate: unit }[figure] ?? figure
  if (of !== undefined) return `${noun}${whose} ${bound} x that of ${of}`
  if (under !== undefined) return `${noun}${whose} ${bound} ${UNITS[figure] ?? ''} above that of ${under}`
  return `${noun}${whose} ${bound} ${UNITS[figure] ?? ''}`.trim()
}
