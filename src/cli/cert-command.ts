import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { relative } from 'node:path'
import { HostError } from '../client/index.js'
import type { CommandScope } from './run-command.js'
import { UsageError } from './usage-error.js'

export interface CertCommandOptions {
  readonly into?: string
  readonly days?: number
}

/** `cpmft cert NAME…` */
export async function certCommand({ view }: CommandScope, names: readonly string[], options: CertCommandOptions): Promise<number> {
  const { makeCertificates } = await import('../node/index.js')
  const into = options.into ?? 'certs'
  const paths = await makeCertificates({ into, names, ...(options.days !== undefined && { days: options.days }) }).catch(error => {
    throw explained(error, into)
  })
  const { validTo } = new X509Certificate(await readFile(paths.cert))
  const results = [paths.cert, paths.key, paths.ca]
  view.tell(
    'certificate',
    { names, ...paths, until: new Date(validTo).toISOString() },
    nextSteps(names[0] as string, paths, validTo),
    results,
  )
  return 0
}

/** What to type on either side. */
function nextSteps(name: string, paths: { readonly ca: string; readonly cert: string; readonly key: string }, validTo: string): string {
  const host = name.replace(/^sips?:(?:[^@]*@)?/i, '')
  const listen = isIP(host) === 6 ? `[${host}]` : host
  const [ca, cert, key] = [paths.ca, paths.cert, paths.key].map(shell)
  return [
    `A certificate for ${name}, until ${validTo}. It is for trying things out: nobody but holders of ca.pem trusts it.`,
    '',
    'Receive on this machine:',
    `  cpmft receive --profile secure --listen 'sip:you@${listen}:5061;transport=tls' --tls-ca ${ca} --tls-cert ${cert} --tls-key ${key}`,
    'Send from another one, where a copy of ca.pem is (never give ca-key.pem or a key away):',
    `  cpmft send FILE --profile secure --to 'sip:you@${listen}:5061;transport=tls' --tls-ca ca.pem`,
    '',
    'The files:',
  ].join('\n')
}

function shell(path: string): string {
  const short = relative('', path) || path
  return /^[\w./@-]+$/.test(short) ? short : `'${short.replaceAll("'", "'\\''")}'`
}

function explained(error: unknown, into: string): unknown {
  if (!(error instanceof HostError)) return error
  if (error.code === 'exists')
    return new UsageError(`${error.message} (${into})`, 'Remove the old pair, or choose another folder with --into.')
  return error.code === 'tls' ? new UsageError(error.message, 'Write names like bob.example.org, 192.0.2.1 or sip:example.org.') : error
}
