import { cell } from './generated.mjs'

/** So many tests are named per row; the rest is counted. */
const NAMED_TESTS = 3

/**
 * Builds `docs/conformance.md` from the rows, the report of a whole test run and the committed document.
 *
 * A row passes when at least one test carries its id and all of them passed. A skipped test proves nothing: its rows keep
 * the line that was committed from a run on a machine where it could run, so that the document does not depend on what is
 * installed here. With `strict` a skipped test is a problem.
 *
 * @returns {{ text: string, problems: string[], notes: string[] }} with problems the document must not be used
 */
export function conformanceDocument({ requirements, report, committed, testFiles, strict }) {
  const problems = wholeRunProblems(report, testFiles)
  const notes = []
  const known = new Set([...requirements.sections.flatMap(section => section.rows), ...requirements.decisions].map(row => row.id))
  const proofs = proofsById(report.tests, known, problems)
  const committedLines = new Map((committed ?? '').split('\n').map(line => [/^\| ([A-Z]+-\d+) \|/.exec(line)?.[1], line]))

  const judge = (row, reason) => {
    const tests = proofs.get(row.id) ?? []
    if (tests.length === 0) return row.notPlanned ? { status: 'not planned', why: row.notPlanned } : { status: 'todo', why: reason }
    for (const test of tests.filter(test => test.state === 'failed')) problems.push(`${row.id}: "${test.title}" fails (${test.file})`)
    const skipped = tests.filter(test => test.state === 'skipped')
    if (skipped.length > 0) {
      for (const test of skipped) (strict ? problems : notes).push(`${row.id}: "${test.title}" was skipped (${test.file})`)
      const line = committedLines.get(row.id)
      if (line !== undefined) return { status: /^\|[^|]*\| pass \|/.test(line) ? 'pass' : 'todo', line }
      return { status: 'todo', why: 'its tests wait for a run with everything installed' }
    }
    return { status: 'pass', why: named(tests) }
  }
  const judged = requirements.sections.map(section => ({
    ...section,
    rows: section.rows.map(row => ({ ...row, ...judge(row, row.todo ?? section.todo) })),
  }))
  const decisions = requirements.decisions.map(row => ({ ...row, ...judge(row, 'seen in the rows that follow from it') }))
  return { text: render(judged, decisions), problems, notes }
}

function wholeRunProblems(report, testFiles) {
  const ran = new Set(report.tests.map(test => test.file))
  const missing = testFiles.filter(file => !ran.has(file))
  const gone = [...ran].filter(file => !testFiles.includes(file))
  const problems = [...missing, ...gone].map(file => `${file}: not in the last test run`)
  if (!report.complete) problems.push('the last test run was interrupted')
  if (problems.length > 0) problems.push('run `npm test` (all of it) first')
  return problems
}

function proofsById(tests, known, problems) {
  const proofs = new Map()
  for (const test of tests) {
    for (const id of idsOf(test, problems)) {
      if (!known.has(id)) problems.push(`${test.file}: "${test.title}" names ${id}, which is no requirement`)
      proofs.set(id, [...(proofs.get(id) ?? []), test])
    }
  }
  return proofs
}

/** `… @req CR-9 MSRP-54` at the end of the title of a test or of a suite around it. */
function idsOf(test, problems) {
  const ids = new Set()
  for (const part of test.title.split('@req').slice(1)) {
    const [, list] = /^((?: [A-Z]+-\d+)+)(?: > |$)/.exec(part) ?? []
    if (list === undefined) problems.push(`${test.file}: "${test.title}" has an unreadable @req tag`)
    for (const id of list?.trim().split(' ') ?? []) ids.add(id)
  }
  return ids
}

function named(tests) {
  const titles = [...new Set(tests.map(test => `\`${stem(test.file)}\` ${cell(plainTitle(test.title))}`))].sort()
  const rest = titles.length - NAMED_TESTS
  return titles.slice(0, NAMED_TESTS).join('; ') + (rest > 0 ? `; and ${rest} more` : '')
}

function stem(file) {
  return file.replace(/^test\//, '').replace(/\.test\.ts$/, '')
}

function plainTitle(title) {
  return title.replace(/ @req(?: [A-Z]+-\d+)+/g, '').replaceAll(' > ', ': ')
}

function render(sections, decisions) {
  const all = sections.flatMap(section => section.rows)
  const count = (rows, status) => rows.filter(row => row.status === status).length
  const must = all.filter(row => row.level.startsWith('SHALL'))
  const lines = [
    '# Conformance',
    '',
    'Made by `npm run docs` from the titles and outcomes of the whole test run; not written by hand.',
    'A row passes when at least one test names it and every test that names it passed.',
    '',
    `**${count(all, 'pass')} of ${all.length} rows pass** (${count(must, 'pass')} of ${must.length} SHALL), ` +
      `${count(all, 'todo')} are todo, ${count(all, 'not planned')} are not planned.`,
    '',
    '| Section | Rows | pass | todo | not planned |',
    '|---|---|---|---|---|',
    ...sections.map(
      ({ prefix, title, rows }) =>
        `| ${prefix} ${cell(title)} | ${rows.length} | ${count(rows, 'pass')} | ${count(rows, 'todo')} | ${count(rows, 'not planned')} |`,
    ),
  ]
  for (const { prefix, title, rows } of sections) {
    lines.push('', `## ${prefix}: ${title}`, '', '| Row | Status | Level | What it asks | Tests, or why not |', '|---|---|---|---|---|')
    for (const row of rows) lines.push(row.line ?? `| ${row.id} | ${row.status} | ${row.level} | ${cell(row.text)} | ${row.why} |`)
  }
  lines.push('', '## D: decisions on open points', '', 'Not counted above.', '', '| Row | Status | Decision | Tests |', '|---|---|---|---|')
  for (const row of decisions) lines.push(row.line ?? `| ${row.id} | ${row.status} | ${cell(row.text)} | ${row.why} |`)
  return `${lines.join('\n')}\n`
}
