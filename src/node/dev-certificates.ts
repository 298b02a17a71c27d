import { createPrivateKey, KeyObject, randomBytes, webcrypto } from 'node:crypto'
import { mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type * as X509 from '@peculiar/x509'
import { HostError } from '../client/index.js'
import { folderError, systemCode } from './host-errors.js'
import { MAX_CERTIFICATE_DAYS, MAX_CERTIFICATE_NAMES } from './limits.js'
import { safeName } from './safe-name.js'

/** PEM text of a certificate and its key; fits `NodeHostOptions.tls`. */
export interface CertificatePair {
  readonly cert: string
  readonly key: string
}

export interface MakeCertificatesOptions {
  /** Folder of the files; made when it is missing. */
  readonly into: string
  /** `example.com`, `192.0.2.1`, `2001:db8::1`, `sip:example.com`: all of them go into subjectAltName; the first names the files. */
  readonly names: readonly string[]
  /** Days of validity of the leaf, 1 … 825. Default 30. The authority lives for 825. */
  readonly days?: number
}

/** Full paths of PEM files. */
export interface CertificatePaths {
  /** To be trusted: `NodeHostOptions.tls.ca` of every peer. */
  readonly ca: string
  readonly caKey: string
  readonly cert: string
  readonly key: string
}

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DEFAULT_DAYS = 30
const DAY = 86_400_000

/** Clocks of two machines differ: certificates are valid from this many milliseconds ago. */
const BACKDATED = 3_600_000

/** Who may use a leaf for what: both ends of SIP and MSRP are server one time and client the other. */
const SERVER_AND_CLIENT = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']

/**
 * Writes a certificate for development, with an authority that vouches for it: `ca.pem`, `ca-key.pem`, `<name>.pem`, `<name>-key.pem`.
 * An authority that is there already is used again. Key files have mode 0600; nothing is overwritten.
 * Rejects with a `HostError` (`exists`, `folder-unwritable`, `tls` for names or days that cannot be).
 */
export async function makeCertificates(options: MakeCertificatesOptions): Promise<CertificatePaths> {
  const names = generalNames(options.names)
  const days = checkedDays(options.days ?? DEFAULT_DAYS)
  const x509 = await load()
  const first = safeName((options.names[0] ?? 'localhost').replaceAll(':', '_'))
  const paths = {
    ca: join(options.into, 'ca.pem'),
    caKey: join(options.into, 'ca-key.pem'),
    cert: join(options.into, `${first}.pem`),
    key: join(options.into, `${first}-key.pem`),
  }
  try {
    await mkdir(options.into, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw folderError(error)
  }
  const authority = (await readAuthority(x509, paths)) ?? (await makeAuthority(x509, paths))
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.create(
    {
      ...validity(days),
      serialNumber: serialNumber(),
      subject: [{ CN: [options.names[0] ?? 'localhost'] }],
      issuer: authority.certificate.subject,
      publicKey: keys.publicKey,
      signingKey: authority.key,
      signingAlgorithm: KEY_ALGORITHM,
      extensions: [
        ...leafExtensions(x509, names),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      ],
    },
    webcrypto,
  )
  await writePair(paths.cert, paths.key, { cert: pem(certificate), key: pemOfKey(keys.privateKey) })
  return paths
}

/**
 * A self-signed certificate in memory, for fingerprint mode (CON-43): worth something only together with its hash in protected signalling.
 * @returns fits `NodeHostOptions.tls`; `Host.certificate` of that host has its hash
 */
export async function selfSigned(options: { readonly names?: readonly string[]; readonly days?: number } = {}): Promise<CertificatePair> {
  const names = generalNames(options.names ?? ['localhost'])
  const days = checkedDays(options.days ?? DEFAULT_DAYS)
  const x509 = await load()
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity(days),
      serialNumber: serialNumber(),
      // the names are in subjectAltName; anything here would only tell more than needed
      name: [{ CN: ['cpmft'] }],
      keys,
      signingAlgorithm: KEY_ALGORITHM,
      extensions: leafExtensions(x509, names),
    },
    webcrypto,
  )
  return { cert: pem(certificate), key: pemOfKey(keys.privateKey) }
}

/** Loaded when first needed: it takes longer to load than all the rest. It wants the metadata library before itself. */
async function load(): Promise<typeof X509> {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify'])
}

interface Authority {
  readonly certificate: X509.X509Certificate
  readonly key: webcrypto.CryptoKey
}

async function makeAuthority(x509: typeof X509, paths: CertificatePaths): Promise<Authority> {
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity(MAX_CERTIFICATE_DAYS),
      serialNumber: serialNumber(),
      name: [{ CN: ['cpmft development authority'] }],
      keys,
      signingAlgorithm: KEY_ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto,
  )
  await writePair(paths.ca, paths.caKey, { cert: pem(certificate), key: pemOfKey(keys.privateKey) })
  return { certificate, key: keys.privateKey }
}

/** Undefined when there is none. */
async function readAuthority(x509: typeof X509, paths: CertificatePaths): Promise<Authority | undefined> {
  let cert: string
  let key: string
  try {
    cert = await readFile(paths.ca, 'utf8')
    key = await readFile(paths.caKey, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw folderError(error)
  }
  try {
    const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' })
    const signing = await webcrypto.subtle.importKey('pkcs8', der, KEY_ALGORITHM, true, ['sign'])
    return { certificate: new x509.X509Certificate(cert), key: signing }
  } catch {
    throw new HostError('tls', 'The authority in the folder (ca.pem, ca-key.pem) cannot be used.')
  }
}

async function writePair(certPath: string, keyPath: string, pair: CertificatePair): Promise<void> {
  try {
    // `wx` follows no link and replaces nothing
    await writeFile(keyPath, pair.key, { flag: 'wx', mode: 0o600 })
    try {
      await writeFile(certPath, pair.cert, { flag: 'wx', mode: 0o644 })
    } catch (error) {
      // half a pair would stand in the way of the next attempt
      await unlink(keyPath).catch(() => {})
      throw error
    }
  } catch (error) {
    if (systemCode(error) === 'EEXIST')
      throw new HostError('exists', 'A certificate or key of this name exists already; it was not touched.')
    throw folderError(error)
  }
}

function leafExtensions(x509: typeof X509, names: X509.JsonGeneralName[]): X509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(SERVER_AND_CLIENT),
    new x509.SubjectAlternativeNameExtension(names),
  ]
}

function generalNames(names: readonly string[]): X509.JsonGeneralName[] {
  if (names.length === 0 || names.length > MAX_CERTIFICATE_NAMES)
    throw new HostError('tls', 'A certificate needs a name, and not too many.')
  return names.map(name => {
    if (isIP(name) !== 0) return { type: 'ip', value: name }
    if (/^sips?:[A-Za-z0-9._@-]{1,253}$/.test(name)) return { type: 'url', value: name }
    if (/^[A-Za-z0-9.*-]{1,253}$/.test(name)) return { type: 'dns', value: name }
    throw new HostError('tls', 'A certificate is for DNS names, IP addresses and SIP URIs.')
  })
}

function checkedDays(days: number): number {
  if (days >= 1 && days <= MAX_CERTIFICATE_DAYS) return days
  throw new HostError('tls', `A certificate is valid for 1 to ${MAX_CERTIFICATE_DAYS} days.`)
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now()
  return { notBefore: new Date(now - BACKDATED), notAfter: new Date(now + days * DAY) }
}

/** 16 random octets, positive as RFC 5280 §4.1.2.2 wants it. */
function serialNumber(): string {
  const octets = randomBytes(16)
  octets[0] = ((octets[0] as number) & 0x7f) | 0x40
  return octets.toString('hex')
}

function pem(certificate: X509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}

function pemOfKey(key: webcrypto.CryptoKey): string {
  return String(KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }))
}
