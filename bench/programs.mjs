import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { findCommand } from './commands.mjs'

/** Programs that are not ours (or ours as a user starts it): what they take is read from /proc, and unknown where there is none. */

/** What one program may take, milliseconds. */
const PATIENCE = 120_000
/** How often memory of a running program is looked at, milliseconds. */
const LOOK = 25

/**
 * Runs a program to its end.
 * @param files `{ input, output }`: paths of standard input and output
 * @returns `{ seconds, cpu, memory, output }`; what its children took is counted too
 * @throws Error with the last line it said, when it fails
 */
export async function runProgram(command, args, { env = cleanEnvironment(), input, output } = {}) {
  const before = cpuOfEnded()
  const begin = performance.now()
  const program = startProgram(command, args, { env, input, output })
  const watch = watchMemory(program.pid)
  try {
    await program.ended(PATIENCE)
  } finally {
    watch.stop()
  }
  const seconds = (performance.now() - begin) / 1000
  const after = cpuOfEnded()
  return { seconds, cpu: after === undefined ? undefined : after - before, memory: watch.most(), output: program.said() }
}

/** Programs that are not to outlive the benchmark. */
const running = new Set()
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM')
})

/** Starts a program: `{ pid, said, ended, end }`. `ended` settles when it ended by itself and rejects when it failed, `end` ends it. */
export function startProgram(command, args, { env = cleanEnvironment(), input, output } = {}) {
  const files = [input === undefined ? 'ignore' : openSync(input, 'r'), output === undefined ? 'pipe' : openSync(output, 'w')]
  const child = spawn(findCommand(command) ?? command, args, { env, stdio: [...files, 'pipe'] })
  for (const file of files) if (typeof file === 'number') closeSync(file)
  running.add(child)
  child.once('exit', () => running.delete(child))
  const text = { out: '', error: '' }
  child.stdout?.on('data', bytes => (text.out += bytes))
  child.stderr.on('data', bytes => (text.error += bytes))
  const over = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(`${command} ended with ${code ?? signal}: ${lastLine(text.error)}`))
    })
  })
  over.catch(() => {})
  return {
    pid: child.pid,
    said: () => text.out,
    ended: patience => Promise.race([over, sleep(patience, undefined, { ref: false }).then(() => giveUp(command, child))]),
    async end(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      const gone = once(child, 'exit')
      child.kill(signal)
      await gone
    },
  }
}

/** Without what costs Node time or leads programs elsewhere. */
export function cleanEnvironment(more = {}) {
  const { PATH, TMPDIR, LANG } = process.env
  return { PATH, ...(TMPDIR !== undefined && { TMPDIR }), ...(LANG !== undefined && { LANG }), NO_COLOR: '1', ...more }
}

/** Until something listens at the port of the loopback; it is not connected to. */
export async function waitForListener(port) {
  const own = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  for (let tries = 0; tries < 500; tries++) {
    try {
      const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n')
      if (lines.some(line => line.split(/\s+/)[2]?.concat(' ').endsWith(own) && / 0A /.test(line))) return
    } catch {
      // no such list on this system
      await sleep(500)
      return
    }
    await sleep(10)
  }
  throw new Error(`nothing listens at port ${port}`)
}

/** A process and its descendants. */
export function treeOf(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return [pid, ...(children === '' ? [] : children.split(' ').flatMap(child => treeOf(Number(child))))]
  } catch {
    return [pid]
  }
}

/** CPU seconds of a process, its descendants, and those of them that ended. Linux counts them in hundredths. */
export function cpuOfTree(pid) {
  try {
    return treeOf(pid).reduce((sum, one) => sum + ticksOf(one, [11, 12, 13, 14]), 0) / 100
  } catch {
    return undefined
  }
}

/** CPU seconds of the children of this process that ended. */
export function cpuOfEnded() {
  try {
    return ticksOf('self', [13, 14]) / 100
  } catch {
    return undefined
  }
}

/** Sum of fields of `/proc/PID/stat` behind the name of the program: state, parent, … */
function ticksOf(pid, fields) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const all = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields.reduce((sum, field) => sum + Number(all[field]), 0)
}

/** Largest memory of a process and its descendants, MB, from now on. */
export function watchMemory(pid) {
  let most
  const look = () => {
    const peaks = treeOf(pid).map(peakOf)
    if (peaks.includes(undefined)) return
    most = Math.max(
      most ?? 0,
      peaks.reduce((sum, peak) => sum + peak, 0),
    )
  }
  const timer = setInterval(look, LOOK)
  return { most: () => most, stop: () => clearInterval(timer) }
}

function peakOf(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
  } catch {
    return undefined
  }
}

function lastLine(text) {
  return text.trim().split('\n').at(-1)
}

function giveUp(command, child) {
  child.kill('SIGKILL')
  throw new Error(`${command} did not end`)
}
