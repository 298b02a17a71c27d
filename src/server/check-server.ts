import { createPrivateKey, X509Certificate } from 'node:crypto'
import { access, constants, mkdir, statfs } from 'node:fs/promises'
import { HostError, type Listener } from '../client/index.js'
import { ConfigError, nodeHost, type NodeHost } from '../node/index.js'
import { CERTIFICATE_SOON, LITTLE_SPACE } from './limits.js'
import type { ListenAddress } from './listen-address.js'
import { isPostgresUrl, openServerDatabase, serverDatabasePath } from './open-server-database.js'
import type { ServerOptions } from './server-options.js'
import { type ServerSettings, serverSettings } from './server-settings.js'

/** One thing that was looked at before a start, and what to do about it. */
export interface ServerFinding {
  /** `config`, `listen`, `database`, `certificate`, `disk`, `users` */
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly text: string
  readonly fix?: string
}

/** Looks at everything a start needs, without starting: settings, ports, certificate, disk, database. Never rejects. */
export async function checkServer(options: ServerOptions): Promise<ServerFinding[]> {
  let settings: ServerSettings
  try {
    settings = serverSettings(options)
  } catch (error) {
    return [{ check: 'config', status: 'fail', ...wordsOf(error) }]
  }
  const host = nodeHost(options.tls === undefined ? {} : { tls: options.tls })
  const findings: ServerFinding[] = [
    { check: 'config', status: 'ok', text: `Domain ${settings.domains.join(', ')}, node ${settings.node}.` },
  ]
  try {
    for (const address of settings.listen) findings.push(...(await checkAddress(host, address)))
  } finally {
    await host.close()
  }
  findings.push(...checkCertificate(options, Date.now()), await checkDisk(settings.data))
  if (findings.every(({ check, status }) => check !== 'disk' || status !== 'fail') || isRemote(options))
    findings.push(...(await checkDatabase(options, settings)))
  return findings
}

function isRemote({ database }: ServerOptions): boolean {
  return typeof database === 'string' && isPostgresUrl(database)
}

async function checkAddress(host: NodeHost, { host: name, port, transports }: ListenAddress): Promise<ServerFinding[]> {
  const findings: ServerFinding[] = []
  for (const transport of transports) {
    const shown = `${name}:${port} (${transport})`
    try {
      const place = { host: name, port }
      const listener: Pick<Listener, 'close'> =
        transport === 'udp'
          ? await host.bind({ ...place, onDatagram: () => {}, onError: () => {} })
          : await host.listen({ ...place, transport, protocol: 'sip', onConnection: connection => connection.destroy() })
      await listener.close()
      findings.push({ check: 'listen', status: 'ok', text: `${shown} is free.` })
    } catch (error) {
      const isTaken = error instanceof HostError && error.code === 'address-in-use'
      const fix = isTaken
        ? 'End the program that has it, or choose another port with --listen.'
        : 'Choose an address of this machine; ports below 1024 need rights.'
      findings.push({ check: 'listen', status: 'fail', text: `${shown} cannot be used${isTaken ? ': it is taken' : ''}.`, fix })
    }
  }
  return findings
}

function checkCertificate({ tls }: ServerOptions, now: number): ServerFinding[] {
  const check = 'certificate'
  if (tls?.cert === undefined || tls.key === undefined) return []
  try {
    const certificate = new X509Certificate(Buffer.from(tls.cert))
    if (!certificate.checkPrivateKey(createPrivateKey(Buffer.from(tls.key))))
      return [{ check, status: 'fail', text: 'The key is not that of the certificate.', fix: 'Take both from the same place.' }]
    const left = Date.parse(certificate.validTo) - now
    const text = `${certificate.subjectAltName ?? 'The certificate'} is valid until ${certificate.validTo}.`
    if (left < 0) return [{ check, status: 'fail', text, fix: 'Renew it.' }]
    return [left < CERTIFICATE_SOON ? { check, status: 'warn', text, fix: 'Renew it soon.' } : { check, status: 'ok', text }]
  } catch {
    return [{ check, status: 'fail', text: 'Certificate or key cannot be read.', fix: 'Both are PEM files; the key has no password.' }]
  }
}

async function checkDisk(folder: string): Promise<ServerFinding> {
  const check = 'disk'
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.W_OK)
    const { bavail, bsize } = await statfs(folder)
    const free = bavail * bsize
    const text = `The data folder can be written, ${Math.round(free / 1e9)} GB are free.`
    return free < LITTLE_SPACE
      ? { check, status: 'warn', text, fix: 'Make room: files for those who are offline are kept there.' }
      : { check, status: 'ok', text }
  } catch {
    return {
      check,
      status: 'fail',
      text: 'The data folder cannot be written.',
      fix: 'Check its permissions, or choose another with --data.',
    }
  }
}

async function checkDatabase(options: ServerOptions, settings: ServerSettings): Promise<ServerFinding[]> {
  const check = 'database'
  if (typeof options.database === 'object') return []
  try {
    const database = await openServerDatabase(options.database ?? serverDatabasePath(settings.data))
    try {
      const known: ServerFinding = { check, status: 'ok', text: `${database.kind === 'postgres' ? 'PostgreSQL' : 'SQLite'} can be used.` }
      if (settings.openRegistration || (await database.users.list({ limit: 1 })).length > 0) return [known]
      const fix = `Add users: cpmft user add sip:alice@${settings.domains[0]}`
      return [known, { check: 'users', status: 'warn', text: 'There are no users, so nobody can register.', fix }]
    } finally {
      await database.close()
    }
  } catch (error) {
    return [{ check, status: 'fail', text: wordsOf(error).text, fix: 'Check --database, the server it names, and the rights of its user.' }]
  }
}

function wordsOf(error: unknown): { readonly text: string; readonly fix?: string } {
  if (error instanceof ConfigError) return { text: error.message, fix: error.hint }
  return { text: error instanceof Error ? error.message : 'It failed.' }
}
