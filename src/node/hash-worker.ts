import { createHash, type Hash } from 'node:crypto'
import { readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { hashFile } from './hash-file.js'
import { ASLEEP, type HashCommand, type HashReplies, type HashReply } from './hash-protocol.js'

type Command<Type> = HashCommand & { readonly type: Type }

/** Read size of a follower: the fastest for page-cached files (measured). */
const READ_SIZE = 256 * 1024

/** Octets of one follower between two looks at the others and at the messages. */
const SLICE = 2 * 1024 * 1024

/** Octets between two progress reports of a whole file. */
const PROGRESS_EVERY = 8 * 1024 * 1024

interface Follower {
  readonly id: number
  readonly fd: number
  readonly hash: Hash
  readonly frontier: BigInt64Array
  /** Octets in all, once known. */
  size: number | undefined
  done: number
}

const { state } = workerData as { state: Int32Array }
const port = parentPort
if (port === null) throw new Error('hash-worker runs in a worker thread only')
const followers = new Map<number, Follower>()
/** Whole files that are read; false: not wanted any more. */
const files = new Map<number, boolean>()
let buffer: Buffer | undefined
let scheduled = false
/** What the message that is being obeyed is answered with. */
let answer: HashReply[] | undefined

port.on('message', (commands: readonly HashCommand[]) => {
  const replies: HashReply[] = []
  answer = replies
  for (const command of commands) obey(command)
  answer = undefined
  post({ answers: true, replies })
  if (anyWork()) schedule()
})

function obey(command: HashCommand): void {
  switch (command.type) {
    case 'hash':
      return void hashWhole(command)
    case 'follow':
      followers.set(command.id, { ...command, hash: createHash('sha1'), size: undefined, done: command.from })
      return
    case 'octets':
      return take(command)
    case 'finish': {
      const follower = followers.get(command.id)
      if (follower !== undefined) follower.size = command.size
      return
    }
    case 'cancel':
      if (followers.delete(command.id)) reply({ type: 'cancelled', id: command.id })
      else if (files.has(command.id)) files.set(command.id, false)
      return
    case 'wake':
  }
}

/** A whole file, beside which there is nothing else to do for the other cores: it is read ahead. */
async function hashWhole({ id, fd, size, blocks }: Command<'hash'>): Promise<void> {
  files.set(id, true)
  let reported = 0
  const goesOn = (octets: number): boolean => {
    if (octets - reported >= PROGRESS_EVERY) {
      reported = octets
      reply({ type: 'progress', id, octets, taken: 0 })
    }
    return files.get(id) === true
  }
  try {
    const outcome = await hashFile(fd, size, blocks, goesOn)
    if (outcome === 'stopped') reply({ type: 'cancelled', id })
    else if (outcome === 'short') reply({ type: 'failed', id, code: 'short' })
    else reply({ type: 'digest', id, digest: outcome })
  } catch (error) {
    reply({ type: 'failed', id, code: codeOf(error) })
  }
  files.delete(id)
}

/** Octets in memory, still warm. Those that are not next are in the file when the frontier says so. */
function take({ id, position, views }: Command<'octets'>): void {
  const follower = followers.get(id)
  if (follower === undefined) return
  if (position === follower.done) {
    for (const view of views) {
      follower.hash.update(view)
      follower.done += view.length
    }
  }
  reply({ type: 'progress', id, octets: follower.done, taken: 1 })
}

function schedule(): void {
  if (scheduled) return
  scheduled = true
  Atomics.store(state, ASLEEP, 0)
  setImmediate(turn)
}

/** One slice of every follower, in turn: a slow transfer never keeps another file from being hashed. */
function turn(): void {
  scheduled = false
  for (const follower of followers.values()) if (hasWork(follower)) slice(follower)
  if (anyWork()) return schedule()
  Atomics.store(state, ASLEEP, 1)
  // the frontier may have moved before the main thread could see that we sleep
  if (anyWork()) schedule()
}

function anyWork(): boolean {
  for (const follower of followers.values()) if (hasWork(follower)) return true
  return false
}

function hasWork(follower: Follower): boolean {
  return follower.size !== undefined || available(follower) > follower.done
}

/** Octets that may be read from the file. */
function available({ size, frontier }: Follower): number {
  return size ?? Number(Atomics.load(frontier, 0))
}

function slice(follower: Follower): void {
  const { id, fd, hash } = follower
  const to = Math.min(available(follower), follower.done + SLICE)
  buffer ??= Buffer.allocUnsafeSlow(READ_SIZE)
  try {
    while (follower.done < to) {
      const length = readSync(fd, buffer, 0, Math.min(READ_SIZE, to - follower.done), follower.done)
      if (length === 0) return end(follower, { type: 'failed', id, code: 'short' })
      hash.update(length === READ_SIZE ? buffer : buffer.subarray(0, length))
      follower.done += length
    }
  } catch (error) {
    return end(follower, { type: 'failed', id, code: codeOf(error) })
  }
  if (follower.done === follower.size) end(follower, { type: 'digest', id, digest: new Uint8Array(hash.digest()) })
  else if (!hasWork(follower)) reply({ type: 'progress', id, octets: follower.done, taken: 0 })
}

function end(follower: Follower, message: HashReply): void {
  followers.delete(follower.id)
  reply(message)
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown'
}

function reply(message: HashReply): void {
  if (answer === undefined) post({ answers: false, replies: [message] })
  else answer.push(message)
}

function post(message: HashReplies): void {
  port?.postMessage(message)
}
