import { Resolver, lookup } from 'node:dns/promises'
import { connect as connectTcp, createServer, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Settings } from './account-options.js'
import type { Finding } from './finding.js'
import { endOf } from './inspect-machine.js'

/** Where SIP to an address goes, as far as DNS tells. */
export interface NextHop {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** Name that the certificate must be for. */
  readonly domain: string
}

/** How long one question or connection may take, milliseconds. */
const PATIENCE = 5000

/** Host, port and transport of `sip:user@host:port;transport=tls`. */
export function hopOf(uri: string, isSecure: boolean): NextHop & { readonly hasPort: boolean } {
  const match = /^(sips?):(?:[^@]*@)?(\[[^\]]*\]|[^:;?>]+)(?::(\d{1,5}))?/i.exec(uri)
  const domain = (match?.[2] ?? '').replace(/^\[|\]$/g, '')
  const transport = /;transport=(\w+)/i.exec(uri)?.[1]?.toLowerCase()
  const tls = match?.[1]?.toLowerCase() === 'sips' || transport === 'tls' || (transport === undefined && isSecure)
  return { host: domain, domain, port: Number(match?.[3] ?? (tls ? 5061 : 5060)), tls, hasPort: match?.[3] !== undefined }
}

/** The records a client would ask for (RFC 3263 §4): NAPTR, SRV, addresses; only addresses where a port is given. */
export async function inspectDns(uri: string, isSecure: boolean): Promise<{ finding: Finding; hop: NextHop | undefined }> {
  const check = 'dns'
  const hop = hopOf(uri, isSecure)
  if (isIP(hop.host) !== 0) return { finding: { check, status: 'ok', text: `${hop.host} is an address; DNS is not needed.` }, hop }
  const resolver = new Resolver({ timeout: PATIENCE / 2, tries: 1 })
  const service = hop.tls ? '_sips._tcp' : '_sip._tcp'
  const naptr = hop.hasPort ? [] : await resolver.resolveNaptr(hop.domain).catch(() => [])
  const wanted = naptr
    .filter(record => record.replacement !== '' && (!hop.tls || record.service.toUpperCase() === 'SIPS+D2T'))
    .sort((a, b) => a.order - b.order || a.preference - b.preference)
  const name = wanted[0]?.replacement ?? `${service}.${hop.domain}`
  const srv = hop.hasPort ? [] : await resolver.resolveSrv(name).catch(() => [])
  const [server] = srv.sort((a, b) => a.priority - b.priority || b.weight - a.weight)
  const host = server?.name ?? hop.host
  try {
    const addresses = await lookup(host, { all: true })
    const way = server === undefined ? '' : ` by ${naptr.length > 0 ? 'NAPTR and ' : ''}SRV ${name}`
    const text = `${hop.domain} leads to ${host === hop.host ? '' : `${host}, `}${addresses.map(({ address }) => address).join(', ')}${way}.`
    return { finding: { check, status: 'ok', text }, hop: { ...hop, host, port: server?.port ?? hop.port } }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    const fix = 'Check the name for a typing error, and the name server of this machine.'
    return { finding: { check, status: 'fail', text: `${host} cannot be resolved (${code}).`, fix }, hop: undefined }
  }
}

/** A connection to the next hop: TLS with the authorities of the settings, or TCP. */
export async function inspectHop(hop: NextHop, ca: Uint8Array | undefined, now: number): Promise<Finding> {
  const where = `${hop.host}:${hop.port}`
  const check = hop.tls ? 'tls' : 'connect'
  if (!hop.tls) {
    const error = await opened(connectTcp({ host: hop.host, port: hop.port }), 'connect')
    return error === undefined ? { check, status: 'ok', text: `${where} takes TCP connections.` } : closed(check, where, error, 'warn')
  }
  const socket = connectTls({
    host: hop.host,
    port: hop.port,
    rejectUnauthorized: false,
    ...(isIP(hop.domain) === 0 && { servername: hop.domain }),
    ...(ca !== undefined && { ca: Buffer.from(ca) }),
    checkServerIdentity: () => undefined,
  })
  let finding: Finding | undefined
  socket.once('secureConnect', () => {
    const certificate = socket.getPeerX509Certificate()
    const untrusted = socket.authorizationError as Error | string | null
    const forName = isIP(hop.domain) === 0 ? certificate?.checkHost(hop.domain) : certificate?.checkIP(hop.domain)
    const names = certificate?.subjectAltName ?? 'no names'
    if (untrusted)
      finding = {
        check,
        status: 'fail',
        text: `${where}: nobody we trust vouches for its certificate (${String((untrusted as { code?: string }).code ?? untrusted)}).`,
        fix: 'Give the PEM file of its authority with --tls-ca.',
      }
    else if (forName === undefined && !names.toLowerCase().includes(`sip:${hop.domain.toLowerCase()}`))
      finding = {
        check,
        status: 'fail',
        text: `${where}: its certificate is for ${names}, not for ${hop.domain}.`,
        fix: 'Use a name it is for.',
      }
    else
      finding = endOf(check, `${where} speaks ${socket.getProtocol() ?? 'TLS'}, certificate for ${names}`, certificate?.validTo ?? '', now)
  })
  const error = await opened(socket, 'secureConnect')
  return error === undefined && finding !== undefined ? finding : closed(check, where, error ?? 'no certificate', 'fail')
}

/** A listener of our own, at our own address towards the peer: what MSRP needs to be reached. */
export async function inspectListener(own: string): Promise<Finding> {
  const check = 'media'
  const server = createServer(socket => socket.destroy())
  try {
    const listening = new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, own, resolve))
    await listening
    const { port } = server.address() as { port: number }
    const error = await opened(connectTcp({ host: own, port }), 'connect')
    if (error !== undefined)
      return {
        check,
        status: 'fail',
        text: `${own} cannot be reached from this very machine (${error}).`,
        fix: 'A firewall of this machine is in the way.',
      }
    const text = `Files come to ${own}, which this machine can reach.`
    if (!isPrivate(own)) return { check, status: 'ok', text }
    const fix = 'Peers elsewhere cannot: go through an MSRP relay (--relay), or let a proxy carry media.'
    return { check, status: 'warn', text: `${text} It is a private address.`, fix }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    return { check, status: 'fail', text: `Nothing can listen at ${own} (${code}).`, fix: 'Check the addresses of this machine.' }
  } finally {
    server.close()
  }
}

/** Our address towards the peer, without sending anything. */
export async function ownAddress(hop: NextHop | undefined): Promise<string> {
  const { createSocket } = await import('node:dgram')
  const target = hop === undefined ? '192.0.2.1' : (await lookup(hop.host).catch(() => ({ address: '192.0.2.1' }))).address
  const socket = createSocket(target.includes(':') ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((resolve, reject) => socket.once('error', reject).connect(9, target, resolve))
    return socket.address().address
  } catch {
    return '127.0.0.1'
  } finally {
    socket.close()
  }
}

/** RFC 1918, RFC 4193 and link-local addresses; loopback is nobody else's business. */
function isPrivate(address: string): boolean {
  return /^(10|192\.168|172\.(1[6-9]|2\d|3[01])|169\.254)\./.test(address) || /^(f[cd]|fe[89ab])/i.test(address)
}

/** Undefined once `event` came; the reason when it did not. */
async function opened(socket: Socket, event: string): Promise<string | undefined> {
  try {
    return await new Promise<string | undefined>(resolve => {
      socket.once(event, () => resolve(undefined))
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      socket.setTimeout(PATIENCE, () => resolve('no answer'))
    })
  } finally {
    socket.on('error', () => {})
    socket.destroy()
  }
}

function closed(check: string, where: string, error: string, status: 'warn' | 'fail'): Finding {
  const fix =
    error === 'ECONNREFUSED' ? 'Nobody listens there: check host and port.' : 'A firewall may be in the way, or it speaks another protocol.'
  return { check, status, text: `${where} did not let us in (${error}).`, fix }
}

/** Authorities of the settings, for `inspectHop`. */
export function authoritiesOf(tls: { readonly ca?: string | Uint8Array } | undefined): Uint8Array | undefined {
  return typeof tls?.ca === 'string' ? Buffer.from(tls.ca) : tls?.ca
}

/** What messages are sent to: the proxy, else the peer. */
export function destinationOf({ values }: Settings, to: string | undefined): string | undefined {
  return values.proxy ?? to
}
