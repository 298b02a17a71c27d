import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ChunkLoader } from '../../src/cli/chunk-loader.js'
import { CodeCache, codeCachePath } from '../../src/cli/code-cache.js'
import { TempFolder } from '../kit/temp-folder.js'

const MAIN = `exports.name=__filename;exports.sum=(a,b)=>require('./plus.js').plus(a,b);exports.path=require('node:path')`
const PLUS = `exports.plus=(a,b)=>a+b`

describe('the code cache', () => {
  let folder: TempFolder
  let path: string
  beforeEach(() => {
    folder = new TempFolder()
    folder.file('main.js', MAIN)
    folder.file('plus.js', PLUS)
    path = folder.join('cache/code/send-1-x.bin')
  })
  afterEach(() => folder.remove())

  /** Runs the program as the command does; tells which files were compiled anew. */
  const run = (): string[] => {
    const cache = new CodeCache(path)
    const loader = new ChunkLoader(folder.path, cache)
    const main = loader.load('main.js') as { name: string; sum: (a: number, b: number) => number; path: unknown }
    expect(main.sum(2, 3)).toBe(5)
    expect(main.name).toBe(folder.join('main.js'))
    expect(main.path).toMatchObject({ basename })
    const anew = [...loader.scripts].filter(([name, script]) => cache.get(name) === undefined || script.cachedDataRejected === true)
    cache.save(loader.scripts)
    return anew.map(([name]) => name)
  }

  it('compiles the files of a program once', () => {
    expect(run()).toEqual(['main.js', 'plus.js'])
    expect(run()).toEqual([])
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
    expect(readdirSync(dirname(path))).toEqual([basename(path)])
  })

  it('takes nothing that others could have written', () => {
    run()
    chmodSync(path, 0o620)
    expect(run()).toHaveLength(2)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    chmodSync(dirname(path), 0o777)
    const before = statSync(path).mtimeMs
    expect(run()).toHaveLength(2)
    // nor is anything put there
    expect(statSync(path).mtimeMs).toBe(before)
    chmodSync(dirname(path), 0o700)
    expect(run()).toEqual([])
  })

  it('does not follow a link', () => {
    run()
    const elsewhere = folder.file('elsewhere.bin', readFileSync(path))
    chmodSync(elsewhere, 0o600)
    path = folder.join('cache/code/receive-1-x.bin')
    symlinkSync(elsewhere, path)
    expect(run()).toHaveLength(2)
  })

  it('runs what stands in the files when the cache is damaged, cut or of another text', () => {
    run()
    const whole = readFileSync(path)
    for (const damaged of [Buffer.from('x'), whole.subarray(0, 20), whole.subarray(0, -9), Buffer.alloc(whole.length, 0xff)]) {
      writeFileSync(path, damaged)
      expect(run()).toHaveLength(2)
    }
    folder.file('plus.js', 'exports.plus=(a,b)=>a+b+0')
    expect(run()).toEqual(['plus.js'])
    expect(run()).toEqual([])
  })

  it('works without a place to write to, and without a cache at all', () => {
    writeFileSync(folder.join('cache'), 'a file where a folder should be')
    expect(run()).toHaveLength(2)
    const loader = new ChunkLoader(folder.path, new CodeCache(undefined))
    expect(loader.load('plus.js')).toBe(loader.load('plus.js'))
    new CodeCache(undefined).save(loader.scripts)
    expect(existsSync(path)).toBe(false)
  })

  it('keeps one file a command: those of other versions go', () => {
    run()
    path = folder.join('cache/code/send-2-x.bin')
    run()
    path = folder.join('cache/code/describe-2-x.bin')
    run()
    expect(readdirSync(dirname(path)).sort()).toEqual(['describe-2-x.bin', 'send-2-x.bin'])
  })

  it('lies in the cache folder of the user, under the name of the command', () => {
    const place = { env: { XDG_CACHE_HOME: '/k' }, home: '/h', platform: 'linux' } as const
    const end = `-7-${process.versions.v8}-${process.arch}.bin`
    expect(codeCachePath(['--json', 'send', 'a'], '7', place)).toBe(`/k/cpmft/code/send${end}`)
    expect(codeCachePath(['--help'], '7', place)).toBe(`/k/cpmft/code/help${end}`)
    expect(codeCachePath(['../../x'], '7', place)).toBeUndefined()
    expect(codeCachePath(['send'], '7', { ...place, env: { NODE_DISABLE_COMPILE_CACHE: '1' } })).toBeUndefined()
  })

  it('names the file and its columns in what a fault prints', () => {
    folder.file('fault.js', `const a=1;throw new Error('here')`)
    mkdirSync(folder.join('cache/code'), { recursive: true })
    const loader = new ChunkLoader(folder.path, new CodeCache(undefined))
    let stack = ''
    try {
      loader.load('fault.js')
    } catch (error) {
      stack = (error as Error).stack ?? ''
    }
    expect(stack).toContain(`${folder.join('fault.js')}:1:17`)
  })

  describe('of what is installed', () => {
    const folder = fileURLToPath(new URL('../../dist/bin/', import.meta.url))
    const files = readdirSync(folder).filter(name => name.endsWith('.js') && name !== 'cpmft.js' && name !== 'hash-worker.js')

    it('is of files that import nothing while they run: kept code could not', () => {
      expect(files.length).toBeGreaterThan(10)
      expect(files.filter(name => /\bimport\(\s*["'`]/.test(readFileSync(join(folder, name), 'utf8')))).toEqual([])
    })

    it('has no late file for a transfer until something of it is used, and any file may be the first', () => {
      const late = files.filter(name => name.startsWith('late-'))
      expect(late.length).toBeGreaterThan(5)
      for (const name of files) {
        const loader = new ChunkLoader(folder, new CodeCache(undefined))
        loader.load(name)
        const tooEarly = [...loader.scripts.keys()].filter(other => late.includes(other))
        if (/^(?:program|transfer)-/.test(name)) expect(tooEarly).toEqual([])
      }
    }, 30_000)
  })
})
