import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Script } from 'node:vm'
import { type ConfigPlace, configFolders } from '../node/index.js'
import type { CompiledCode } from './chunk-loader.js'

/** Octets of the list at the head, and of the whole file (house): compiled code of all commands together has a tenth of it. */
const MAX_HEAD = 64 * 1024
const MAX_FILE = 64 * 1024 * 1024

/**
 * File of the compiled code for a command: `<cache>/code/<command>-<build>-<engine>.bin`, so that each command finds the functions that it runs.
 * Undefined when there shall be none (`NODE_DISABLE_COMPILE_CACHE`, as in Node 22).
 * @param build another one for each other text of the program
 */
export function codeCachePath(args: readonly string[], build: string, place: ConfigPlace = {}): string | undefined {
  if ((place.env ?? process.env)['NODE_DISABLE_COMPILE_CACHE'] === '1') return undefined
  const command = args.find(arg => !arg.startsWith('-')) ?? 'help'
  if (!/^[a-z]{1,16}$/.test(command)) return undefined
  const { v8 } = process.versions
  return join(configFolders(place).cache, 'code', `${command}-${build}-${v8}-${process.arch}.bin`)
}

/**
 * Compiled code of earlier runs in one file: octets of a list `[[name, octets], …]` in 4 octets (little endian), the list as JSON, then the code.
 * V8 itself refuses code of another version of itself, of other flags or of a text of another length. But it runs what it accepts, so the file and its
 * folder must belong to this user alone. Nothing ever fails because of it: without the file all is compiled anew.
 */
export class CodeCache implements CompiledCode {
  readonly #code: ReadonlyMap<string, Uint8Array>

  constructor(private readonly path: string | undefined) {
    this.#code = path === undefined ? new Map() : readCode(path)
  }

  get(name: string): Uint8Array | undefined {
    return this.#code.get(name)
  }

  /** Keeps the code of what ran, unless it came from here. */
  save(scripts: ReadonlyMap<string, Script>): void {
    if (
      this.path === undefined ||
      [...scripts].every(([name, { cachedDataRejected }]) => this.#code.has(name) && cachedDataRejected !== true)
    )
      return
    try {
      writeCode(this.path, scripts)
    } catch {
      // a full disk, a home that cannot be written to: the next run compiles again
    }
  }
}

function readCode(path: string): ReadonlyMap<string, Uint8Array> {
  const code = new Map<string, Uint8Array>()
  try {
    const content = readOwn(path)
    const start = 4 + Math.min(content.readUInt32LE(0), MAX_HEAD)
    let from = start
    for (const [name, length] of JSON.parse(content.toString('utf8', 4, start)) as [string, number][]) {
      code.set(name, content.subarray(from, from + length))
      from += length
    }
    return from === content.length ? code : new Map()
  } catch {
    return new Map()
  }
}

/** @throws Error when there is no such file, or when somebody else could have written it */
function readOwn(path: string): Buffer {
  if (!isOwn(lstatSync(dirname(path)))) throw new Error('not ours')
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  try {
    const stats = fstatSync(file)
    if (!stats.isFile() || !isOwn(stats) || stats.size > MAX_FILE) throw new Error('not ours')
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}

/** On Windows the folder lies in the profile of the user, which others cannot write to. */
function isOwn({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
}

function writeCode(path: string, scripts: ReadonlyMap<string, Script>): void {
  const parts = [...scripts].map(([name, script]) => ({ name, data: script.createCachedData() }))
  const list = Buffer.from(JSON.stringify(parts.map(({ name, data }) => [name, data.length])))
  const head = Buffer.alloc(4)
  head.writeUInt32LE(list.length)
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!isOwn(lstatSync(folder))) return
  // Under another name first: whoever reads it sees all of it or nothing. On the disk first: V8 does not look whether its code is whole.
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, Buffer.concat([head, list, ...parts.map(({ data }) => data)]), { flag: 'wx', mode: 0o600, flush: true })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  // those of other versions of this program and of Node
  const [command] = basename(path).split('-', 1)
  for (const name of readdirSync(folder)) if (name.startsWith(`${command}-`) && name !== basename(path)) rmSync(join(folder, name))
}
