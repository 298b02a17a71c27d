import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { TEST_REPORT } from './places.mjs'

/**
 * Vitest reporter: writes what `conformance.mjs` reads and closes the run with one plain line for scripts,
 * `N passed, N failed, N skipped`. A file that could not be loaded counts as one failed test.
 *
 * Report: `{ complete, tests: [{ file, title, state }] }`, without times, so that two equal runs give equal reports.
 */
export default class TestReport {
  #vitest

  onInit(vitest) {
    this.#vitest = vitest
  }

  onTestRunEnd(modules, unhandledErrors, reason) {
    const tests = modules.flatMap(module => this.#testsOf(module))
    tests.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0))
    mkdirSync(dirname(TEST_REPORT), { recursive: true })
    writeFileSync(TEST_REPORT, `${JSON.stringify({ complete: reason !== 'interrupted', tests }, undefined, 1)}\n`)
    const count = state => tests.filter(test => test.state === state).length
    const failed = count('failed') + unhandledErrors.length
    process.stdout.write(`\n${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped\n`)
  }

  #testsOf(module) {
    const file = relative(this.#vitest.config.root, module.moduleId).replaceAll('\\', '/')
    const tests = [...module.children.allTests()].map(test => ({ file, title: test.fullName, state: stateOf(test) }))
    if (module.errors().length > 0 || (tests.length === 0 && module.state() === 'failed')) {
      tests.push({ file, title: '(file does not load)', state: 'failed' })
    }
    return tests
  }
}

/** A test that never ran to its end counts as failed, not as skipped. */
function stateOf(test) {
  const { state } = test.result()
  return state === 'passed' || state === 'skipped' ? state : 'failed'
}
