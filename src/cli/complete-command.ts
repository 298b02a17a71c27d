import type { Command } from 'commander'
import { resumableFiles, type StoredTransfer } from '../client/index.js'
import { type Candidate, completionOf } from './complete.js'
import type { CommandContext } from './context.js'
import { terminalText } from './terminal-text.js'

/** Transfers that are offered. */
const TRANSFERS = 30

/**
 * What the scripts of `cpmft completion` run at every Tab: a candidate a line, a tab, a word about it. A line `:file` or `:folder` leaves it to the
 * shell. Never says anything else, whatever goes wrong: it would land in the line that is being typed.
 */
export async function completeCommand(context: CommandContext, program: Command, words: readonly string[]): Promise<void> {
  const current = words.at(-1) ?? ''
  try {
    const found = completionOf(program, words)
    if (found.kind === 'nothing') return
    if (found.kind === 'file' || found.kind === 'folder') return void context.stdout.write(`:${found.kind}\n`)
    const candidates = found.kind === 'words' ? found.words : await remembered(context, found.kind)
    for (const { word, about } of candidates)
      if (word.startsWith(current)) context.stdout.write(about === '' ? `${word}\n` : `${word}\t${terminalText(about)}\n`)
  } catch {
    // Nothing to offer
  }
}

async function remembered(context: CommandContext, kind: 'contact' | 'transfer' | 'account'): Promise<readonly Candidate[]> {
  const node = await import('../node/index.js')
  const { env, home } = context
  if (kind === 'account') {
    const accounts = await node.listAccounts({ env, home })
    return accounts.map(({ name, aor }) => ({ word: name, about: aor ?? '' }))
  }
  const store = await context.openStore(node.storePath({ env, home }))
  try {
    const transfers = await store.transfers({ limit: TRANSFERS })
    if (kind === 'transfer') return transfers.map(transfer => ({ word: transfer.id, about: aboutTransfer(transfer) }))
    const contacts = (await store.contacts()).map(({ uri, name }) => ({ word: uri, about: name ?? '' }))
    const known = new Set(contacts.map(({ word }) => word))
    const peers = [...new Set(transfers.map(({ peer }) => peer))].filter(peer => !known.has(peer))
    // What a terminal would act on is not offered to one
    return [...contacts, ...peers.map(word => ({ word, about: '' }))].filter(({ word }) => /^[\x21-\x7e]+$/.test(word))
  } finally {
    await store.close()
  }
}

function aboutTransfer(transfer: StoredTransfer): string {
  const open = resumableFiles(transfer).length > 0 ? 'interrupted, ' : ''
  return `${open}${transfer.direction} ${transfer.files[0]?.name ?? ''}`
}
