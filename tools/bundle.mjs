#!/usr/bin/env node
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { rolldown } from 'rolldown'
import { FILES, LATE_FILES } from './late-code.mjs'
import { ROOT } from './places.mjs'

/**
 * Puts the command line into a few files, `dist/bin`, and the library into others, `dist/lib`: loading hundreds of small modules takes several
 * times as long as everything else that a short command does, and 12 MB of memory more. Needs what `tsc -b src/cli src/testkit` made.
 */

const OUT = join(ROOT, 'dist/bin')
const LIBRARY = join(ROOT, 'dist/lib')
/** Packages with native parts or that may be absent; they are loaded from where they are installed. */
const EXTERNAL = ['libsql', 'pg', 'pg-native', 'sharp', 'bufferutil', 'utf-8-validate']
/**
 * Packages in CommonJS that every client loads. They travel with the library too: Node reads through such a package for the names it exports
 * when a module imports it, which takes 5 to 7 MB of memory for `saxes`.
 */
const INLINED = /^(?:saxes|xmlchars|sanitize-filename|truncate-utf8-bytes)(?:\/|$)/

/** What none of our modules does by being loaded: a command gets the few it uses and not a whole room. */
const TREESHAKE = {
  moduleSideEffects: [
    { test: /[\\/]node_modules[\\/]/, sideEffects: true },
    { test: /[\\/]dist[\\/](?!cli[\\/]launch|node[\\/]hash-worker)/, sideEffects: false },
  ],
}
/** Engines keep a text with a single letter outside Latin-1 in twice the memory, and read it more slowly. */
const ASCII = { name: 'ascii', generateBundle: (_, bundle) => Object.values(bundle).forEach(toAscii) }
/** Names and lines stay readable in what a fault prints; without comments and blanks there is a third less to read at each start. */
const MINIFY = { compress: false, mangle: false, codegen: true }

/** Packages that look for `require` in the browser, or evaluate on purpose, are as they are; and an `import()` may find what is there already. */
const QUIET = new Set(['EVAL', 'COMMONJS_VARIABLE_IN_ESM', 'INEFFECTIVE_DYNAMIC_IMPORT'])

const program = await bundleProgram()
const library = await bundleLibrary()
for (const [folder, files] of [
  [OUT, program],
  [LIBRARY, library],
])
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licences(files.flatMap(({ moduleIds }) => moduleIds ?? [])))
console.log(`bundle: ${program.length} files in ${relative(ROOT, OUT)}, ${library.length} in ${relative(ROOT, LIBRARY)}`)

/**
 * The command line: CommonJS, since Node 20 can keep compiled code of that and not of modules. First all that the commands do, then
 * what starts them, which is told the version and the name of the first file. @returns what was written
 */
async function bundleProgram() {
  rmSync(OUT, { recursive: true, force: true })
  const written = await write(
    // the thread is found beside the file that starts it
    { program: join(ROOT, 'dist/cli/start.js'), 'hash-worker': join(ROOT, 'dist/node/hash-worker.js') },
    {
      entryFileNames: ({ name }) => (name === 'program' ? '[name]-[hash].js' : '[name].js'),
      codeSplitting: { groups: FILES },
    },
  )
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const { fileName } = written.find(({ isEntry, name }) => isEntry && name === 'program')
  const define = { CPMFT_VERSION: JSON.stringify(version), CPMFT_PROGRAM: JSON.stringify(fileName) }
  const launcher = await write({ cpmft: join(ROOT, 'dist/cli/launch.js') }, {}, { define })
  writeFileSync(join(OUT, 'package.json'), '{ "type": "commonjs" }\n')
  return [...written, ...launcher]
}

async function write(input, options, transform = {}) {
  const build = await rolldown({
    input,
    platform: 'node',
    external: EXTERNAL,
    preserveEntrySignatures: 'allow-extension',
    treeshake: TREESHAKE,
    transform,
    plugins: [LATE_FILES, ASCII],
    onLog: (level, log, next) => {
      if (!QUIET.has(log.code)) next(level, log)
    },
  })
  const { output } = await build.write({
    dir: OUT,
    format: 'cjs',
    // V8's kept code forgets who answers an `import()`
    dynamicImportInCjs: false,
    // as modules are
    strict: true,
    comments: { legal: true },
    minify: MINIFY,
    chunkFileNames: '[name]-[hash].js',
    ...options,
  })
  await build.close()
  return output
}

/**
 * Every entry of the package in one go, so that they share what they have in common: an error is of the same class wherever it is imported from.
 * Most packages stay outside; their own versions and licences come with them. @returns what was written
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
    external: id => /^[@a-z]/i.test(id) && !INLINED.test(id),
    plugins: [ASCII],
  })
  const { output } = await library.write({
    dir: LIBRARY,
    format: 'esm',
    minify: MINIFY,
    chunkFileNames: '[name]-[hash].js',
  })
  await library.close()
  return output
}

function toAscii(chunk) {
  chunk.code = chunk.code.replace(/[^\0-\x7f]/g, letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
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
