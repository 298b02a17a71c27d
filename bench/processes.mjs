import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

/** How long one message of a child may take, milliseconds. */
const PATIENCE = 300_000

/**
 * Starts `script` as a process of its own with a role and its setup: `{ next, tell, end }`.
 * `next` gives the next message; it rejects when the process fails or stays silent.
 */
export function startRole(script, role, setup) {
  const child = fork(fileURLToPath(script), [role, JSON.stringify(setup)], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: '' },
    execArgv: [],
  })
  const inbox = []
  let wake = () => {}
  child.on('message', message => {
    inbox.push(message)
    wake()
  })
  child.on('exit', () => wake())
  return {
    next() {
      const message = nextMessage()
      // a role that ends while nobody waits for it any more is no failure
      message.catch(() => {})
      return message
    },
    tell: message => child.send(message),
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill()
      await ended
    },
  }
  async function nextMessage() {
    const late = Date.now() + PATIENCE
    while (inbox.length === 0) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${role} ended with ${child.exitCode ?? child.signalCode}`)
      if (Date.now() > late) throw new Error(`${role} is silent`)
      await new Promise(resolve => {
        const timer = setTimeout(resolve, 1000)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    const message = inbox.shift()
    if (message.error !== undefined) throw new Error(`${role}: ${message.error}`)
    return message
  }
}

/** Runs the role this process was started for; what it throws becomes a message. */
export async function playRole(roles) {
  const [role, setup] = process.argv.slice(2)
  // the benchmark was stopped
  process.on('disconnect', () => process.exit(1))
  try {
    await roles[role](JSON.parse(setup))
  } catch (error) {
    process.send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    process.exitCode = 1
  }
}

/** Largest resident memory of this process so far, MB. */
export function peakMemory() {
  try {
    // `maxRSS` would include what the parent had when it forked.
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
  } catch {
    return process.resourceUsage().maxRSS / 1024
  }
}

/** CPU seconds of this process so far. */
export function cpuSeconds() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** What this process uses from now on; `stop` gives CPU seconds, the largest memory, and how late timers were (99th percentile, ms). */
export function startMeter() {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const before = cpuSeconds()
  delay.enable()
  return {
    stop() {
      delay.disable()
      return { cpu: cpuSeconds() - before, memory: peakMemory(), loop: delay.percentile(99) / 1e6 }
    },
  }
}

/** A TCP port on the loopback that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
