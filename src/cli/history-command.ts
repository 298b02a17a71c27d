import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  CpmftError,
  type HistoryQuery,
  type RecipientState,
  readTransferId,
  type Store,
  type StoredFile,
  type StoredRecipient,
  type StoredTransfer,
  withInterrupted,
} from '../client/index.js'
import { formatSize, visibleText } from '../trace/index.js'
import type { AccountOptions } from './account-options.js'
import type { CommandScope } from './run-command.js'
import { RECIPIENT_WORDS, recipientName } from './recipient-words.js'
import { tellDisplayed } from './tell-displayed.js'
import { terminalName, terminalText } from './terminal-text.js'
import { localDay, localTime, peerWords, percent, transferFields } from './transfer-words.js'
import { UsageError } from './usage-error.js'

export interface HistoryCommandOptions extends AccountOptions {
  readonly direction?: 'sent' | 'received'
  /** Part of the peer's address or name. */
  readonly peer?: string
  readonly failed?: boolean
  readonly limit?: number
  /** Milliseconds since 1970. */
  readonly before?: number
  /** `ID` or `ID:N`. */
  readonly open?: string
  readonly reveal?: string
  /** True without an id. */
  readonly forget?: string | true
}

/** Transfers that are shown unless told otherwise. */
const SHOWN = 50

/** `cpmft history [TEXT]` */
export async function historyCommand(scope: CommandScope, text: string | undefined, options: HistoryCommandOptions): Promise<number> {
  const { context, view } = scope
  const store = await context.openStore()
  try {
    if (options.forget !== undefined) return await forget(scope, store, options)
    const wanted = options.open ?? options.reveal
    if (wanted === undefined) return await list(scope, store, text, options)
    const { transfer, file } = await savedFile(store, wanted)
    const path = file.path as string
    const event = { transfer: transfer.id, number: file.index + 1, path }
    if (options.reveal !== undefined) {
      view.tell('reveal', event, undefined, [context.isTerminal.stdout ? visibleText(dirname(path)) : dirname(path)])
      if (context.isTerminal.stdout) await context.openPath(dirname(path)).catch(() => {})
      return 0
    }
    await context.openPath(path)
    view.tell('opened', event, `Opened       ${terminalName(file.name)}`)
    await tellDisplayed(scope, transfer, file, options)
    return 0
  } finally {
    await store.close()
  }
}

async function list(scope: CommandScope, store: Store, text: string | undefined, options: HistoryCommandOptions): Promise<number> {
  const { context, view } = scope
  const query: HistoryQuery = {
    ...(text !== undefined && { text }),
    ...(options.direction !== undefined && { direction: options.direction }),
    ...(options.failed && { states: ['failed'] }),
    ...(options.before !== undefined && { before: options.before }),
  }
  const peer = options.peer?.toLowerCase()
  const found = (await store.transfers(query)).filter(
    transfer => peer === undefined || transfer.peer.toLowerCase().includes(peer) || transfer.peerName?.toLowerCase().includes(peer),
  )
  const shown = found.slice(0, options.limit ?? SHOWN).map(transfer => withInterrupted(transfer, context.date()))
  const missing = await missingPaths(shown)
  let day = ''
  for (const transfer of shown) {
    const today = localDay(transfer.started)
    view.tell('transfer', transferFields(transfer, missing), undefined, [
      ...(today === day ? [] : [today]),
      ...transferLines(transfer, missing),
    ])
    day = today
  }
  if (found.length === 0) view.note(text === undefined ? 'Nothing was sent or received yet.' : 'Nothing was found.')
  else if (found.length > shown.length) view.note(`${found.length - shown.length} more: --limit ${found.length} shows them.`)
  if (context.isTerminal.stdout && shown.length > 0) view.note('cpmft history --open ID opens a received file.')
  return 0
}

/** `  7Q2F  14:02  from Alice Reed <sip:alice@example.com>`, then a line for each file. */
function transferLines(transfer: StoredTransfer, missing: ReadonlySet<string>): string[] {
  const subject = transfer.subject === undefined || transfer.subject === '' ? '' : `  "${terminalText(transfer.subject)}"`
  const head = `  ${transfer.id.padEnd(4)}  ${localTime(transfer.started)}  ${peerWords(transfer)}${subject}`
  const recipients = transfer.recipients ?? []
  return [
    head,
    ...transfer.files.map(file => `      ${file.index + 1}  ${fileLine(file, missing)}`),
    ...recipients.map(recipient => `         ${recipientLine(recipient, recipients)}`),
  ]
}

/** `carol  declined` */
function recipientLine({ uri, name, state, error }: StoredRecipient, all: readonly StoredRecipient[]): string {
  const words = RECIPIENT_WORDS[state as RecipientState] ?? terminalText(state)
  const why = error === undefined || error.code === state ? '' : ` (${terminalText(error.code)})`
  return `${recipientName({ uri, displayName: name }, all)}  ${words}${why}`
}

function fileLine(file: StoredFile, missing: ReadonlySet<string>): string {
  const words = [terminalName(file.name), file.size === undefined ? 'size?' : formatSize(file.size), stateWords(file)]
  if (file.notice !== undefined && file.state === 'done') words.push(file.notice)
  if (file.path !== undefined && missing.has(file.path)) words.push('(missing)')
  return words.join('  ')
}

function stateWords(file: StoredFile): string {
  if (file.state === 'done' || file.state === 'declined') return file.state
  const share = file.bytes > 0 && file.size !== undefined ? ` at ${percent(file.bytes, file.size)} %` : ''
  return `${terminalText(file.state)}${share}${file.error === undefined ? '' : ` (${terminalText(file.error.code)})`}`
}

async function missingPaths(transfers: readonly StoredTransfer[]): Promise<ReadonlySet<string>> {
  const paths = new Set(transfers.flatMap(({ files }) => files.map(({ path }) => path)))
  const missing = new Set<string>()
  for (const path of paths) if (path !== undefined && !(await exists(path))) missing.add(path)
  return missing
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** A received file that is there. `7Q2F` alone is enough when the transfer has one such file. */
async function savedFile(store: Store, wanted: string): Promise<{ transfer: StoredTransfer; file: StoredFile }> {
  const [id = '', number] = wanted.split(':', 2)
  const transfer = await transferOf(store, id)
  const saved = transfer.files.filter(({ state, path }) => state === 'done' && path !== undefined)
  const file = number === undefined ? saved[0] : saved.find(({ index }) => index + 1 === Number(number))
  if (transfer.direction !== 'received' || file?.path === undefined)
    throw new CpmftError('file-missing', `The transfer ${transfer.id} saved no such file here.`)
  if (number === undefined && saved.length > 1)
    throw new UsageError(`The transfer ${transfer.id} has ${saved.length} files.`, `Say which: ${transfer.id}:${file.index + 1}`)
  if (!(await exists(file.path))) throw new CpmftError('file-missing', 'It was moved or deleted since.')
  return { transfer, file }
}

async function transferOf(store: Store, id: string): Promise<StoredTransfer> {
  const known = readTransferId(id)
  const transfer = known === undefined ? undefined : await store.transfer(known)
  if (transfer === undefined) throw new CpmftError('no-such-transfer', `It was "${id}".`)
  return transfer
}

/** Only the record goes; files stay where they are. */
async function forget({ view }: CommandScope, store: Store, { forget: id, before }: HistoryCommandOptions): Promise<number> {
  if (id === true && before === undefined)
    throw new UsageError('--forget needs to know what.', 'Write --forget ID, or --forget --before 2026-01-31.')
  if (typeof id === 'string') await transferOf(store, id)
  const query = { ...(typeof id === 'string' && { id: readTransferId(id) as string }), ...(before !== undefined && { before }) }
  const count = await store.forget(query)
  view.tell('forgotten', { count }, count === 1 ? 'One transfer is forgotten.' : `${count} transfers are forgotten.`)
  return 0
}
