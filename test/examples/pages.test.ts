import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const top = fileURLToPath(new URL('../..', import.meta.url))

it('the pages of the rooms show the examples as they are', () => {
  const { status, stderr } = spawnSync(process.execPath, ['tools/snippets.mjs', '--check'], { cwd: top, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
})

it.each(readdirSync(`${top}/docs/rooms`))('%s shows examples of at most 40 lines', page => {
  const shown = readFileSync(`${top}/docs/rooms/${page}`, 'utf8').match(/^<!-- examples\/.*$/gm) ?? []
  expect(shown.length).toBeGreaterThan(0)
  for (const marker of shown) {
    const example = readFileSync(`${top}/${marker.slice('<!-- '.length, -' -->'.length)}`, 'utf8')
    expect(example.trimEnd().split('\n').length).toBeLessThanOrEqual(40)
  }
})
