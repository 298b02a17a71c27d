import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { tempFolder } from './temp-folder.js'

/** A receiver that is killed in the middle of a file; runs the built package, as users do. */
const RECEIVER = `
import { nodeHost } from ${JSON.stringify(new URL('../../dist/node/node-host.js', import.meta.url).href)}
const host = nodeHost()
const sink = await host.create({ into: process.argv[2], name: 'photo.jpg', size: 8_000_000, onConflict: 'rename', hash: true })
sink.write(0, new Uint8Array(4_000_000))
await sink.drained()
process.stdout.write('half')
setInterval(() => {}, 1000)
`

it('leaves nothing under the final name when the process is killed mid-file @req RCV-11', async () => {
  const folder = tempFolder()
  const script = `${folder}/receiver.mjs`
  writeFileSync(script, RECEIVER)
  const child = spawn(process.execPath, [fileURLToPath(new URL(`file://${script}`)), folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [said] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
    expect(String(said)).toBe('half')
  } finally {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  const left = readdirSync(folder).filter(name => name !== 'receiver.mjs')
  expect(left).toHaveLength(1)
  expect(left[0]).toMatch(/^\.photo\.jpg\.[0-9a-f]+\.cpmft-part$/)
})
