import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommandLine } from '../kit/command-line.js'
import { sha1, TempFolder } from '../kit/temp-folder.js'

/** `CPMFT_KILLS=50 CPMFT_KILL_MIB=200 npx vitest run test/e2e/kill.test.ts` runs the long form. */
const KILLS = Number(process.env['CPMFT_KILLS'] ?? 6)
const MIB = Number(process.env['CPMFT_KILL_MIB'] ?? 24)
const SEED = Number(process.env['CPMFT_KILL_SEED'] ?? 20_261_123)
/** Kills of one file, at most. */
const KILLS_PER_FILE = 3

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A port that the system gives to nobody else while the receiver is dead: below the range of those it chooses itself. */
async function fixedPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const server = createServer()
    const free = await new Promise<boolean>(resolve =>
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)),
    )
    await new Promise(resolve => server.close(resolve))
    if (free) return port
  }
}

/** Many small chunks: slow enough to be hit in the middle. */
const SLOW = ['--chunk-size', MIB > 100 ? '16KiB' : '2KiB']

let folder: TempFolder
let inbox: string
let bob: CommandLine
let port: number
const running: CommandLine[] = []

const run = (who: 'alice' | 'bob', ...args: string[]): CommandLine => {
  const command = new CommandLine(args, { XDG_STATE_HOME: folder.join(who), XDG_CONFIG_HOME: folder.join(who) })
  running.push(command)
  return command
}
/** The receiver, always at the same port; what has just been killed may still hold it for a moment. */
const receive = async (): Promise<void> => {
  for (let attempt = 0; ; attempt++) {
    bob = run('bob', 'receive', '--listen', `sip:bob@127.0.0.1:${port}`, '--into', inbox, '--accept', 'all', '--json')
    const receiver = bob
    const gone = receiver.exit.then(() => Promise.reject(new Error(`The receiver ended: ${receiver.stdout}`)))
    try {
      return await Promise.race([bob.says('"listening"', 60_000), gone])
    } catch (error) {
      // one that was only slow must not hold the port against the next
      await bob.stop()
      if (attempt === 20) throw error
      await new Promise(resolve => setTimeout(resolve, 250))
    }
  }
}
const eventsOf = (command: CommandLine): Record<string, unknown>[] =>
  command.stdout
    .split('\n')
    .filter(line => line.startsWith('{') && line.endsWith('}'))
    .map(line => JSON.parse(line) as Record<string, unknown>)
const lastEvent = (command: CommandLine, name: string) => eventsOf(command).findLast(({ event }) => event === name)
const candidate = async (who: 'alice' | 'bob'): Promise<string | undefined> => {
  const list = run(who, 'resume', '--json')
  expect(await list.exit, list.stdout).toBe(0)
  return lastEvent(list, 'candidate')?.['transfer'] as string | undefined
}

beforeEach(async () => {
  folder = new TempFolder()
  inbox = folder.join('inbox')
  mkdirSync(inbox)
  port = await fixedPort()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(command => command.stop()))
  folder.remove()
})

const send = (file: string): CommandLine => run('alice', 'send', file, '--to', `sip:bob@127.0.0.1:${port}`, '--json', ...SLOW)

/** How long the octets of an undisturbed transfer take here and now, milliseconds. */
async function measure(): Promise<number> {
  const file = folder.file('whole.bin', randomBytes(MIB * 2 ** 20))
  const command = send(file)
  expect(await command.exit, command.stdout).toBe(0)
  rmSync(file)
  rmSync(join(inbox, 'whole.bin'))
  const events = eventsOf(command)
  const [first] = events.filter(({ event, state }) => event === 'state' && state === 'sending')
  return Number(events.find(({ event }) => event === 'done')?.['time']) - Number(first?.['time'])
}

/** Kills the sender when half of its file is with the receiver: the one kill of which a resume must come. */
async function killInTheMiddle(command: CommandLine): Promise<void> {
  const half = () => Number(lastEvent(command, 'progress')?.['bytes'] ?? 0) > MIB * 2 ** 19
  for (let waited = 0; waited < 60_000 && !half(); waited += 5) await new Promise(resolve => setTimeout(resolve, 5))
  command.process.kill('SIGKILL')
  expect(await command.exit, command.stdout).not.toBe(0)
}

/** Lets `command` run until a random moment of its transfer and kills it or the receiver; false when it was over before. */
async function killOne(command: CommandLine, random: () => number, longest: number): Promise<boolean> {
  const victim = random() < 0.5 ? command : bob
  const life = random() * longest
  await command.says('"state":"sending"', 30_000)
  const over = await Promise.race([command.exit.then(() => true), new Promise<false>(resolve => setTimeout(() => resolve(false), life))])
  victim.process.kill('SIGKILL')
  await victim.exit
  await command.exit
  if (victim === bob) await receive()
  return !over
}

describe('kill -9 at any moment', () => {
  it(
    `goes on after ${KILLS} kills of ${MIB} MiB, octet for octet, with every store intact and no partial file left @req RCS-1 RCS-2 RCS-3 RCS-4 RCV-11 RCV-13`,
    async () => {
      const random = seeded(SEED)
      await receive()
      const longest = await measure()
      let kills = 0
      let resumed = 0
      for (let number = 1; kills < KILLS && number <= KILLS * 3; number++) {
        const file = folder.file(`file-${number}.bin`, randomBytes(MIB * 2 ** 20))
        const wanted = sha1(file)
        let alice = send(file)
        for (let kill = 0; kill < (number === 1 ? 1 : KILLS_PER_FILE) && kills < KILLS; kill++) {
          if (number === 1) await killInTheMiddle(alice)
          else if (!(await killOne(alice, random, longest))) break
          kills++
          const id = await candidate('alice')
          if (id === undefined) break
          alice = run('alice', 'resume', id, '--json', ...SLOW)
        }
        for (let attempt = 0; (await alice.exit) !== 0; attempt++) {
          const id = await candidate('alice')
          if (id === undefined) break
          expect(attempt, `seed ${SEED}, file ${number}: ${alice.stdout}`).toBeLessThan(4)
          alice = run('alice', 'resume', id, '--json')
        }
        const done = lastEvent(alice, 'done')?.['files'] as { resumedAt?: number }[] | undefined
        const resumedAt = done?.[0]?.resumedAt ?? 0
        if (resumedAt > 0) resumed++
        // Its sender alone was killed, with all that the receiver confirmed written down but for what came last
        if (number === 1) expect(resumedAt, alice.stdout).toBeGreaterThan(MIB * 2 ** 17)
        const saved = readdirSync(inbox).filter(name => name.startsWith(`file-${number}`))
        expect(saved, `seed ${SEED}, file ${number}: ${alice.stdout}`).not.toEqual([])
        for (const name of saved) expect(sha1(join(inbox, name)), `seed ${SEED}, file ${number}`).toBe(wanted)
        for (const path of [file, ...saved.map(name => join(inbox, name))]) rmSync(path)
      }
      expect(kills).toBe(KILLS)
      if (KILLS >= 20) console.log(`${kills} kills, ${resumed} resumed files, undisturbed ${longest} ms`)
      // Whose sender died before its first octet still waits for it; the end of the receiver ends that too
      bob.process.kill('SIGINT')
      expect(await bob.exit).toBe(130)
      expect(readdirSync(inbox).filter(name => name.endsWith('.cpmft-part'))).toEqual([])
      for (const who of ['alice', 'bob'] as const) {
        expect(await candidate(who)).toBeUndefined()
        const history = run(who, 'history')
        expect(await history.exit).toBe(0)
        expect(history.stderr).toBe('')
        expect(readdirSync(join(folder.join(who), 'cpmft')).filter(name => name.includes('corrupt'))).toEqual([])
      }
    },
    60_000 + KILLS * 30_000,
  )
})
