import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cpmft-layers-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

function layers(): { status: number | null; lines: string[] } {
  const { status, stderr } = spawnSync(process.execPath, ['tools/layers.mjs', root], { encoding: 'utf8' })
  return { status, lines: stderr.split('\n').filter(line => line !== '') }
}

describe('tools/layers', () => {
  it('accepts imports that point down and enter through the index', () => {
    put('src/wire/text.ts', 'export const a = 1\n')
    put('src/msrp/uri.ts', "import { a } from '../wire/index.js'\nimport type { B } from './path.js'\nexport const b: B = a\n")
    put('src/node/host.ts', "import { connect } from 'node:net'\nexport const c = connect\n")
    put('src/client/index.ts', "export * from './client.js'\n")
    put('src/wire/xml.ts', "import { SaxesParser } from 'saxes'\nexport const d = SaxesParser\n")
    put(
      'src/web/app/page.ts',
      "import type {\n  A,\n} from '../protocol/index.js'\nimport { B } from '../protocol/limits.js'\nexport const e: A = B\n",
    )
    expect(layers()).toEqual({ status: 0, lines: [] })
  })

  it.each([
    ['an arrow that points up', 'src/wire/text.ts', "import { a } from '../msrp/index.js'\n", '"wire" must not import "msrp"'],
    ['siblings that know one another', 'src/sdp/text.ts', "import type { A } from '../sip/index.js'\n", '"sdp" must not import "sip"'],
    ['a side door', 'src/cpm/offer.ts', "import { a } from '../sdp/file-media.js'\n", 'enter "sdp" through its index.js'],
    [
      'an arrow from the focus to the client',
      'src/focus/roster.ts',
      "import { a } from '../client/index.js'\n",
      '"focus" must not import "client"',
    ],
    ['a focus that knows of its users', 'src/cpm/session.ts', "import { a } from '../focus/index.js'\n", '"cpm" must not import "focus"'],
    [
      'a platform module in the focus',
      'src/focus/guard.ts',
      "import { now } from 'node:perf_hooks'\n",
      '"focus" must not import "node:perf_hooks"',
    ],
    ['a dynamic import', 'src/wire/text.ts', "const a = await import('../cpm/index.js')\n", '"wire" must not import "cpm"'],
    [
      'a platform module in a core room',
      'src/sip/digest.ts',
      "import { createHash } from 'node:crypto'\n",
      '"sip" must not import "node:crypto"',
    ],
    [
      'schemas in the page',
      'src/web/app/places/wire/wire-store.ts',
      "import {\n  A,\n  type B,\n} from '../../../protocol/index.js'\n",
      'only types may be imported from ../../../protocol/index.js',
    ],
    ['a package in the client', 'src/client/client.ts', "import mime from 'mime'\n", '"client" must not import "mime"'],
    ['a package beside the door for it', 'src/cpim/imdn.ts', "import { SaxesParser } from 'saxes'\n", '"cpim" must not import "saxes"'],
    ['another package at that door', 'src/wire/xml.ts', "import { parse } from 'mime'\n", '"wire" must not import "mime"'],
    ['an import over several lines', 'src/wire/text.ts', "import {\n  a,\n} from '../sip/index.js'\n", '"wire" must not import "sip"'],
    ['a re-export outside the door', 'src/wire/text.ts', "export { a } from './percent.js'\n", 'only index.ts re-exports'],
    ['a hidden clock', 'src/cpm/session.ts', 'export const a = () => new Date()\n', 'new Date() reads the clock'],
    ['a vague name', 'src/msrp/chunk-helpers.ts', 'export {}\n', 'the name says nothing'],
    ['a file name in camel case', 'src/msrp/chunkReader.ts', 'export {}\n', 'kebab-case'],
    ['an unknown room', 'src/attic/box.ts', 'export {}\n', 'unknown room "attic"'],
    ['a file of 501 lines', 'src/msrp/long.ts', 'export {}\n'.repeat(501), '501 lines'],
    ['a path of one machine', 'docs/a.md', `see ${['', 'home', 'ann', 'x'].join('/')}\n`, 'path of one machine'],
    ['a reference that opens a wall', 'src/wire/tsconfig.json', '{ "references": [{ "path": "../sip" }] }', 'must not refer to "sip"'],
  ])('refuses %s', (_, path, text, complaint) => {
    put(path, text)
    const { status, lines } = layers()
    expect(status).toBe(1)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(path)
    expect(lines[0]).toContain(complaint)
  })

  it('takes no text that looks like an import for one', () => {
    put('src/sip/text.ts', "const a = [headers.from, ', ', from ?? ' | '].join('from')\nconst from = '../cpm/index.js'\n")
    expect(layers()).toEqual({ status: 0, lines: [] })
  })

  it('accepts a file of 500 lines and words in comments', () => {
    put('src/msrp/long.ts', "export {}\n// import { a } from '../sip/index.js'\n".repeat(250))
    expect(layers()).toEqual({ status: 0, lines: [] })
  })
})
