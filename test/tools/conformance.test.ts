import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

interface Test {
  readonly file: string
  readonly title: string
  readonly state: 'passed' | 'failed' | 'skipped'
}
interface Outcome {
  readonly text: string
  readonly problems: readonly string[]
  readonly notes: readonly string[]
}

// The tools are plain JavaScript without declarations.
const tool = new URL('../../tools/conformance-document.mjs', import.meta.url).href
const { conformanceDocument } = (await import(tool)) as { conformanceDocument: (input: object) => Outcome }

const requirements = {
  sections: [
    {
      prefix: 'CR',
      title: 'Change request',
      todo: 'later',
      rows: [
        { id: 'CR-1', level: 'SHALL', text: 'One' },
        { id: 'CR-2', level: 'SHALL', text: 'Two', todo: 'groups' },
        { id: 'CR-3', level: 'MAY', text: 'Three', notPlanned: 'out of scope' },
      ],
    },
  ],
  decisions: [{ id: 'D-1', text: 'Decided' }],
}

function judge(tests: readonly Test[], more: object = {}): Outcome {
  const testFiles = [...new Set(tests.map(test => test.file))]
  return conformanceDocument({ requirements, report: { complete: true, tests }, testFiles, strict: false, ...more })
}
function test(title: string, state: Test['state'] = 'passed'): Test {
  return { file: 'test/msrp/chunk.test.ts', title, state }
}
function row(outcome: Outcome, id: string): string | undefined {
  return outcome.text.split('\n').find(line => line.startsWith(`| ${id} |`))
}

describe('tools/conformance', () => {
  it('lists the row of a passed test as pass and gives the others their reasons', () => {
    const outcome = judge([test('chunk > ends @req CR-1')])
    expect(outcome.problems).toEqual([])
    expect(row(outcome, 'CR-1')).toBe('| CR-1 | pass | SHALL | One | `msrp/chunk` chunk: ends |')
    expect(row(outcome, 'CR-2')).toBe('| CR-2 | todo | SHALL | Two | groups |')
    expect(row(outcome, 'CR-3')).toBe('| CR-3 | not planned | MAY | Three | out of scope |')
    expect(outcome.text).toContain('**1 of 3 rows pass** (1 of 2 SHALL), 1 are todo, 1 are not planned.')
  })

  it('names three tests of a row and counts the rest, in an order that does not depend on the run', () => {
    const tests = ['d', 'b', 'a', 'c', 'a'].map(title => test(`${title} @req CR-1 CR-2`))
    expect(row(judge(tests), 'CR-2')).toContain('| `msrp/chunk` a; `msrp/chunk` b; `msrp/chunk` c; and 1 more |')
    expect(judge(tests).text).toBe(judge([...tests].reverse()).text)
  })

  it('refuses a failed test, an unknown id, an unreadable tag and a run that was not whole', () => {
    expect(judge([test('a @req CR-1', 'failed')]).problems.join()).toContain('CR-1: "a @req CR-1" fails')
    expect(judge([test('a @req CR-9')]).problems.join()).toContain('names CR-9, which is no requirement')
    expect(judge([test('a @req CR-1, CR-2')]).problems.join()).toContain('unreadable @req tag')
    expect(judge([test('a')], { testFiles: ['test/msrp/chunk.test.ts', 'test/sip/uri.test.ts'] }).problems.join()).toContain(
      'test/sip/uri.test.ts: not in the last test run',
    )
    expect(judge([test('a')], { report: { complete: false, tests: [] }, testFiles: [] }).problems.join()).toContain('interrupted')
  })

  it('reads a tag on the suite as well', () => {
    expect(row(judge([test('chunk @req CR-1 D-1 > ends')]), 'CR-1')).toContain('pass')
    expect(row(judge([test('chunk @req CR-1 D-1 > ends')]), 'D-1')).toBe('| D-1 | pass | Decided | `msrp/chunk` chunk: ends |')
  })

  it('never counts a skipped test: the committed line stays, and a strict run refuses', () => {
    const tests = [test('a @req CR-1'), test('b @req CR-1', 'skipped')]
    expect(row(judge(tests), 'CR-1')).toContain('| todo |')
    const committed = '| CR-1 | pass | SHALL | One | from a full run |\n'
    const kept = judge(tests, { committed })
    expect(row(kept, 'CR-1')).toBe(committed.trim())
    expect(kept.text).toContain('**1 of 3 rows pass**')
    expect(kept.notes).toHaveLength(1)
    expect(judge(tests, { committed, strict: true }).problems.join()).toContain('was skipped')
  })

  it('knows every row of the requirements once', () => {
    const file = new URL('../../tools/requirements.json', import.meta.url)
    const real = JSON.parse(readFileSync(file, 'utf8')) as typeof requirements
    const ids = real.sections.flatMap(section => section.rows.map(entry => entry.id))
    expect(ids).toHaveLength(344)
    expect(new Set(ids).size).toBe(344)
    for (const section of real.sections) for (const { id } of section.rows) expect(id.split('-')[0]).toBe(section.prefix)
  })
})
