import { figureOf, median, quotients, range, summaryOf } from './statistics.mjs'
import { judge, ratiosOf } from './verdict.mjs'

/** What one suite gave, ready to be printed and to be written as JSON. */
export function resultOf(suite, { samples, skipped, broken, retried }, { rounds, size, short, seconds }) {
  const scenarios = {}
  const goals = []
  for (const [name, scenario] of Object.entries(suite.scenarios)) {
    if (samples[name] === undefined) continue
    scenarios[name] = figuresOf(name, scenario, samples, suite)
    for (const goal of scenario.goals ?? []) {
      if (short && goal.hard !== true && missesScenario(goal, samples)) continue
      goals.push({ scenario: name, ...judge(goal, name, suite, samples) })
    }
  }
  const { name, title, about, bounds, unit = 'GiB/s', measure = 'rate' } = suite
  return { name, title, about, bounds, unit, measure, rounds, size, seconds, scenarios, goals, skipped, broken, retried, samples }
}

function missesScenario({ of, above }, samples) {
  const other = above ?? of
  return other !== undefined && samples[other] === undefined
}

function figuresOf(name, { baseline, floor }, samples, suite) {
  const own = samples[name]
  const others = baseline === undefined ? undefined : samples[baseline]
  const ratios = others === undefined ? undefined : ratiosOf(own, others, suite)
  const floorRatios = samples[floor] === undefined ? undefined : ratiosOf(own, samples[floor], suite)
  const [cpu, otherCpu] = [figureOf(own, 'cpu'), figureOf(others ?? [], 'cpu')]
  const sides = {}
  for (const side of Object.keys(own[0].sides ?? {})) {
    const told = ['cpu', 'memory', 'loop'].map(figure => [figure, summary(own, figure, side)])
    sides[side] = Object.fromEntries(told.filter(([, number]) => number !== undefined))
  }
  const more = Object.keys(own[0].figures ?? {}).map(figure => [figure, summary(own, figure)])
  return {
    baseline,
    floor,
    rate: median(figureOf(own, 'rate')),
    time: median(figureOf(own, 'time')),
    ratio: ratios === undefined ? undefined : range(ratios),
    floorRatio: floorRatios === undefined ? undefined : range(floorRatios),
    cpuRatio: cpu === undefined || otherCpu === undefined ? undefined : median(quotients(cpu, otherCpu)),
    sides,
    figures: Object.fromEntries(more),
  }
}

function summary(samples, figure, side) {
  const numbers = figureOf(samples, figure, side)
  return numbers === undefined ? undefined : summaryOf(figure, numbers)
}

/** What lets a run fail: a scenario that broke, and a goal that holds on every machine and was missed. */
export function failuresOf({ name, broken, goals }) {
  return [
    ...Object.entries(broken).map(([scenario, message]) => `${name}, ${scenario}: ${message.split('\n', 1)[0]}`),
    ...goals
      .filter(goal => goal.hard && goal.verdict !== 'reached')
      .map(goal => `${name}, ${goal.scenario}: ${goal.verdict}: ${goal.text}`),
  ]
}
