import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const VERSIONS = '/usr/lib/postgresql'

/** Folder of initdb and pg_ctl of the newest version of Debian's package; undefined where it is not installed. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined
  const folders = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a))
  return folders.map(version => join(VERSIONS, version, 'bin')).find(folder => existsSync(join(folder, 'initdb')))
}

/** A PostgreSQL of our own, in a folder of its own, that listens at a socket there and nowhere else. */
export class PostgresCluster {
  readonly #programs: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'cpmft-pg-'))
  readonly #user = ordinaryUser()
  #settings: Readonly<Record<string, string>> = {}
  #databases = 0
  #stopped = false

  constructor(programs: string, settings: Readonly<Record<string, string>> = {}) {
    this.#programs = programs
    try {
      if (this.#user !== undefined) chownSync(this.#folder, this.#user.uid, this.#user.gid)
      this.#run('initdb', '-D', this.#data, '-U', 'cpmft', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync')
      this.#settings = { listen_addresses: '', unix_socket_directories: this.#folder, fsync: 'off', ...settings }
      this.begin()
    } catch (error) {
      this.stop()
      throw error
    }
  }

  begin(): void {
    const words = Object.entries(this.#settings).map(([name, value]) => `-c ${name}='${value}'`)
    this.#run('pg_ctl', '-D', this.#data, '-l', join(this.#folder, 'log'), '-o', words.join(' '), '-w', 'start')
  }

  /** Cuts every connection; `begin` goes on with the same databases. */
  halt(): void {
    this.#run('pg_ctl', '-D', this.#data, '-m', 'fast', '-w', 'stop')
  }

  /** URL of a new, empty database. */
  createDatabase(): string {
    const name = `test${++this.#databases}`
    this.#run('createdb', '-h', this.#folder, '-U', 'cpmft', name)
    return this.url(name)
  }

  url(name: string): string {
    return `postgres://cpmft@localhost/${name}?host=${encodeURIComponent(this.#folder)}`
  }

  /** Ends it and removes its folder. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    try {
      if (existsSync(join(this.#data, 'postmaster.pid'))) this.#run('pg_ctl', '-D', this.#data, '-m', 'immediate', '-w', 'stop')
    } finally {
      rmSync(this.#folder, { recursive: true, force: true })
    }
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  #run(program: string, ...words: readonly string[]): void {
    execFileSync(join(this.#programs, program), words, {
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 60_000,
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', HOME: this.#folder },
      ...this.#user,
    })
  }
}

/** initdb refuses root: then it runs as `nobody`. */
function ordinaryUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const number = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: number('-u'), gid: number('-g') }
}
