#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import module from 'node:module'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
const args = process.argv.slice(2)

if (args.length === 1 && args[0] === '--version') process.stdout.write(`${version}\n`)
else {
  // Compiled code of these files, kept from one run to the next: Node 22 and later
  const { enableCompileCache } = module as { enableCompileCache?: (folder?: string) => unknown }
  enableCompileCache?.()
  // `cpmft trace FILE | head` closes the pipe early; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  const [{ runProgram }, { processContext }] = await Promise.all([import('./program.js'), import('./process-context.js')])
  process.exitCode = await runProgram(processContext(version), args)
  // Everything is closed by now; should something have been left open, the command must end all the same.
  setTimeout(() => process.exit(), 2000).unref()
}
