import { newConversation, RING_TIMEOUT, type SessionEvent, type SessionSettings } from '../cpm/index.js'
import type { EndpointEvent, EndpointOutput } from '../msrp/index.js'
import { addressOfRecord, type UserAgentEvent } from '../sip/index.js'
import { randomToken } from '../wire/index.js'
import { DepositClock } from './deposit-clock.js'
import { DepositDelivery, type DeliveryResult, deliveryHeaders } from './deposit-delivery.js'
import { GroupDeposits } from './deposit-group.js'
import { DepositIntake } from './deposit-intake.js'
import type { DepositNote } from './deposit-note.js'
import {
  DEPOSIT_DEFAULTS,
  type DepositFigures,
  type DepositHostOptions,
  type DepositLimits,
  type DepositNews,
  type NewDeposit,
} from './deposit-options.js'
import { DepositQuota } from './deposit-quota.js'
import { DepositReader } from './deposit-reader.js'
import { DepositSession } from './deposit-session.js'
import { DepositSpool } from './deposit-spool.js'
import { DepositTeller, dateTimeOf } from './deposit-teller.js'
import type { Deposit } from './deposit-types.js'
import { DepositWriter } from './deposit-writer.js'
import { senderOf } from './focus-admission.js'
import { DEPOSIT_DATABASE_RETRY } from './limits.js'
import { SILENT } from './server-log.js'

type Incoming = UserAgentEvent & { readonly name: 'incoming' }

interface Running {
  readonly session: DepositSession
  readonly drop: () => void
  readonly isDelivery: boolean
}

const TOKEN = 20

/** Keeps files for people who are away, and brings them when they come back (RCS-9, RCS-10): a user agent behind the proxy. */
export class DepositHost {
  readonly #options: DepositHostOptions
  readonly #limits: DepositLimits
  readonly #spool: DepositSpool
  readonly #quota: DepositQuota
  readonly #clock: DepositClock
  readonly #teller: DepositTeller
  /** Keeps files for members of groups. */
  readonly members: GroupDeposits
  /** By the id of their dialog. */
  readonly #running = new Map<string, Running>()
  readonly #bySession = new Map<string, Running>()
  /** Deliveries begun, those without a dialog yet too. */
  #deliveries = 0
  #intakes = 0
  #next = 1
  #draining = false
  #closed = false
  #idle: (() => void)[] = []

  /** Takes up what an earlier life left. Rejects with `HostError('store')`. */
  static async open(options: DepositHostOptions): Promise<DepositHost> {
    const host = new DepositHost(options)
    await host.#begin()
    return host
  }

  private constructor(options: DepositHostOptions) {
    this.#options = options
    this.#limits = { ...DEPOSIT_DEFAULTS, ...options.limits }
    this.#spool = new DepositSpool(options.spool, options.node)
    this.#quota = new DepositQuota(options.database.deposits, options.node, this.#limits)
    this.#clock = new DepositClock(options, this.#limits, {
      free: () => (this.#draining ? 0 : this.#limits.deliveries - this.#deliveries),
      busy: () => this.#deliveries > 0,
      deliver: deposits => void this.#deliver(deposits),
      expired: (deposits, spool) => void this.#expired(deposits, spool),
      log: (error, what) => this.#log(error, what),
    })
    const { host, hashes, sip } = options
    this.#teller = new DepositTeller({ host, sip, spool: this.#spool, service: this.address })
    this.members = new GroupDeposits({
      reserve: (sender, recipient, size) => this.#reserveFor(sender, recipient, size),
      open: () => DepositWriter.open(this.#spool, hashes),
      keep: deposit => this.#add(deposit, host.date()),
      token: () => randomToken(host.random, TOKEN),
      log: (error, what) => this.#log(error, what),
    })
  }

  /** Room for a file of a group for one of its members. */
  async #reserveFor(sender: string, recipient: string, size: number): Promise<(() => void) | undefined> {
    const { domain, keepsFor = () => true, knows, host } = this.#options
    if (this.#draining || !recipient.endsWith(`@${domain}`) || !keepsFor(recipient)) return undefined
    if ((await knows?.(recipient)) === false) return undefined
    const [giveBack] = await this.#quota.reserve(sender, recipient, [size], host.date())
    return giveBack
  }

  get figures(): DepositFigures {
    return { intakes: this.#intakes, deliveries: this.#deliveries }
  }

  /** Address of the store. */
  get address(): string {
    return `sip:${SERVICE}@${this.#options.domain}`
  }

  /** The proxy can be reached: from now on files are delivered. */
  start(): void {
    this.#clock.start()
  }

  /** A dialog of the store. */
  owns(id: string): boolean {
    return this.#running.has(id)
  }

  /** An INVITE for somebody who is away. */
  incoming(event: Incoming): void {
    const { id, request } = event
    const recipient = addressOfRecord(request.uri, this.#options.domain)
    const sender = senderOf(request, event.trusted === true)
    const { keepsFor = () => true, host } = this.#options
    const full = this.#draining || this.#closed || this.#intakes >= this.#limits.sessions
    if (full || sender === undefined || recipient === undefined || !keepsFor(recipient))
      return this.#options.sip.command({ name: 'reject', id, status: 480 })
    const began = host.date()
    this.#intakes++
    const intake = new DepositIntake(sender, randomToken(host.random, TOKEN), {
      command: command => running.session.push({ type: 'command', command }),
      reserve: sizes => this.#quota.reserve(sender.uri, recipient, sizes, host.date()),
      open: () => DepositWriter.open(this.#spool, this.#options.hashes),
      hold: until => this.#options.msrp.hold(until),
      keep: deposit => this.#keep({ ...deposit, recipient }, began),
      log: (error, what) => this.#log(error, what),
      after: (milliseconds, callback) => host.after(milliseconds, callback),
      over: () => {
        if (this.#forget(id)) this.#intakes--
      },
    })
    const settings = this.#settings(id, recipient, sender.uri, { contact: this.address, mailbox: true })
    const running = this.#run(
      settings,
      event => intake.onEvent(event),
      () => intake.drop(),
      false,
    )
    running.session.push({ type: 'sip', event })
  }

  /** Events of a dialog or request that is ours. */
  onSip(event: UserAgentEvent): void {
    this.#running.get(event.id)?.session.push({ type: 'sip', event })
  }

  /** @returns whether the MSRP session is ours */
  onMsrp(event: EndpointEvent): boolean {
    const running = this.#bySession.get(event.sessionId)
    running?.session.push({ type: 'msrp', event })
    return running !== undefined
  }

  /** @returns whether the MSRP session is ours */
  onNeedData({ sessionId, offset, length }: EndpointOutput & { type: 'need-data' }): boolean {
    const running = this.#bySession.get(sessionId)
    running?.session.push({ type: 'need-data', sessionId, offset, length })
    return running !== undefined
  }

  /** Takes and delivers nothing new; settles when what runs has ended, or after `wait` milliseconds. */
  async drain(wait: number): Promise<void> {
    this.#draining = true
    if (this.#running.size + this.#deliveries === 0) return
    await new Promise<void>(resolve => {
      const stop = this.#options.host.after(wait, resolve)
      this.#idle.push(() => {
        stop()
        resolve()
      })
    })
  }

  /** Ends all sessions; what was not delivered waits for the next start. */
  async close(): Promise<void> {
    this.#draining = true
    await this.#clock.close()
    for (const { session, drop } of [...this.#running.values()]) {
      session.end()
      drop()
    }
    await this.#clock.settled()
    this.#closed = true
  }

  async #begin(): Promise<void> {
    const { database, node, host } = this.#options
    const { deposits, nodes } = database
    const now = host.date()
    const all = [node, ...(await nodes.alive(0)).map(({ id }) => id)]
    const needed = new Set((await Promise.all(all.map(each => deposits.spool(each)))).flat())
    const swept = await this.#spool.sweep(needed, now - 2 * this.#limits.ttl)
    const again = await deposits.recover(node, now)
    if (swept + again > 0) this.#options.log?.info({ swept, again }, 'deposits taken up')
  }

  #settings(id: string, ownUri: string, peerUri: string, focus: NonNullable<SessionSettings['focus']>): SessionSettings {
    const { host, media } = this.#options
    return {
      ...media(),
      id,
      ownUri,
      peerUri,
      random: host.random,
      dateTime: () => dateTimeOf(host.date()),
      ringTimeout: RING_TIMEOUT,
      releaseTimer: 0,
      successReport: true,
      failureReport: 'yes',
      // other octets than the whole message are not to be had
      strictRange: true,
      focus,
    }
  }

  #run(settings: SessionSettings, onEvent: (event: SessionEvent) => void, drop: () => void, isDelivery: boolean): Running {
    const { sip, msrp, host } = this.#options
    const outlets = {
      sip: sip.command.bind(sip),
      msrp: msrp.push.bind(msrp),
      claim: (sessionId: string) => void this.#bySession.set(sessionId, running),
      release: (sessionId: string) => void this.#bySession.delete(sessionId),
    }
    const fault = (error: unknown): void => {
      this.#log(error, 'session of the store failed')
      drop()
    }
    const session = new DepositSession(settings, host, outlets, { event: onEvent, fault })
    const running: Running = { session, drop, isDelivery }
    this.#running.set(settings.id, running)
    return running
  }

  #forget(id: string): boolean {
    const running = this.#running.get(id)
    if (running === undefined) return false
    this.#running.delete(id)
    for (const [sessionId, owner] of this.#bySession) if (owner === running) this.#bySession.delete(sessionId)
    // outside of the step that told of its end
    queueMicrotask(() => running.session.end())
    this.#wake()
    return true
  }

  #wake(): void {
    if (this.#running.size + this.#deliveries === 0) for (const wake of this.#idle.splice(0)) wake()
  }

  async #keep(known: NewDeposit, began: number): Promise<void> {
    const deposit = await this.#add(known, began)
    await this.#teller.tell('stored', deposit)
  }

  /** @param began when its recipient was not reached */
  async #add(known: NewDeposit, began: number): Promise<Deposit> {
    const { host, node, database } = this.#options
    const created = host.date()
    const isBack = this.#clock.cameBack(known.recipient, began)
    const bindings = isBack ? [] : await database.bindings.of(known.recipient, created)
    const deposit: Deposit = {
      ...known,
      node,
      created,
      expires: created + this.#limits.ttl,
      state: 'waiting',
      attempts: 0,
      // registered and not reached: not again at once
      nextAttempt: bindings.length === 0 ? created : created + (this.#limits.backoff[0] ?? 0),
    }
    await database.deposits.add(deposit)
    this.#news('stored', deposit)
    this.#clock.look()
    return deposit
  }

  async #deliver(deposits: readonly Deposit[]): Promise<void> {
    const [first] = deposits
    if (first === undefined) return
    this.#deliveries++
    const { host, database } = this.#options
    const began = host.date()
    const id = `d${this.#next++}`
    const delivery: DepositDelivery = new DepositDelivery(deposits, {
      command: command => this.#running.get(id)?.session.push({ type: 'command', command }),
      open: ({ files: [file] }) => DepositReader.open(this.#spool, file?.spool ?? '', file?.octets ?? 0),
      log: (error, what) => this.#log(error, what),
      over: results => this.#clock.later(this.#delivered(id, delivery, results, began)),
    })
    try {
      const away = (await database.bindings.of(first.recipient, host.date())).length === 0
      if (away || this.#draining) return this.#clock.later(this.#away(deposits, began))
      if (!(await delivery.prepare())) return
      const { contributionId } = newConversation(host.random)
      const inviteHeaders = deliveryHeaders(first, contributionId, delivery.hidden)
      const settings = this.#settings(id, this.address, first.recipient, { contact: this.address, mailbox: true, inviteHeaders })
      this.#run(
        settings,
        event => delivery.onEvent(event),
        () => delivery.drop(),
        true,
      )
      delivery.send(contributionId)
    } catch (error) {
      this.#log(error, 'delivery failed')
      delivery.drop()
    }
  }

  /** No device at all: nothing was tried. */
  async #away(deposits: readonly Deposit[], began: number): Promise<void> {
    try {
      for (const { id, recipient } of deposits) {
        const nextAttempt = this.#nextAttempt(recipient, began, this.#limits.poll)
        await this.#surely(() => this.#options.database.deposits.finish(id, { state: 'waiting', nextAttempt }))
      }
    } finally {
      this.#deliveries--
      this.#wake()
    }
    this.#clock.look()
  }

  /** At once where the recipient registered in the meantime. */
  #nextAttempt(recipient: string, began: number, wait: number): number {
    return this.#options.host.date() + (this.#draining || this.#clock.cameBack(recipient, began) ? 0 : wait)
  }

  async #delivered(id: string, delivery: DepositDelivery, results: ReadonlyMap<string, DeliveryResult>, began: number): Promise<void> {
    const notes = new Map(delivery.deposits.map(deposit => [deposit.id, delivery.noteOf(deposit.id)]))
    try {
      for (const deposit of delivery.deposits) {
        const result = results.get(deposit.id) ?? { result: 'later' }
        await this.#finish(deposit, result, notes.get(deposit.id), began)
      }
    } finally {
      this.#deliveries--
      this.#forget(id)
      this.#wake()
    }
    this.#clock.look()
  }

  async #finish(deposit: Deposit, { result, error }: DeliveryResult, note: DepositNote | undefined, began: number): Promise<void> {
    const { database } = this.#options
    const words = error === undefined ? {} : { error }
    if (result === 'later' || result === 'stopped') {
      const { backoff } = this.#limits
      // who stopped it is not asked again at once
      const step = result === 'stopped' ? backoff.length : Math.min(deposit.attempts, backoff.length)
      const wait = backoff[step - 1] ?? 0
      const nextAttempt = this.#nextAttempt(deposit.recipient, began, wait)
      await this.#surely(() => database.deposits.finish(deposit.id, { state: 'waiting', nextAttempt, ...words }))
      return this.#news('waiting', deposit)
    }
    const state = result === 'delivered' ? 'done' : 'failed'
    const spool = await this.#surely(() => database.deposits.finish(deposit.id, { state, files: new Map([[0, result]]), ...words }))
    await this.#spool.remove(...spool)
    this.#news(result, deposit)
    if (result !== 'delivered') await this.#teller.tell(result, deposit, note)
  }

  /** While the database is away a deposit must not stay `delivering`, nor what was delivered be forgotten. */
  async #surely<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;)
      try {
        return await work()
      } catch (error) {
        if (this.#draining) throw error
        this.#log(error, 'deposit not brought up to date yet')
        await new Promise<void>(resolve => this.#options.host.after(DEPOSIT_DATABASE_RETRY, resolve))
      }
  }

  async #expired(deposits: readonly Deposit[], spool: readonly string[]): Promise<void> {
    for (const deposit of deposits) {
      this.#news('expired', deposit)
      await this.#teller.tell('failed', deposit)
    }
    await this.#spool.remove(...spool)
  }

  #news(type: DepositNews['type'], deposit: Deposit): void {
    this.#options.onNews?.({ type, deposit })
    const { id, attempts, files } = deposit
    const facts = { deposit: id, octets: files[0]?.octets, attempts }
    ;(this.#options.log ?? SILENT).info(facts, `deposit ${type}`)
  }

  /** Never the text of an error: it could hold a path or what a peer said (SEC-9). */
  #log(error: unknown, what: string): void {
    ;(this.#options.log ?? SILENT).error({ error: error instanceof Error ? error.name : typeof error }, what)
  }
}

/** User part of the address that the store has. */
const SERVICE = 'cpmft-store'
