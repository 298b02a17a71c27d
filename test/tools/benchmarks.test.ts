import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Sample {
  readonly seconds: number
  readonly octets?: number
  readonly operations?: number
  readonly sides?: Readonly<Record<string, { readonly cpu?: number; readonly memory?: number; readonly loop?: number }>>
  readonly figures?: Readonly<Record<string, number>>
}
type Samples = Readonly<Record<string, readonly Sample[]>>
interface Goal {
  readonly figure: string
  readonly side?: string
  readonly of?: string
  readonly above?: string
  readonly least?: number
  readonly most?: number
  readonly aim?: number
  readonly hard?: boolean
}
interface Judged {
  readonly verdict: string
  readonly value?: number
  readonly by: string
  readonly text: string
  readonly aim?: string
  readonly floor?: { readonly name: string; readonly value: number }
}
interface Suite {
  readonly measure?: string
  readonly scenarios: Readonly<Record<string, { readonly baseline?: string; readonly floor?: string }>>
}

const GIB = 1024 ** 3

let statistics: {
  median: (numbers: readonly number[]) => number
  spread: (numbers: readonly number[]) => number
  figureOf: (samples: readonly Sample[], figure: string, side?: string) => number[] | undefined
}
let judge: (goal: Goal, name: string, suite: Suite, samples: Samples) => Judged

async function load(name: string): Promise<unknown> {
  return import(pathToFileURL(resolve('bench', `${name}.mjs`)).href) as Promise<unknown>
}

beforeAll(async () => {
  statistics = (await load('statistics')) as typeof statistics
  judge = ((await load('verdict')) as { judge: typeof judge }).judge
})

/** A GiB in so many seconds each round. */
function copies(...seconds: number[]): Sample[] {
  return seconds.map(second => ({ seconds: second, octets: GIB }))
}

function withCpu(samples: readonly Sample[], cpu: number): Sample[] {
  return samples.map(sample => ({ ...sample, sides: { sender: { cpu: cpu / 2 }, receiver: { cpu: cpu / 2 } } }))
}

const suite: Suite = { scenarios: { raw: {}, push: { baseline: 'raw' } } }
const ratio = (least: number, aim?: number): Goal => ({ figure: 'ratio', least, ...(aim !== undefined && { aim }) })

describe('statistics of the benchmarks', () => {
  it('takes the middle, or the mean of the two in the middle, and leaves the order alone', () => {
    const numbers = [9, 1, 5]
    expect(statistics.median(numbers)).toBe(5)
    expect(numbers).toEqual([9, 1, 5])
    expect(statistics.median([4, 10, 1, 2])).toBe(3)
    expect(statistics.median([7])).toBe(7)
  })

  it('tells how far numbers are apart by the quotient of the largest and the smallest', () => {
    expect(statistics.spread([2, 3, 4])).toBe(2)
    expect(statistics.spread([2])).toBe(1)
  })

  it('counts GiB or operations, and CPU for each of them over all processes or one', () => {
    const sides = { sender: { cpu: 1, memory: 50, loop: 3 }, receiver: { cpu: 2, memory: 70 } }
    const file = [{ seconds: 4, octets: 2 * GIB, sides, figures: { failed: 1 } }]
    expect(statistics.figureOf(file, 'rate')).toEqual([0.5])
    expect(statistics.figureOf(file, 'cpu')).toEqual([1.5])
    expect(statistics.figureOf(file, 'cpu', 'receiver')).toEqual([1])
    expect(statistics.figureOf(file, 'memory')).toEqual([70])
    expect(statistics.figureOf(file, 'loop')).toEqual([3])
    expect(statistics.figureOf(file, 'failed')).toEqual([1])
    const calls = [{ seconds: 2, operations: 1000, sides: { server: { cpu: 0.1 } } }]
    expect(statistics.figureOf(calls, 'rate')).toEqual([500])
    expect(statistics.figureOf(calls, 'time')).toEqual([2])
    expect(statistics.figureOf(calls, 'cpu')?.[0]).toBeCloseTo(100)
  })

  it('knows no figure that one of the samples lacks', () => {
    expect(statistics.figureOf([{ seconds: 1, sides: { sender: { cpu: 1 }, receiver: {} } }], 'cpu')).toBeUndefined()
    expect(statistics.figureOf([{ seconds: 1 }], 'failed')).toBeUndefined()
    expect(statistics.figureOf([], 'rate')).toBeUndefined()
  })
})

describe('verdicts of the benchmarks', () => {
  it('takes the ratios of the same rounds, then their median', () => {
    // the medians of both columns alone would give 1 / 1.7
    const samples = { raw: copies(1, 1.2, 1), push: copies(2, 1.5, 1.7) }
    expect(judge(ratio(0.55), 'push', suite, samples)).toMatchObject({ verdict: 'reached', by: 'time', text: 'at least 0.55 x raw' })
    expect(judge(ratio(0.55), 'push', suite, samples).value).toBeCloseTo(1 / 1.7)
    expect(judge(ratio(0.6), 'push', suite, samples).verdict).toBe('missed')
  })

  it('tells the aim beyond the goal by itself', () => {
    const samples = { raw: copies(1), push: copies(1.6) }
    expect(judge(ratio(0.55, 0.65), 'push', suite, samples)).toMatchObject({ verdict: 'reached', aim: '0.65 missed' })
    expect(judge(ratio(0.55, 0.6), 'push', suite, samples)).toMatchObject({ verdict: 'reached', aim: '0.6 reached' })
  })

  it('judges by CPU time when the baseline differs by more than 1.3', () => {
    const [raw, push] = [copies(1, 1.4, 1), copies(1.1, 1.2, 1.1)]
    const dear = judge(ratio(0.55), 'push', suite, { raw: withCpu(raw, 1), push: withCpu(push, 2.5) })
    expect(dear).toMatchObject({ verdict: 'missed', by: 'CPU time', cpu: 0.4 })
    const cheap = judge(ratio(0.55), 'push', suite, { raw: withCpu(raw, 1), push: withCpu(push, 1.6) })
    expect(cheap).toMatchObject({ verdict: 'reached', by: 'CPU time' })
    // steady enough: times count
    const steady = judge(ratio(0.55), 'push', suite, { raw: withCpu(copies(1, 1.3, 1), 1), push: withCpu(push, 2.5) })
    expect(steady).toMatchObject({ verdict: 'reached', by: 'time' })
  })

  it('gives a verdict without CPU time only where every round says the same', () => {
    const raw = copies(1, 1.4, 1)
    expect(judge(ratio(0.55), 'push', suite, { raw, push: copies(1.1, 1.2, 1.1) })).toMatchObject({ verdict: 'reached', by: 'every round' })
    expect(judge(ratio(0.55), 'push', suite, { raw, push: copies(3, 4, 5) })).toMatchObject({ verdict: 'missed', by: 'every round' })
    expect(judge(ratio(0.55), 'push', suite, { raw, push: copies(3, 1, 1) })).toMatchObject({ verdict: 'no verdict' })
  })

  it('compares times where less is better', () => {
    const commands: Suite = { measure: 'time', scenarios: { node: {}, send: { baseline: 'node' } } }
    const samples = { node: [{ seconds: 0.02 }], scp: [{ seconds: 0.2 }], send: [{ seconds: 0.06 }] }
    expect(judge({ figure: 'ratio', of: 'scp', most: 0.35 }, 'send', commands, samples)).toMatchObject({ verdict: 'reached' })
    const above = judge({ figure: 'time', above: 'node', most: 30 }, 'send', commands, samples)
    expect(above.verdict).toBe('missed')
    expect(above.value).toBeCloseTo(40)
  })

  it('compares the largest memory of all rounds', () => {
    const memory = (...most: number[]): Sample[] => most.map(one => ({ seconds: 1, octets: GIB, sides: { receiver: { memory: one } } }))
    const samples = { raw: memory(50, 60), push: memory(61, 70) }
    expect(judge({ figure: 'memory', most: 69 }, 'push', suite, samples)).toMatchObject({ verdict: 'missed', value: 70 })
    expect(judge({ figure: 'memory', above: 'raw', most: 10 }, 'push', suite, samples)).toMatchObject({ verdict: 'reached', value: 10 })
    expect(judge({ figure: 'memory', of: 'raw', most: 1.1 }, 'push', suite, samples)).toMatchObject({ verdict: 'missed' })
  })

  it('tells the same figure of the floor beside the value of a goal', () => {
    const floored: Suite = { scenarios: { raw: {}, least: { baseline: 'raw' }, push: { baseline: 'raw', floor: 'least' } } }
    const samples = { raw: withCpu(copies(1, 2), 1), least: withCpu(copies(2, 4), 2), push: withCpu(copies(4, 8), 4) }
    expect(judge(ratio(0.4), 'push', floored, samples)).toMatchObject({ value: 0.25, floor: { name: 'least', value: 0.5 } })
    expect(judge({ figure: 'cpu', of: 'raw', most: 3 }, 'push', floored, samples).floor).toEqual({ name: 'least', value: 2 })
    expect(judge({ figure: 'time', above: 'raw', most: 1 }, 'push', floored, samples).floor?.value).toBe(1500)
    // the floor has no such figure, or was left out
    expect(judge({ figure: 'memory', most: 3 }, 'push', floored, samples).floor).toBeUndefined()
    expect(judge(ratio(0.4), 'push', floored, { raw: samples.raw, push: samples.push }).floor).toBeUndefined()
  })

  it('gives no verdict where one of the two was not measured', () => {
    const left = { push: copies(1) }
    expect(judge(ratio(0.5), 'push', suite, left).verdict).toBe('no verdict')
    expect(judge({ figure: 'memory', above: 'raw', most: 10 }, 'push', suite, left).verdict).toBe('no verdict')
    expect(judge({ figure: 'rate', of: 'raw', least: 2 }, 'push', suite, left).verdict).toBe('no verdict')
    expect(judge({ figure: 'loop', most: 10 }, 'push', suite, left).verdict).toBe('no verdict')
  })
})

describe('npm run bench', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cpmft-bench-test-'))
    write(
      'good',
      "{ raw: { run: () => ({ seconds: 1 }) }, slow: { baseline: 'raw', run: () => ({ seconds: 9 }), goals: [{ figure: 'ratio', least: 1 }] } }",
    )
    write('broken', "{ raw: { run: () => ({ seconds: 1 }) }, bad: { baseline: 'raw', run: () => { throw new Error('it broke') } } }")
    write('empty', '{ bad: { run: () => ({ seconds: 1, octets: 0 }) } }')
    const memory = (most: number): string => `run: () => ({ seconds: 1, sides: { receiver: { memory: ${most} } } })`
    write(
      'growing',
      `{ small: { ${memory(50)} }, large: { ${memory(90)}, goals: [{ figure: 'memory', above: 'small', most: 32, hard: true }] } }`,
    )
    write('absent', "{ foreign: { needs: ['no-such-program'], run: () => ({ seconds: 1 }) }, raw: { run: () => ({ seconds: 1 }) } }")
    write(
      'turning',
      '{ a: { run: () => tell(1) }, b: { run: () => tell(2) }, c: { run: () => tell(3) } }',
      'let log = ""; const tell = n => { log += n; console.log(log); return { seconds: 1 } }',
    )
    write(
      'flaky',
      '{ a: { run: () => { if (first) { first = false; throw new Error("not now") } return { seconds: 1 } } } }',
      'let first = true',
    )
    writeFileSync(join(folder, 'wrong.mjs'), 'import "./not-there.mjs"\n')
    const names = ['good', 'broken', 'empty', 'growing', 'absent', 'turning', 'flaky', 'wrong']
    const entries = names.map(name => `${name}: './${name}.mjs'`).join(', ')
    writeFileSync(join(folder, 'suites.mjs'), `export const SUITES = { ${entries} }\n`)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  function write(name: string, scenarios: string, more = ''): void {
    writeFileSync(
      join(folder, `${name}.mjs`),
      `${more}\nexport const suite = { name: '${name}', title: 'a test', scenarios: ${scenarios} }\n`,
    )
  }

  function bench(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    return spawnSync(process.execPath, ['bench/run.mjs', '--suites', join(folder, 'suites.mjs'), ...args], { encoding: 'utf8' })
  }

  it('never fails because something is slow', () => {
    const { status, stdout } = bench('good', '--rounds', '2')
    expect(stdout).toContain('missed')
    expect(status).toBe(0)
  })

  it('fails when a scenario breaks, and runs the others all the same', () => {
    for (const form of [['--rounds', '1'], ['--short']]) {
      const { status, stdout, stderr } = bench('broken', 'good', ...form)
      expect(stdout).toContain('BROKEN      bad: it broke')
      expect(stdout).toContain('good: a test')
      expect(stderr).toContain('failed: broken, bad: it broke')
      expect(status).toBe(1)
    }
  })

  it('tries once more what breaks, and tells that', () => {
    const { status, stdout } = bench('flaky', '--short')
    expect(stdout).toContain('once more   a: not now')
    expect(stdout).not.toContain('BROKEN')
    expect(status).toBe(0)
  })

  it('fails when nothing went through', () => {
    expect(bench('empty', '--short')).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing went through') as string })
  })

  it('fails when memory grows with the size, in the short form too', () => {
    for (const form of [['--rounds', '1'], ['--short']]) {
      const { status, stderr } = bench('growing', ...form)
      expect(stderr).toContain('missed: peak memory at most 32 MB above that of small')
      expect(status).toBe(1)
    }
  })

  it('fails when a suite cannot be loaded, and runs the others all the same', () => {
    const { status, stdout, stderr } = bench('wrong', 'good', '--short')
    expect(stderr).toContain('failed: wrong: ')
    expect(stdout).toContain('good: a test')
    expect(status).toBe(1)
  })

  it('tells what it skipped and why', () => {
    const { status, stdout } = bench('absent', '--short')
    expect(stdout).toContain('skipped     foreign: no-such-program not installed')
    expect(status).toBe(0)
  })

  it('turns the order from round to round and drops the first round', () => {
    const json = join(folder, 'turning.json')
    const { stdout } = bench('turning', '--rounds', '2', '--json', json)
    expect(stdout).toContain('123231312')
    const { suites } = JSON.parse(readFileSync(json, 'utf8')) as { suites: { samples: Record<string, unknown[]> }[] }
    expect(suites[0]?.samples['a']).toHaveLength(2)
  })

  it('puts a suite that was measured once more in the place of the older one, and marks it', () => {
    const json = join(folder, 'again.json')
    const read = () => JSON.parse(readFileSync(json, 'utf8')) as { seconds: number; suites: { name: string; again?: true }[] }
    bench('good', 'turning', '--short', '--json', json)
    const { seconds } = read()
    bench('turning', '--short', '--again', '--json', json)
    expect(read()).toMatchObject({ seconds, suites: [{ name: 'good' }, { name: 'turning', again: true }] })
    expect(read().suites[0]?.again).toBeUndefined()
    expect(bench('good', '--again').status).toBe(2)
  })

  it('knows its suites', () => {
    const { status, stderr } = bench('no-such-suite')
    expect(stderr).toContain('there is no suite "no-such-suite"; there are: good, broken')
    expect(status).toBe(2)
  })

  it('wants whole numbers', () => {
    expect(bench('good', '--rounds', '0').status).toBe(2)
    expect(bench('good', '--rounds', 'many').status).toBe(2)
  })
})
