#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { start } from './start.js'

/** The command line from its single modules, for tests; what is installed begins in `launch.ts`. */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
await start(version, process.argv.slice(2))
