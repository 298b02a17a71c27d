#!/usr/bin/env node
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { rolldown } from 'rolldown'
import { ROOT } from './places.mjs'

/**
 * Puts the command line into a few files, `dist/bin`, and the library into others, `dist/lib`: loading hundreds of small modules takes several
 * times as long as everything else that a short command does, and 12 MB of memory more. Needs what `tsc -b src/cli src/testkit` made.
 */

const OUT = join(ROOT, 'dist/bin')
const LIBRARY = join(ROOT, 'dist/lib')
/** Packages with native parts or that may be absent; they are loaded from where they are installed. */
const EXTERNAL = ['libsql', 'pg', 'pg-native', 'sharp', 'bufferutil', 'utf-8-validate']

rmSync(OUT, { recursive: true, force: true })
const build = await rolldown({
  // the thread is found beside the file that starts it
  input: { cpmft: join(ROOT, 'dist/cli/main.js'), 'hash-worker': join(ROOT, 'dist/node/hash-worker.js') },
  platform: 'node',
  external: EXTERNAL,
  // none of our modules does anything by being loaded but the two that start: a command gets the few it uses and not a whole room
  treeshake: {
    moduleSideEffects: [
      { test: /[\\/]node_modules[\\/]/, sideEffects: true },
      { test: /[\\/]dist[\\/](?!cli[\\/]main|node[\\/]hash-worker)/, sideEffects: false },
    ],
  },
  onLog: (level, log, next) => {
    // packages that look for `require` in the browser, or evaluate on purpose, are as they are
    if (log.code !== 'EVAL' && log.code !== 'COMMONJS_VARIABLE_IN_ESM') next(level, log)
  },
})
const { output } = await build.write({
  dir: OUT,
  format: 'esm',
  comments: { legal: true },
  // names and lines stay readable in what a fault prints; without comments and blanks there is a third less to read at each start
  minify: { compress: false, mangle: false, codegen: true },
  // every command needs these, and few need the rest of their room
  codeSplitting: { groups: [{ name: 'errors', test: /[\\/]dist[\\/]client[\\/](?:errors|host)\.js$/ }] },
  chunkFileNames: '[name]-[hash].js',
})
await build.close()
writeFileSync(join(OUT, 'THIRD-PARTY-LICENSES.txt'), licences(output.flatMap(chunk => chunk.moduleIds ?? [])))
console.log(`bundle: ${output.length} files in ${relative(ROOT, OUT)}, ${await bundleLibrary()} in ${relative(ROOT, LIBRARY)}`)

/**
 * Every entry of the package in one go, so that they share what they have in common: an error is of the same class wherever it is imported from.
 * Packages stay outside; their own versions and licences come with them. @returns number of files
 */
async function bundleLibrary() {
  rmSync(LIBRARY, { recursive: true, force: true })
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const entries = Object.values(exports).map(entry => /\/lib\/([\w-]+)\.js$/.exec(entry.default)[1])
  const library = await rolldown({
    // the thread is found beside the file that starts it
    input: {
      ...Object.fromEntries(entries.map(room => [room, join(ROOT, 'dist', room, 'index.js')])),
      'hash-worker': join(ROOT, 'dist/node/hash-worker.js'),
    },
    platform: 'node',
    external: id => /^[@a-z]/i.test(id),
  })
  const { output: files } = await library.write({
    dir: LIBRARY,
    format: 'esm',
    minify: { compress: false, mangle: false, codegen: true },
    chunkFileNames: '[name]-[hash].js',
  })
  await library.close()
  return files.length
}

/** The terms of every package that went in, since its text now travels with ours. */
function licences(moduleIds) {
  const folders = new Set(moduleIds.flatMap(id => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []))
  return [...folders].sort().map(licence).join('\n')
}

function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find(entry => /^(licen[cs]e|copying)/i.test(entry) && existsSync(join(folder, entry)))
  const terms = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim()
  return `${name} ${version} (${license})\n\n${terms}\n\n${'-'.repeat(80)}\n`
}
