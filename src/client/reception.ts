import type { OfferedFileDescription, RelayPath, ServedFile, SessionEvent } from '../cpm/index.js'
import type { Party, Transfer } from './api.js'
import type { ClientContext } from './client-context.js'
import { EventQueue } from './event-queue.js'
import { OfferCheck } from './offer-check.js'
import { type Findings, OfferDesk } from './offer-desk.js'
import type { SessionRunner } from './session-runner.js'
import { describeShared, servedFile, type SharedSource, type ShareList } from './share-list.js'
import { type Transfers, wasSentTo } from './transfers.js'
import { FETCHES_KEPT, RESUME_TTL } from './limits.js'

/** Incoming offers of a client: looked at, shown to the user or answered from the shares, and received. */
export class Reception {
  readonly desk: OfferDesk
  /** Transfers of what was sent before and is in no share. */
  readonly fetched = new EventQueue<Transfer>(FETCHES_KEPT)
  readonly #context: ClientContext
  readonly #shares: ShareList
  readonly #transfers: Transfers
  readonly #check: OfferCheck
  #next = 1

  constructor(context: ClientContext, shares: ShareList, transfers: Transfers) {
    this.#context = context
    this.#shares = shares
    this.#transfers = transfers
    const left = (peer: string) => transfers.quota.left(peer)
    this.#check = new OfferCheck({
      store: context.host.store,
      client: context.options,
      date: () => context.host.date(),
      left,
      freePart: (peer, sha1) => transfers.freePart(peer, sha1),
    })
    this.desk = new OfferDesk({
      nextId: () => String(this.#next++),
      look: (event, runner) => this.#withGroup(this.#look(event, runner), runner),
      serve: (lines, from, runner) => this.#serve(lines, from, runner),
      receive: (chosen, { event, from, runner, accept }, answer) =>
        transfers.receive(from, {
          runner,
          chosen,
          accept,
          answer,
          subject: event.subject,
          conversationId: event.conversation.conversationId,
        }),
      answer: (runner, accepted, served, reason) => this.#answer(runner, accepted, served, reason),
    })
  }

  /** GRP-43 */
  #withGroup(findings: Findings | Promise<Findings>, runner: SessionRunner): Findings | Promise<Findings> {
    const group = this.#context.pool.group(runner)
    if (group === undefined) return findings
    return findings instanceof Promise ? findings.then(found => ({ ...found, group })) : { ...findings, group }
  }

  #look(event: SessionEvent & { type: 'offer' }, runner: SessionRunner): Findings | Promise<Findings> {
    const identity = this.#context.pool.identity(runner)
    const from: Party = {
      uri: runner.peerUri,
      displayName: identity?.displayName,
      identity: identity?.certainty ?? 'unverified',
      known: false,
    }
    const ranges = event.files.some(({ range }) => range !== undefined)
    const { host, options } = this.#context
    // Nothing is remembered: nothing to look up
    if (host.store === undefined && !ranges && options.quota === undefined) return { from, news: new Map(), autoAccept: false }
    return this.#find(event, from)
  }

  async #find(event: SessionEvent & { type: 'offer' }, unknown: Party): Promise<Findings> {
    try {
      const from = await this.#check.party(unknown)
      const pushed = event.files.filter(({ kind }) => kind !== 'pull')
      const news = await this.#check.news(pushed, from)
      const possible = pushed.filter(({ fileId, unavailable }) => (news.get(fileId)?.unavailable ?? unavailable) === undefined)
      return { from, news, autoAccept: this.#check.acceptsUnasked(from, possible) }
    } catch {
      // A store that fails must not keep files away
      return { from: unknown, news: new Map(), autoAccept: false }
    }
  }

  async #serve(lines: readonly OfferedFileDescription[], from: Party, runner: SessionRunner) {
    const found: { served: ServedFile; shared: SharedSource }[] = []
    for (const { fileId, selector, unavailable } of lines) {
      if (unavailable !== undefined) continue
      const shared = this.#shares.find(selector, from.uri) ?? (await this.#sentBefore(selector, from))
      if (shared === undefined) continue
      const relay = await this.#relayPath()
      found.push({ shared, served: servedFile(fileId, shared, relay === undefined ? {} : { relay }) })
    }
    if (found.length === 0) return undefined
    const serving = await this.#transfers.serve(from, runner, found)
    const sources = found.map(({ shared }) => shared)
    if (!this.#shares.tell(sources, serving.transfer)) this.fetched.push(serving.transfer)
    return serving
  }

  /** A receiver may fetch the rest of what was sent to it (RCS-2): whoever sent it has shared it. */
  async #sentBefore(selector: OfferedFileDescription['selector'], from: Party): Promise<SharedSource | undefined> {
    const { host, options } = this.#context
    if (host.store === undefined || from.identity === 'anonymous') return undefined
    const since = host.date() - (options.resumeTtl ?? RESUME_TTL) * 1000
    const sent = await host.store.transfers({ direction: 'sent', since }).catch(() => [])
    const path = wasSentTo(from.uri, sent, selector)
    if (path === undefined) return undefined
    const shared = await describeShared(host, path, () => true).catch(() => undefined)
    const wanted = selector.hashes.find(({ algorithm }) => algorithm === 'sha-1')
    const same = shared?.selector.hashes[0]?.octets.every((octet, index) => octet === wanted?.octets[index])
    return same === true ? shared : undefined
  }

  async #answer(
    runner: SessionRunner,
    accepted: readonly string[],
    served: readonly ServedFile[],
    reason: string | undefined,
  ): Promise<void> {
    const relays = new Map<string, RelayPath>()
    for (const fileId of accepted) {
      const path = await this.#relayPath()
      if (path !== undefined) relays.set(fileId, path)
    }
    runner.command({
      name: 'answer',
      accepted,
      ...(reason === undefined ? {} : { reason }),
      ...(served.length === 0 ? {} : { served }),
      ...(relays.size === 0 ? {} : { relays }),
    })
  }

  async #relayPath(): Promise<RelayPath | undefined> {
    return this.#context.relay === undefined ? undefined : this.#context.relay.authorize()
  }
}
