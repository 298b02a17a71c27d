import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

/** Loads the built package as users do, then lists what was loaded with it. */
const SCRIPT = `
import { createRequire } from 'node:module'
await import(${JSON.stringify(new URL('../../dist/node/index.js', import.meta.url).href)})
process.stdout.write(JSON.stringify(Object.keys(createRequire(import.meta.url).cache)))
`

it('loads the libraries for WebSocket, certificates and icons only when they are needed', () => {
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', SCRIPT], { encoding: 'utf8' })
  expect(status).toBe(0)
  const loaded = JSON.parse(stdout) as string[]
  const heavy = loaded.filter(path => /node_modules[\\/](?:ws|sharp|reflect-metadata|@peculiar)[\\/]/.test(path))
  expect(heavy).toEqual([])
  // the list is one: a library that is always needed is on it
  expect(loaded.some(path => path.includes('sanitize-filename'))).toBe(true)
})
