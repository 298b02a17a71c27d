import { createHash, type Hash } from 'node:crypto'
import { readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { ASLEEP, FRONTIER_UNIT, type HashCommand, type HashReply } from './hash-protocol.js'

/** Read size: the fastest for page-cached files (measured). */
const READ_SIZE = 256 * 1024

/** Octets of one job between two looks at the others and at the messages. */
const SLICE = 2 * 1024 * 1024

/** Octets between two progress reports. */
const PROGRESS_EVERY = 8 * 1024 * 1024

interface Job {
  readonly id: number
  readonly fd: number
  readonly hash: Hash
  readonly frontier: Int32Array | undefined
  /** Octets in all; undefined while a follower does not know. */
  size: number | undefined
  done: number
  reported: number
}

const { state } = workerData as { state: Int32Array }
const port = parentPort
if (port === null) throw new Error('hash-worker runs in a worker thread only')
const buffer = Buffer.allocUnsafeSlow(READ_SIZE)
const jobs = new Map<number, Job>()
let scheduled = false

port.on('message', (command: HashCommand) => {
  obey(command)
  schedule()
})

function obey(command: HashCommand): void {
  if (command.type === 'hash') start(command.id, command.fd, command.size, undefined)
  else if (command.type === 'follow') start(command.id, command.fd, undefined, command.frontier, command.from)
  else if (command.type === 'finish') {
    const job = jobs.get(command.id)
    if (job !== undefined) job.size = command.size
  } else if (command.type === 'cancel' && jobs.delete(command.id)) reply({ type: 'cancelled', id: command.id })
}

function start(id: number, fd: number, size: number | undefined, frontier: Int32Array | undefined, from = 0): void {
  jobs.set(id, { id, fd, hash: createHash('sha1'), frontier, size, done: from, reported: from })
}

function schedule(): void {
  if (scheduled) return
  scheduled = true
  Atomics.store(state, ASLEEP, 0)
  setImmediate(turn)
}

/** One slice of every job, in turn: a slow transfer never keeps another file from being hashed. */
function turn(): void {
  scheduled = false
  for (const job of jobs.values()) if (hasWork(job)) slice(job)
  if (anyWork()) return schedule()
  Atomics.store(state, ASLEEP, 1)
  // the frontier may have moved before the main thread could see that we sleep
  if (anyWork()) schedule()
}

function anyWork(): boolean {
  for (const job of jobs.values()) if (hasWork(job)) return true
  return false
}

function hasWork(job: Job): boolean {
  return job.size !== undefined || available(job) > job.done
}

/** Octets that may be hashed. */
function available(job: Job): number {
  if (job.size !== undefined) return job.size
  return job.frontier === undefined ? 0 : Atomics.load(job.frontier, 0) * FRONTIER_UNIT
}

function slice(job: Job): void {
  const to = Math.min(available(job), job.done + SLICE)
  try {
    while (job.done < to) {
      const length = readSync(job.fd, buffer, 0, Math.min(READ_SIZE, to - job.done), job.done)
      if (length === 0) return end(job, { type: 'failed', id: job.id, code: 'short' })
      job.hash.update(length === READ_SIZE ? buffer : buffer.subarray(0, length))
      job.done += length
    }
  } catch (error) {
    return end(job, { type: 'failed', id: job.id, code: (error as NodeJS.ErrnoException).code ?? 'unknown' })
  }
  if (job.done === job.size) return end(job, { type: 'digest', id: job.id, digest: new Uint8Array(job.hash.digest()) })
  if (job.frontier === undefined && job.done - job.reported >= PROGRESS_EVERY) {
    job.reported = job.done
    reply({ type: 'progress', id: job.id, octets: job.done })
  }
}

function end(job: Job, message: HashReply): void {
  jobs.delete(job.id)
  reply(message)
}

function reply(message: HashReply): void {
  port?.postMessage(message)
}
