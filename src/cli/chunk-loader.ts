import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Script } from 'node:vm'

/** Code that was compiled before, by name of its file. */
export interface CompiledCode {
  get(name: string): Uint8Array | undefined
}

/** Looks a module up where the calling file lies. */
type Require = (name: string) => unknown

/** Parts of Node that many files name and few runs use: about a millisecond each, so they are loaded when something of them is asked for. */
const LATER: ReadonlySet<string> = new Set([
  'node:child_process',
  'node:dns',
  'node:dns/promises',
  'node:http',
  'node:https',
  'node:timers/promises',
  'node:tls',
  'node:worker_threads',
])

const BEFORE = '(function(exports,require,module,__filename,__dirname){'
const AFTER = '\n})'

/**
 * Loads the CommonJS files of one folder, which are plain ASCII, without compiling anew what was compiled before; everything else is left to Node.
 * They must not `import()`: code that was compiled before no longer knows who answers that.
 */
export class ChunkLoader {
  /** What was loaded, by name of its file. */
  readonly scripts = new Map<string, Script>()
  readonly #modules = new Map<string, { exports: unknown }>()
  readonly #others: Require

  constructor(
    private readonly folder: string,
    private readonly compiled: CompiledCode,
  ) {
    this.#others = createRequire(join(folder, 'index.js'))
  }

  /** What the file exports; it runs when it is loaded for the first time. */
  load(name: string): unknown {
    const known = this.#modules.get(name)
    if (known !== undefined) return known.exports
    const module = { exports: {} as unknown }
    this.#modules.set(name, module)
    const filename = join(this.folder, name)
    const cachedData = this.compiled.get(name)
    const script = new Script(BEFORE + readFileSync(filename, 'latin1') + AFTER, {
      filename,
      // columns in what a fault prints are those of the file
      columnOffset: -BEFORE.length,
      ...(cachedData !== undefined && { cachedData }),
    })
    this.scripts.set(name, script)
    const run = script.runInThisContext() as (...values: unknown[]) => void
    run(module.exports, this.#require, module, filename, this.folder)
    return module.exports
  }

  readonly #require: Require = name => {
    if (name.startsWith('./')) return this.load(name.slice(2))
    return LATER.has(name) ? later(() => this.#others(name) as object) : this.#others(name)
  }
}

/** Stands for what `load` gives, and asks for it as late as possible. */
function later(load: () => object): object {
  return new Proxy(
    {},
    {
      get: (_, name) => Reflect.get(load(), name) as unknown,
      has: (_, name) => name in load(),
      ownKeys: () => Reflect.ownKeys(load()),
      getOwnPropertyDescriptor: (_, name) => {
        const found = Reflect.getOwnPropertyDescriptor(load(), name)
        return found && { ...found, configurable: true }
      },
    },
  )
}
