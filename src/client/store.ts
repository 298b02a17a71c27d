/**
 * What a client remembers between runs: transfers with their files (history, resume, retry), contacts and capabilities.
 * Small on purpose; `cpmft/node` keeps it in SQLite. Methods reject with `HostError('store')` when the store fails; the client then goes on without it.
 */
export interface Store {
  /** Inserts or replaces a transfer and all its files; durable when it settles. */
  saveTransfer(transfer: StoredTransfer): Promise<void>
  /** Inserts or replaces one file of a transfer; durable when it settles. */
  saveFile(transferId: string, file: StoredFile): Promise<void>
  /** The same for several files of it, all or none; absent where that is no faster. */
  saveFiles?(transferId: string, files: readonly StoredFile[]): Promise<void>
  /** Remembers how far a file got; may be lost when the machine loses power, never when the process dies. */
  saveProgress(transferId: string, index: number, bytes: number): Promise<void>
  /** Newest first. */
  transfers(query?: HistoryQuery): Promise<StoredTransfer[]>
  transfer(id: string): Promise<StoredTransfer | undefined>
  /** Forgets transfers; what they received stays on disk. Gives how many there were. */
  forget(query: { readonly id?: string; readonly before?: number }): Promise<number>
  /** A received file with this hash that is complete (RCV-15), or a partial one of this sender (RCS-1). */
  findFile(query: FileQuery): Promise<{ readonly transfer: StoredTransfer; readonly file: StoredFile } | undefined>
  /** Octets received from this sender, or from all when undefined, in files last saved at `since` or later (SEC-4). */
  receivedOctets(peer: string | undefined, since: number): Promise<number>
  contacts(): Promise<Contact[]>
  saveContact(contact: Contact): Promise<void>
  removeContact(uri: string): Promise<boolean>
  /** Groups of the own address book, by name; absent where a store keeps none. */
  groups?(): Promise<StoredGroup[]>
  /** Inserts or replaces the group of this name. */
  saveGroup?(group: StoredGroup): Promise<void>
  removeGroup?(name: string): Promise<boolean>
  capabilities(uri: string): Promise<StoredCapabilities | undefined>
  saveCapabilities(capabilities: StoredCapabilities): Promise<void>
  close(): Promise<void>
}

/** One transfer, as it was when last saved. Times in milliseconds since 1970. */
export interface StoredTransfer {
  /** Four to eight upper-case letters and digits, unique in the store; what people type. */
  readonly id: string
  readonly direction: 'sent' | 'received'
  /** Who made the offer: `push` offers files, `pull` asks for them. */
  readonly kind: 'push' | 'pull'
  /** Own address of record. */
  readonly account: string
  /** The peer's address. */
  readonly peer: string
  readonly peerName: string | undefined
  readonly subject: string | undefined
  readonly conversationId: string | undefined
  readonly started: number
  /** Undefined while it runs, or when the process died. */
  readonly ended: number | undefined
  readonly files: readonly StoredFile[]
  /** Address of the group it went to, where the group has one. Absent for transfers between two people and groups made for one transfer. */
  readonly group?: string
  /** Of a transfer to several: everybody, in order. Absent for transfers between two people. */
  readonly recipients?: readonly StoredRecipient[]
}

/** One recipient of a transfer to several. */
export interface StoredRecipient {
  readonly uri: string
  readonly name: string | undefined
  readonly copyControl: 'to' | 'cc' | 'bcc'
  /** One of `RecipientState`. */
  readonly state: string
  readonly error: { readonly code: string; readonly detail: string | undefined } | undefined
  /** Places (`StoredFile.index`) of the files that this recipient has. */
  readonly files: readonly number[]
}

export interface StoredFile {
  /** Place in the transfer, 0-based. */
  readonly index: number
  readonly name: string
  readonly type: string
  readonly size: number | undefined
  /** SHA-1, 20 octets. */
  readonly sha1: Uint8Array | undefined
  /** One of `FileState`; `interrupted` in what `Client.history` gives of a process that died. */
  readonly state: string
  /** Octets the peer confirmed (sent) or octets safe from the start of the file (received). */
  readonly bytes: number
  /** Full path of the source (sent) or of the saved file (received). */
  readonly path: string | undefined
  /** Full path of the partial file, while there is one to go on with (RCS-3). */
  readonly part: string | undefined
  /** Modification time of the source when it was described. */
  readonly modified: number | undefined
  /** Code and words of the error that ended it. */
  readonly error: { readonly code: string; readonly detail: string | undefined } | undefined
  /** What notifications told of it (IMDN-3). */
  readonly notice: 'delivered' | 'displayed' | 'failed' | 'stored' | undefined
  /** `imdn.Message-ID` of a sent file, or the notification order of a received one as JSON. */
  readonly imdn: string | undefined
  readonly updated: number
}

export interface HistoryQuery {
  /** Part of a file name, peer address or name; letter case does not matter. */
  readonly text?: string
  readonly direction?: 'sent' | 'received'
  readonly peer?: string
  /** Only transfers with a file in one of these states. */
  readonly states?: readonly string[]
  readonly imdn?: string
  readonly since?: number
  readonly before?: number
  readonly limit?: number
}

export interface FileQuery {
  readonly direction: 'sent' | 'received'
  readonly sha1: Uint8Array
  readonly size?: number
  readonly peer?: string
  readonly account?: string
  /** `part`: one with a partial file; `complete`: one that is done. */
  readonly want: 'part' | 'complete'
  /** Not older than this. */
  readonly since?: number
}

/** Somebody known (RCS-7). */
export interface Contact {
  readonly uri: string
  readonly name: string | undefined
  /** Files of this sender are accepted without asking, up to the warning size. */
  readonly trusted: boolean
  readonly added: number
}

/** A group of the own address book: a list of people, or a group with an address at its server. */
export interface StoredGroup {
  /** Unique in the store. */
  readonly name: string
  /** Address of a group that is defined at its server. */
  readonly uri: string | undefined
  readonly members: readonly string[]
  readonly added: number
}

/** What OPTIONS told of a peer (OA-51, RCS-8). */
export interface StoredCapabilities {
  readonly uri: string
  readonly fileTransfer: boolean
  /** Largest file in octets. */
  readonly maxSize: number | undefined
  readonly tags: readonly string[]
  readonly learned: number
}
