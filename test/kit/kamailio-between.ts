import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { freePort } from './command-line.js'
import type { TempFolder } from './temp-folder.js'

const CONFIGURATION = new URL('../interop/kamailio-between.cfg', import.meta.url)

/** A Kamailio on the way of calls, see `test/interop/kamailio-between.cfg`. */
export class KamailioBetween {
  private constructor(
    readonly port: number,
    private readonly end: () => Promise<void>,
  ) {}

  /** @param next URI of the server that gets what is addressed to Kamailio itself */
  static async start(folder: TempFolder, next: string): Promise<KamailioBetween> {
    const port = await freePort()
    const text = readFileSync(CONFIGURATION, 'utf8').replaceAll('@PORT@', `${port}`).replaceAll('@NEXT@', next)
    const file = folder.file(`kamailio-${port}.cfg`, text)
    const args = ['-f', file, '-DD', '-E', '-m', '64', '-Y', folder.path, '-P', folder.join(`kamailio-${port}.pid`)]
    const child = spawn('kamailio', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let log = ''
    child.stderr?.on('data', (data: Buffer) => (log += data.toString()))
    const gone = new Promise<void>(resolve => child.on('close', () => resolve()))
    const end = () => {
      child.kill('SIGTERM')
      return gone
    }
    for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
      if (await reachable(port)) return new KamailioBetween(port, end)
      await new Promise(resolve => setTimeout(resolve, 30))
    }
    await end()
    throw new Error(`Kamailio did not start\n${log}`)
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  stop(): Promise<void> {
    return this.end()
  }
}

function reachable(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
