import {
  compareContacts,
  compareGroups,
  type Contact,
  type FileQuery,
  foldedText,
  type HistoryQuery,
  HostError,
  hasWanted,
  historyRows,
  peopleOf,
  STORED_CAPABILITIES,
  STORED_CONTACTS,
  STORED_GROUPS,
  STORED_TRANSFERS,
  type Store,
  type StoredCapabilities,
  type StoredFile,
  type StoredGroup,
  type StoredTransfer,
  searchedText,
  storableCapabilities,
  storableContact,
  storableFile,
  storableGroup,
  storableTransfer,
} from '../client/index.js'

/** A store in plain maps, for tests and for clients that should remember nothing after they end. */
export function memoryStore(): Store {
  return new MemoryStore()
}

class MemoryStore implements Store {
  readonly #transfers = new Map<string, StoredTransfer>()
  readonly #contacts = new Map<string, Contact>()
  readonly #groups = new Map<string, StoredGroup>()
  readonly #capabilities = new Map<string, StoredCapabilities>()
  #closed = false

  async saveTransfer(transfer: StoredTransfer): Promise<void> {
    this.#check()
    const kept = storableTransfer(transfer)
    this.#transfers.set(kept.id, kept)
    if (this.#transfers.size <= STORED_TRANSFERS) return
    for (const { id } of this.#newestFirst().slice(STORED_TRANSFERS)) this.#transfers.delete(id)
  }

  async saveFile(transferId: string, file: StoredFile): Promise<void> {
    this.#check()
    const transfer = this.#transfers.get(transferId)
    if (transfer === undefined) throw new HostError('store', 'There is no such transfer in the store.')
    const others = transfer.files.filter(other => other.index !== file.index)
    this.#transfers.set(transferId, storableTransfer({ ...transfer, files: [...others, storableFile(file)] }))
  }

  async saveProgress(transferId: string, index: number, bytes: number): Promise<void> {
    this.#check()
    const transfer = this.#transfers.get(transferId)
    const file = transfer?.files.find(file => file.index === index)
    if (file !== undefined) await this.saveFile(transferId, { ...file, bytes })
  }

  async transfers(query: HistoryQuery = {}): Promise<StoredTransfer[]> {
    this.#check()
    return this.#newestFirst()
      .filter(transfer => matches(transfer, query))
      .slice(0, historyRows(query.limit))
      .map(copyOf)
  }

  async transfer(id: string): Promise<StoredTransfer | undefined> {
    this.#check()
    const transfer = this.#transfers.get(id)
    return transfer === undefined ? undefined : copyOf(transfer)
  }

  async forget(query: { readonly id?: string; readonly before?: number }): Promise<number> {
    this.#check()
    let count = 0
    for (const { id, started } of this.#transfers.values()) {
      if ((query.id ?? id) !== id || (query.before !== undefined && started >= query.before)) continue
      this.#transfers.delete(id)
      count++
    }
    return count
  }

  async findFile(query: FileQuery): Promise<{ readonly transfer: StoredTransfer; readonly file: StoredFile } | undefined> {
    this.#check()
    let found: { transfer: StoredTransfer; file: StoredFile } | undefined
    for (const transfer of this.#newestFirst()) {
      if (transfer.direction !== query.direction) continue
      if ((query.peer ?? transfer.peer) !== transfer.peer || (query.account ?? transfer.account) !== transfer.account) continue
      for (const file of transfer.files)
        if (isWanted(file, query) && (found === undefined || file.updated > found.file.updated)) found = { transfer, file }
    }
    return found === undefined ? undefined : { transfer: copyOf(found.transfer), file: copyOfFile(found.file) }
  }

  async receivedOctets(peer: string | undefined, since: number): Promise<number> {
    this.#check()
    let octets = 0
    for (const transfer of this.#transfers.values()) {
      if (transfer.direction !== 'received' || (peer ?? transfer.peer) !== transfer.peer) continue
      for (const file of transfer.files) if (file.updated >= since) octets += file.bytes
    }
    return octets
  }

  async contacts(): Promise<Contact[]> {
    this.#check()
    return [...this.#contacts.values()].sort(compareContacts).map(contact => ({ ...contact }))
  }

  async saveContact(contact: Contact): Promise<void> {
    this.#check()
    const kept = storableContact(contact)
    if (this.#contacts.size >= STORED_CONTACTS && !this.#contacts.has(kept.uri))
      throw new HostError('store', 'There are too many contacts.')
    this.#contacts.set(kept.uri, kept)
  }

  async removeContact(uri: string): Promise<boolean> {
    this.#check()
    return this.#contacts.delete(uri)
  }

  async groups(): Promise<StoredGroup[]> {
    this.#check()
    return [...this.#groups.values()].sort(compareGroups).map(group => ({ ...group, members: [...group.members] }))
  }

  async saveGroup(group: StoredGroup): Promise<void> {
    this.#check()
    const kept = storableGroup(group)
    if (this.#groups.size >= STORED_GROUPS && !this.#groups.has(kept.name)) throw new HostError('store', 'There are too many groups.')
    this.#groups.set(kept.name, kept)
  }

  async removeGroup(name: string): Promise<boolean> {
    this.#check()
    return this.#groups.delete(name)
  }

  async capabilities(uri: string): Promise<StoredCapabilities | undefined> {
    this.#check()
    const found = this.#capabilities.get(uri)
    return found === undefined ? undefined : { ...found, tags: [...found.tags] }
  }

  async saveCapabilities(capabilities: StoredCapabilities): Promise<void> {
    this.#check()
    const kept = storableCapabilities(capabilities)
    this.#capabilities.set(kept.uri, kept)
    if (this.#capabilities.size <= STORED_CAPABILITIES) return
    const [oldest] = [...this.#capabilities.values()].sort((a, b) => a.learned - b.learned)
    if (oldest !== undefined) this.#capabilities.delete(oldest.uri)
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #check(): void {
    if (this.#closed) throw new HostError('store', 'The store is closed.')
  }

  /** Of transfers that started in the same millisecond the later saved one comes first. */
  #newestFirst(): StoredTransfer[] {
    return [...this.#transfers.values()].reverse().sort((a, b) => b.started - a.started)
  }
}

function matches(transfer: StoredTransfer, query: HistoryQuery): boolean {
  const { direction, peer, states, imdn, since, before, text } = query
  if (direction !== undefined && transfer.direction !== direction) return false
  if (peer !== undefined && transfer.peer !== peer) return false
  if (since !== undefined && transfer.started < since) return false
  if (before !== undefined && transfer.started >= before) return false
  if (states !== undefined && !transfer.files.some(file => states.includes(file.state))) return false
  if (imdn !== undefined && !transfer.files.some(file => file.imdn === imdn)) return false
  if (text === undefined) return true
  const wanted = searchedText(text)
  return peopleOf(transfer).includes(wanted) || transfer.files.some(({ name }) => foldedText(name).includes(wanted))
}

function isWanted(file: StoredFile, query: FileQuery): boolean {
  if (!hasWanted(file, query) || file.updated < (query.since ?? file.updated)) return false
  if (query.size !== undefined && file.size !== query.size) return false
  return file.sha1 !== undefined && file.sha1.length === query.sha1.length && file.sha1.every((octet, at) => octet === query.sha1[at])
}

function copyOf(transfer: StoredTransfer): StoredTransfer {
  const { recipients } = transfer
  const kept = recipients === undefined ? {} : { recipients: recipients.map(recipient => ({ ...recipient, files: [...recipient.files] })) }
  return { ...transfer, files: transfer.files.map(copyOfFile), ...kept }
}

function copyOfFile(file: StoredFile): StoredFile {
  return { ...file, sha1: file.sha1 === undefined ? undefined : new Uint8Array(file.sha1) }
}
