import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const top = fileURLToPath(new URL('../..', import.meta.url))

it('the pages of the rooms show the examples as they are', () => {
  const { status, stderr } = spawnSync(process.execPath, ['tools/snippets.mjs', '--check'], { cwd: top, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
})

it.each(readdirSync(`${top}/docs/rooms`))('%s shows one example of at most 40 lines', page => {
  const shown = readFileSync(`${top}/docs/rooms/${page}`, 'utf8').match(/^<!-- examples\/.*$/gm) ?? []
  expect(shown).toHaveLength(1)
  const example = readFileSync(`${top}/${shown[0]?.slice('<!-- '.length, -' -->'.length)}`, 'utf8')
  expect(example.trimEnd().split('\n').length).toBeLessThanOrEqual(40)
})
