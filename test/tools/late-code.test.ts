import { compileFunction } from 'node:vm'
import { describe, expect, it } from 'vitest'

const { LATE_FILES } = (await import(new URL('../../tools/late-code.mjs', import.meta.url).href)) as {
  LATE_FILES: { renderChunk(code: string): string }
}

/** Runs a file of the bundle; `loaded` tells what it asked for so far. */
function run(code: string, modules: Record<string, unknown> = {}): { exports: Record<string, unknown>; loaded: string[] } {
  const loaded: string[] = []
  const exports: Record<string, unknown> = {}
  const require = (name: string): unknown => {
    loaded.push(name)
    return modules[name]
  }
  compileFunction(LATE_FILES.renderChunk(code), ['exports', 'require'])(exports, require)
  return { exports, loaded }
}

describe('a late file of the bundle', () => {
  const code = `const require_other = require("./other.js");
const require_late_part = require("./late-part.js");
function make() { return new require_late_part.Part(require_late_part.size); }
exports.make = make;
exports.other = require_other.name;`
  class Part {
    constructor(readonly size: number) {}
  }

  it('is loaded when something of it is used for the first time, and once', () => {
    const { exports, loaded } = run(code, { './other.js': { name: 'x' }, './late-part.js': { Part, size: 7 } })
    expect(loaded).toEqual(['./other.js'])
    expect(exports['other']).toBe('x')
    const made = (exports['make'] as () => Part)()
    expect(made).toBeInstanceOf(Part)
    expect(made.size).toBe(7)
    ;(exports['make'] as () => Part)()
    expect(loaded).toEqual(['./other.js', './late-part.js'])
  })

  it('gives what never changes as it is, and everything else by a function', () => {
    const exported = (key: string, name: string) =>
      `Object.defineProperty(exports, "${key}", {\n  enumerable: true,\n  get: function () {\n    return ${name};\n  }\n});\n`
    const { exports } = run(
      `const fixed = 1;\nfunction work() {}\nasync function later() {}\nvar Kind = class {};\nlet count = 1;\nvar old = 1;\n` +
        exported('a', 'fixed') +
        exported('b', 'work') +
        exported('c', 'later') +
        exported('d', 'Kind') +
        exported('e', 'count') +
        exported('f', 'old') +
        'exports.add = () => { count++; old++ };',
    )
    const plain = (key: string): boolean => Object.getOwnPropertyDescriptor(exports, key)?.get === undefined
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map(plain)).toEqual([true, true, true, true, false, false])
    expect(exports['a']).toBe(1)
    ;(exports['add'] as () => void)()
    expect([exports['e'], exports['f']]).toEqual([2, 2])
  })

  it('takes a part of Node with all its names and itself as the default', () => {
    const path = { join: () => 'joined' }
    const { exports } = run(
      'let node_path = require("node:path");\nnode_path = require_rolldown_runtime.__toESM(node_path, 1);\n' +
        'exports.named = node_path.join();\nexports.whole = node_path.default;',
      { 'node:path': path },
    )
    expect(exports).toEqual({ named: 'joined', whole: path })
  })
})
