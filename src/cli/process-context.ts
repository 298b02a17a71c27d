import { statfs } from 'node:fs/promises'
import { homedir, hostname, userInfo } from 'node:os'
import { isatty } from 'node:tty'
import type { Client, Store } from '../client/index.js'
import type { NodeClientOptions } from '../node/index.js'
import type { CommandContext } from './context.js'

/** The context of a real process. What is heavy is loaded by the command that needs it. */
export function processContext(version: string): CommandContext {
  const { stdout, stderr } = process
  // few commands read, and Node takes a millisecond to get ready for it
  const input = (): typeof process.stdin => process.stdin
  return {
    get stdin() {
      return input()
    },
    stdout,
    stderr,
    env: process.env,
    isTerminal: { stdin: isatty(0), stdout: stdout.isTTY === true, stderr: stderr.isTTY === true },
    columns: stdout.isTTY ? stdout.columns : undefined,
    version,
    user: loginName(),
    host: hostname(),
    home: process.env['HOME'] ?? homedir(),
    createClient,
    openStore,
    openPath: async path => (await import('./open-path.js')).openPath(path),
    revealPath: async path => (await import('./open-path.js')).revealPath(path),
    startWeb: async options => (await import('../web/index.js')).startWeb(options),
    runDemo,
    previewInvite: async (options, to, files) => (await import('./preview.js')).previewInvite(options, to, files),
    describeFile: async path => (await import('./preview.js')).describeFile(path),
    askOffer: async question => (await import('./ask-offer.js')).askOffer(question),
    askConflict: async (names, signal) =>
      (await import('./ask-conflict.js')).askConflict({ input: input(), output: stderr }, names, signal),
    confirm: async (message, signal) => (await import('./ask-password.js')).askYesNo({ input: input(), output: stderr }, message, signal),
    askText: async (message, usual, signal) =>
      (await import('./ask-password.js')).askText({ input: input(), output: stderr }, message, usual, signal),
    askPassword: async (message, signal) =>
      (await import('./ask-password.js')).askPassword({ input: input(), output: stderr }, message, signal),
    freeSpace,
    signals: process,
    exit: code => process.exit(code),
    now: () => Number(process.hrtime.bigint()) / 1e6,
    date: () => Date.now(),
  }
}

async function createClient(options: NodeClientOptions): Promise<Client> {
  return (await import('../node/index.js')).createClient(options)
}

async function openStore(path?: string): Promise<Store & { readonly notice?: string | undefined }> {
  const node = await import('../node/index.js')
  return node.openStore(path ?? node.storePath())
}

async function runDemo(options: Parameters<CommandContext['runDemo']>[0]): Promise<number> {
  return (await import('../demo/index.js')).runDemo(options)
}

async function freeSpace(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    return undefined
  }
}

/** Only unreserved characters (RFC 3261 §25.1), since it becomes the user part of an address. */
function loginName(): string {
  let name = ''
  try {
    name = userInfo().username
  } catch {
    // A process may run under a number that has no name.
  }
  return name.replace(/[^\w.-]/g, '') || 'user'
}
