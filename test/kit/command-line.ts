import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What is installed, not the single modules. */
const MAIN = fileURLToPath(new URL('../../dist/bin/cpmft.js', import.meta.url))

/** Configuration and state of the person who runs the tests stay out of them. */
const HOME = mkdtempSync(join(tmpdir(), 'cpmft-home-'))
process.on('exit', () => rmSync(HOME, { recursive: true, force: true }))

/** One run of the command line in a process of its own. */
export class CommandLine {
  stdout = ''
  stderr = ''
  readonly process: ChildProcess
  /** Exit code; 128 + n after signal n. */
  readonly exit: Promise<number>

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    this.process = spawn(process.execPath, [MAIN, ...args], {
      env: { ...process.env, NO_COLOR: '1', XDG_CONFIG_HOME: HOME, XDG_STATE_HOME: HOME, XDG_CACHE_HOME: HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.process.stdout?.on('data', (data: Buffer) => {
      this.stdout += data.toString()
    })
    this.process.stderr?.on('data', (data: Buffer) => {
      this.stderr += data.toString()
    })
    this.exit = new Promise(resolve => this.process.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143))))
  }

  /** Waits until the output holds `text`. */
  async says(text: string | RegExp, milliseconds = 10_000): Promise<void> {
    const end = Date.now() + milliseconds
    while (Date.now() < end) {
      const all = this.stdout + this.stderr
      if (typeof text === 'string' ? all.includes(text) : text.test(all)) return
      if (this.process.exitCode !== null) break
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    throw new Error(`never said ${text}\n--- stdout\n${this.stdout}\n--- stderr\n${this.stderr}`)
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) this.process.kill('SIGTERM')
    const killer = setTimeout(() => this.process.kill('SIGKILL'), 5000)
    await this.exit
    clearTimeout(killer)
  }
}

/** A TCP port of loopback that nobody uses at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
