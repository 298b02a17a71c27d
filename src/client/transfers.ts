import { type OutgoingFile, type ServedFile, THUMBNAIL_IARI, type WantedFile as WantedLine } from '../cpm/index.js'
import type { FileSelector } from '../sdp/index.js'
import { formatOctets } from '../sdp/index.js'
import type { AcceptOptions, Notice, Party, ReceivedFile, SendOptions, Transfer } from './api.js'
import type { ClientContext } from './client-context.js'
import type { FileSource } from './host.js'
import { GroupTransfer } from './group-transfer.js'
import { IncomingTransfer, type IncomingTransferOptions } from './incoming-transfer.js'
import { type FilePlan, OutgoingTransfer } from './outgoing-transfer.js'
import { PulledTransfer, type PulledTransferOptions } from './pulled-transfer.js'
import { type ReceivingOptions, ReceivingTransfer } from './receiving-transfer.js'
import { ReceiveQuota } from './receive-quota.js'
import { ServedFileView, ServingTransfer } from './serving-transfer.js'
import { limitOf, personal, type SessionTarget } from './session-pool.js'
import type { SessionRunner } from './session-runner.js'
import type { AwaitedFile } from './notice-desk.js'
import type { SharedSource } from './share-list.js'
import { sameAddress } from './offer-check.js'
import { dropOlderParts } from './older-parts.js'
import type { StoredTransfer } from './store.js'
import { LONGEST_ID, newTransferId, unusedTransferId } from './transfer-id.js'
import { groupPlan } from './group-plan.js'
import type { Target } from './group.js'
import { ICON_OCTETS, RECIPIENT_WAIT } from './limits.js'

/** Characters of an id that is looked up before it is used: another process does not find the same one at this moment. */
const SPARE_ID = 6

/** Starts the transfers of a client and knows the running ones. */
export class Transfers {
  readonly #context: ClientContext
  readonly #running = new Map<string, Transfer>()
  /** Who hears that the peer's device rings, by session. */
  readonly #ringing = new Map<string, OutgoingTransfer | PulledTransfer>()
  /** Who hears that signalling is unprotected, by session. */
  readonly #receivers = new Map<string, IncomingTransfer>()
  /** What may still be received. */
  readonly quota: ReceiveQuota
  #next = 1
  /** An id that no record has, found out ahead: whoever begins a transfer does not wait for the store. */
  #spareId: string | undefined

  constructor(context: ClientContext) {
    this.#context = context
    const { host, options } = context
    this.quota = new ReceiveQuota(
      options.quota,
      host.store,
      () => host.date(),
      () => context.journal.settled(),
    )
    void this.#findSpareId()
  }

  get isEmpty(): boolean {
    return this.#running.size === 0
  }

  isRunning(id: string): boolean {
    return this.#running.has(id)
  }

  /** @param earlier the record of the transfer that goes on */
  send(peerUri: string, plans: readonly FilePlan[], send: SendOptions, earlier?: StoredTransfer): OutgoingTransfer {
    const { looseEnds, journal, capabilities } = this.#context
    const peer = partyOf(peerUri, earlier)
    const id = earlier?.id ?? this.#newId()
    const transfer = new OutgoingTransfer({
      ...this.#outgoing(id, peer, plans, send),
      entry: journal.begin({ id, direction: 'sent', kind: 'push', peer, subject: send.subject }, earlier),
      join: (files, owner) => this.#push(personal(peerUri), files, owner, send.subject),
      extras: (source, awaited) => this.#extras(peerUri, source, awaited),
      onIncapable: () => capabilities.doubt(peerUri),
      fallback: () => capabilities.fallback(peerUri),
    })
    this.#track(transfer)
    looseEnds.add(this.#warnOf(peerUri, transfer))
    return transfer
  }

  /** What all transfers have that send files from here. */
  #outgoing(id: string, peer: Party, plans: readonly FilePlan[], send: SendOptions) {
    const { host, options, looseEnds, msrp, notices } = this.#context
    notices.startOver(id)
    const limits = { maxFileSize: limitOf(options.maxFileSize), warnSize: limitOf(options.warnSize) }
    return { id, label: this.#newLabel(id), host, msrp, peer, plans, send, ...limits, looseEnds }
  }

  /** @param earlier the record of the transfer whose recipients are tried again */
  sendToGroup(target: Target, plans: readonly FilePlan[], send: SendOptions, earlier?: StoredTransfer): GroupTransfer {
    const { options, journal, notices, relay } = this.#context
    const id = earlier?.id ?? this.#newId()
    const { kind, uri, session, recipients, group } = groupPlan(target, send)
    const peer = partyOf(uri, earlier)
    const transfer: GroupTransfer = new GroupTransfer({
      ...this.#outgoing(id, peer, plans, send),
      // The record is of the whole group, also when only one of it is tried again
      entry: journal.begin(
        { id, direction: 'sent', kind: 'push', peer: partyOf(earlier?.peer ?? uri, earlier), subject: group.subject, group: group.uri },
        earlier,
      ),
      join: async (files, owner) => (session === undefined ? transfer.split(files) : this.#push(session, files, owner, group.subject)),
      extras: async (_source, awaited) => {
        const path = await relay?.authorize()
        const notify = options.notifications === false ? {} : { notify: notices.request(awaited, true) }
        return { ...notify, ...(path === undefined ? {} : { relay: path }) }
      },
      onIncapable: () => undefined,
      fallback: () => 'none',
      group,
      recipients,
      own: [options.aor],
      kind,
      wait: (send.recipientWait ?? options.recipientWait ?? RECIPIENT_WAIT) * 1000,
      notifies: options.notifications !== false && options.anonymous !== true,
      mayFallBack: send.fallbackToSingle ?? false,
      single: (to, parts) =>
        this.#single(transfer, to, parts, { ...send, ...(group.subject === undefined ? {} : { subject: group.subject }) }),
    })
    this.#track(transfer)
    return transfer
  }

  get(
    peerUri: string,
    wanted: PulledTransferOptions['wanted'],
    accept: AcceptOptions & { readonly subject?: string },
    earlier?: StoredTransfer,
  ): PulledTransfer {
    const peer = partyOf(peerUri, earlier)
    const id = earlier?.id ?? this.#newId()
    const transfer = new PulledTransfer({
      ...this.#receiving(id, peer, accept),
      entry: this.#context.journal.begin({ id, direction: 'received', kind: 'pull', peer, subject: accept.subject }, earlier),
      wanted,
      join: (files, owner) => this.#pull(peerUri, files, owner, accept.subject),
    })
    this.#track(transfer)
    return transfer
  }

  receive(
    peer: Party,
    from: Pick<IncomingTransferOptions, 'runner' | 'chosen' | 'accept' | 'answer'> & {
      subject: string | undefined
      conversationId: string
    },
  ): Transfer<ReceivedFile> {
    const { subject, conversationId, runner, chosen, answer } = from
    const origin = originOf(chosen)
    const earlier = origin !== undefined && this.#running.has(origin.id) ? undefined : origin
    const id = earlier?.id ?? this.#newId()
    const transfer = new IncomingTransfer({
      ...this.#receiving(id, peer, from.accept, conversationId),
      entry: this.#context.journal.begin({ id, direction: 'received', kind: 'push', peer, subject, conversationId }, earlier),
      runner,
      chosen,
      index: (order, part) => (earlier === undefined ? order : (part?.origin?.index ?? order)),
      reserve: file => this.quota.reserve(peer.uri, file, file.selector),
      answer,
    })
    this.#receivers.set(runner.id, transfer)
    this.#track(transfer)
    return transfer
  }

  /** Sends shared files to a peer that asked for them; settles once they are open. */
  async serve(
    peer: Party,
    runner: SessionRunner,
    files: readonly { readonly served: ServedFile; readonly shared: SharedSource }[],
  ): Promise<{ readonly transfer: ServingTransfer; readonly files: readonly ServedFile[] }> {
    const { msrp, looseEnds, journal } = this.#context
    const id = this.#newId()
    const views = files.map(({ served, shared }, index) => new ServedFileView(served, shared, index))
    const entry = journal.begin({ id, direction: 'sent', kind: 'pull', peer })
    const transfer = new ServingTransfer({ id, label: this.#newLabel(id), peer, msrp, looseEnds, entry, runner, files: views })
    this.#track(transfer)
    return { transfer, files: await transfer.open() }
  }

  ringing(runner: SessionRunner): void {
    this.#ringing.get(runner.id)?.ringing()
  }

  /** SIP-34 */
  waiting(runner: SessionRunner, { status, after }: { readonly status: number; readonly after: number }): void {
    const transfer = this.#ringing.get(runner.id)
    const what = status === 486 || status === 600 ? `${runner.peerUri} is busy` : `The service is overloaded (${status})`
    transfer?.warn('waiting', `${what}; it is asked again in ${Math.ceil(after / 1000)} s.`)
  }

  /** CON-45 */
  insecure(runner: SessionRunner): void {
    const transfer = this.#ringing.get(runner.id) ?? this.#receivers.get(runner.id)
    transfer?.warn('insecure-signalling', 'The fingerprints of the secure connection came over unprotected SIP.')
  }

  /** The session is over. */
  forget(runner: SessionRunner): void {
    this.#ringing.delete(runner.id)
    this.#receivers.delete(runner.id)
  }

  /** A notification about a file of a running transfer; false when it does not run. */
  noted({ transferId, index, state, recipient }: Notice): boolean {
    const transfer = this.#running.get(transferId)
    if (!(transfer instanceof OutgoingTransfer)) return false
    transfer.noted(index, state, recipient)
    return true
  }

  /** Makes the part of a file free for a resume by its sender, and the record of it complete. */
  async freePart(peer: string, sha1: string): Promise<void> {
    const running = [...this.#running.values()].filter(transfer => transfer.peer.uri === peer)
    for (const transfer of running) if (transfer instanceof ReceivingTransfer) await transfer.yield(sha1)
    await this.#context.journal.settled()
  }

  abort(): void {
    for (const transfer of this.#running.values()) transfer.abort()
  }

  /** One recipient of a transfer to several, by itself and without a record of its own (GRP-2). */
  #single(whole: GroupTransfer, peerUri: string, plans: readonly FilePlan[], send: SendOptions): OutgoingTransfer {
    const { host, options, looseEnds, msrp, journal, capabilities } = this.#context
    const peer = partyOf(peerUri)
    const id = `${whole.id}/${peerUri}`
    const transfer = new OutgoingTransfer({
      id,
      label: this.#newLabel(id),
      host,
      msrp,
      peer,
      plans,
      send,
      maxFileSize: limitOf(options.maxFileSize),
      // Said of the whole transfer already
      warnSize: undefined,
      looseEnds,
      entry: journal.unwritten({ id, direction: 'sent', kind: 'push', peer }),
      join: (files, owner) => this.#push(personal(peerUri), files, owner, send.subject),
      extras: (source, awaited) => this.#extras(peerUri, source, { ...awaited, transferId: whole.id, recipient: peerUri }),
      onIncapable: () => capabilities.doubt(peerUri),
      fallback: () => 'none',
    })
    return transfer
  }

  #receiving(id: string, peer: Party, accept: AcceptOptions, conversationId?: string): Omit<ReceivingOptions, 'entry'> {
    const { host, msrp, looseEnds, options, notices } = this.#context
    return {
      id,
      label: this.#newLabel(id),
      host,
      msrp,
      peer,
      into: accept.into ?? options.into ?? '.',
      accept: options.onConflict === undefined ? accept : { onConflict: options.onConflict, ...accept },
      looseEnds,
      keepParts: host.store !== undefined,
      notify: (order, state) => notices.send(order, state, conversationId),
    }
  }

  async #push(
    target: SessionTarget,
    described: readonly OutgoingFile[],
    owner: OutgoingTransfer,
    subject: string | undefined,
  ): Promise<void> {
    const choose = await this.#context.pool.towards(target)
    // From here on nothing waits
    const files = described.filter(({ fileId }) => owner.wants(fileId))
    const runner = files.length === 0 ? undefined : choose(files.length)
    if (runner === undefined) return
    this.#ringing.set(runner.id, owner)
    if (owner instanceof GroupTransfer && target.group !== undefined) this.#context.groups.attach(runner, owner)
    owner.attachAll(runner, files)
    runner.command({ name: 'send', files, ...(subject === undefined ? {} : { subject }) })
  }

  async #pull(peerUri: string, wanted: readonly WantedLine[], owner: PulledTransfer, subject: string | undefined): Promise<void> {
    const lines = await Promise.all(wanted.map(line => this.#throughRelay(line)))
    const choose = await this.#context.pool.towards(personal(peerUri))
    const files = lines.filter(({ fileId }) => owner.wants(fileId))
    const runner = files.length === 0 ? undefined : choose(files.length)
    if (runner === undefined) return
    this.#ringing.set(runner.id, owner)
    owner.attachAll(runner, files)
    runner.command({ name: 'get', files, ...(subject === undefined ? {} : { subject }) })
  }

  async #throughRelay(line: WantedLine): Promise<WantedLine> {
    const relay = await this.#context.relay?.authorize()
    return relay === undefined ? line : { ...line, relay }
  }

  /** What goes along with a file: icon, request for notifications, relay path. */
  async #extras(peerUri: string, source: FileSource, awaited: AwaitedFile): Promise<Pick<OutgoingFile, 'icon' | 'notify' | 'relay'>> {
    const { host, options, notices, relay } = this.#context
    const wanted = await this.#showsIcons(peerUri, source.type)
    const icon = wanted ? await host.icon?.(source, ICON_OCTETS).catch(() => undefined) : undefined
    const path = await relay?.authorize()
    return {
      ...(icon === undefined ? {} : { icon }),
      ...(options.notifications === false ? {} : { notify: notices.request(awaited) }),
      ...(path === undefined ? {} : { relay: path }),
    }
  }

  /** Peers are asked, once in a while and for images only, whether they show small pictures (RCS-5, RCS-8). */
  async #showsIcons(peerUri: string, type: string): Promise<boolean> {
    const { options, capabilities } = this.#context
    if (options.icons !== undefined || this.#context.host.icon === undefined) return options.icons ?? false
    const known =
      (await capabilities.known(peerUri)) ??
      (type.startsWith('image/') ? await capabilities.ask(peerUri).catch(() => undefined) : undefined)
    return known?.tags.includes(THUMBNAIL_IARI) ?? false
  }

  /** OA-51: what is remembered of a peer that takes no files, or none so large. */
  async #warnOf(peerUri: string, transfer: OutgoingTransfer): Promise<void> {
    const known = await this.#context.capabilities.known(peerUri)
    if (known?.fileTransfer === false)
      transfer.warn('peer-incapable', `${peerUri} did not announce file transfer when it was asked; it is tried all the same.`)
  }

  /** Once all of it is in the record: what earlier attempts left of its files is of no use. */
  #dropParts(transfer: ReceivingTransfer): void {
    const { host, journal } = this.#context
    const { id, peer } = transfer
    for (const file of transfer.files) if (file.state === 'done') journal.write(() => dropOlderParts(host, id, peer.uri, file))
  }

  #track(transfer: Transfer): void {
    this.#running.set(transfer.id, transfer)
    void transfer.done.then(() => {
      this.#running.delete(transfer.id)
      if (transfer instanceof ReceivingTransfer) this.#dropParts(transfer)
    })
  }

  #newLabel(id: string): string {
    return `${id}.${this.#next++}`
  }

  /** Never that of an earlier record, which would be replaced: short when it was looked for, else too long to be met. */
  #newId(): string {
    const { random } = this.#context.host
    let id = this.#spareId ?? newTransferId(random, LONGEST_ID)
    while (this.#running.has(id)) id = newTransferId(random, LONGEST_ID)
    this.#spareId = undefined
    void this.#findSpareId()
    return id
  }

  async #findSpareId(): Promise<void> {
    const { random, store } = this.#context.host
    // A store that fails keeps no records
    this.#spareId = await (store === undefined
      ? newTransferId(random, SPARE_ID)
      : unusedTransferId(random, store, SPARE_ID).catch(() => undefined))
  }
}

/** The earlier transfer that all these files go on with; undefined when they are not all of one, or it runs again already. */
function originOf(chosen: IncomingTransferOptions['chosen']): StoredTransfer | undefined {
  const origin = chosen[0]?.part?.origin?.transfer
  return chosen.every(({ part }) => part?.origin?.transfer.id === origin?.id) ? origin : undefined
}

/** The party at a given address, which nobody has vouched for. */
function partyOf(uri: string, earlier?: StoredTransfer): Party {
  return { uri, displayName: earlier?.peerName, identity: 'unverified', known: false }
}

/** Whether a file that was sent to this peer before may be asked for again by it (RCS-2). */
export function wasSentTo(peer: string, transfers: readonly StoredTransfer[], selector: FileSelector): string | undefined {
  const wanted = selector.hashes.find(({ algorithm }) => algorithm === 'sha-1')
  if (wanted === undefined) return undefined
  const hex = formatOctets(wanted.octets)
  for (const transfer of transfers) {
    if (!sameAddress(transfer.peer, peer)) continue
    const file = transfer.files.find(({ sha1, path }) => path !== undefined && sha1 !== undefined && formatOctets(sha1) === hex)
    if (file !== undefined) return file.path
  }
  return undefined
}
