#!/usr/bin/env node
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './places.mjs'

/** Runs every generator of documents, also after one of them failed; `--check` is handed on. Needs `npm test` before. */
const GENERATORS = ['benchmarks', 'machines', 'limits', 'errors', 'cli-reference', 'snippets', 'conformance']

for (const name of GENERATORS) {
  const path = join(ROOT, 'tools', `${name}.mjs`)
  if (!existsSync(path)) continue
  const { status } = spawnSync(process.execPath, [path, ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
