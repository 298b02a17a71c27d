#!/usr/bin/env node
import module, { createRequire } from 'node:module'
import { ChunkLoader } from './chunk-loader.js'
import { CodeCache, codeCachePath } from './code-cache.js'

/** Both are filled in by the bundler: the version of the package, and the file that holds `start`; its name changes with its content. */
declare const CPMFT_VERSION: string
declare const CPMFT_PROGRAM: string

type Program = typeof import('./start.js')

/** The command line as it is installed. Most of the time of a short command is the compiling of its own code, so that is kept between runs. */
async function launch(args: readonly string[]): Promise<void> {
  const { enableCompileCache } = module as { enableCompileCache?: () => unknown }
  if (enableCompileCache !== undefined) {
    enableCompileCache()
    const { start } = createRequire(import.meta.url)(`./${CPMFT_PROGRAM}`) as Program
    return start(CPMFT_VERSION, args)
  }
  const path = codeCachePath(args, `${CPMFT_VERSION}-${CPMFT_PROGRAM}`)
  const cache = new CodeCache(path)
  const loader = new ChunkLoader(import.meta.dirname, cache)
  const { start } = loader.load(CPMFT_PROGRAM) as Program
  // words that are no command would fill the folder
  return start(CPMFT_VERSION, args, exit => {
    if (exit === 0) cache.save(loader.scripts)
  })
}

const args = process.argv.slice(2)
if (args.length === 1 && args[0] === '--version') process.stdout.write(`${CPMFT_VERSION}\n`)
else void launch(args)
