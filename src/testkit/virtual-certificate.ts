import { type ConnectOptions, HostError } from '../client/index.js'

/** The certificate of a virtual host: no keys and no chains, only what others look at. */
export interface VirtualCertificate {
  /** Any 32 octets: its hash, as in `a=fingerprint:sha-256`. */
  readonly sha256: Uint8Array
  /** Other hashes by name in lower case, `sha-1` for tests of weak ones. */
  readonly hashes?: Readonly<Record<string, Uint8Array>>
  /** Names it is for; default: every name. */
  readonly names?: readonly string[]
  /** Nobody vouches for it: good in fingerprint mode only. Default false. */
  readonly selfSigned?: boolean
}

/** Strongest first (CON-43). */
const ALGORITHMS = ['sha-512', 'sha-384', 'sha-256', 'sha-1']

/** What `Connection.peerFingerprint` says of it. */
export function fingerprintOf(certificate: VirtualCertificate | undefined, algorithm: string): Uint8Array | undefined {
  const name = algorithm.toLowerCase()
  return name === 'sha-256' ? certificate?.sha256 : certificate?.hashes?.[name]
}

/** Why a TLS client turns away from a server; undefined when it is content. A server without a certificate is taken in name mode: most tests need none. */
export function objection(certificate: VirtualCertificate | undefined, options: ConnectOptions): HostError | undefined {
  const { fingerprints } = options
  if (fingerprints === undefined) {
    const name = (options.serverName ?? options.host).toLowerCase()
    const isFor = certificate?.names?.some(one => one.toLowerCase() === name) ?? true
    return isFor && certificate?.selfSigned !== true ? undefined : refusal('The certificate is for another name, or nobody vouches for it.')
  }
  const strongest = ALGORITHMS.find(algorithm => fingerprints.some(one => one.algorithm.toLowerCase() === algorithm))
  const own = strongest === undefined ? undefined : fingerprintOf(certificate, strongest)
  const known = fingerprints.some(one => one.algorithm.toLowerCase() === strongest && own !== undefined && isEqual(one.octets, own))
  return known ? undefined : refusal('The certificate is another one than announced.')
}

function refusal(why: string): HostError {
  return new HostError('tls', why)
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((octet, index) => octet === other[index])
}
