import { createPrivateKey, X509Certificate } from 'node:crypto'
import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { formatSize } from '../trace/index.js'
import type { Settings } from './account-options.js'
import type { CommandContext } from './context.js'
import type { Finding } from './finding.js'
import { explain } from './view.js'

/** Less free space than this is worth a word, octets. */
const LITTLE_SPACE = 500_000_000

/** A certificate that ends sooner is worth a word, milliseconds. */
const SOON = 14 * 86_400_000

/** The folder for received files: there, writable, with space. */
export async function inspectFolder(context: CommandContext, folder: string): Promise<Finding> {
  const check = 'folder'
  const found = await stat(folder).catch(() => undefined)
  if (found?.isDirectory() !== true)
    return { check, status: 'fail', text: `${folder} does not exist.`, fix: 'Create it, or choose another with --into.' }
  const writable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  )
  if (!writable) return { check, status: 'fail', text: `${folder} cannot be written.`, fix: 'Check its permissions.' }
  const free = await context.freeSpace(folder)
  if (free === undefined) return { check, status: 'ok', text: `${folder} can be written.` }
  const text = `${folder} can be written, ${formatSize(free)} are free.`
  return free < LITTLE_SPACE
    ? { check, status: 'warn', text, fix: 'Free some space; larger files are declined.' }
    : { check, status: 'ok', text }
}

export async function inspectStore(context: CommandContext, path: string | undefined): Promise<Finding> {
  const check = 'store'
  if (path === undefined) return { check, status: 'ok', text: 'None, as asked for: nothing is remembered.' }
  try {
    const store = await context.openStore(path)
    await store.close()
    if (store.notice !== undefined) return { check, status: 'warn', text: store.notice, fix: 'Earlier transfers are in the file it names.' }
    return { check, status: 'ok', text: `${path} can be used.` }
  } catch (error) {
    return { check, status: 'fail', text: explain(error).message, fix: `Check the disk and the permissions of ${path}, or use --no-store.` }
  }
}

/** Own certificate and key; undefined when there is none. */
export async function inspectCertificate({ values }: Settings, now: number): Promise<Finding | undefined> {
  const check = 'certificate'
  const { tlsCert, tlsKey } = values
  if (tlsCert === undefined || tlsKey === undefined) return undefined
  try {
    const certificate = new X509Certificate(await readFile(tlsCert))
    const key = createPrivateKey(await readFile(tlsKey))
    if (!certificate.checkPrivateKey(key))
      return { check, status: 'fail', text: `${tlsKey} is not the key of ${tlsCert}.`, fix: 'Take both from the same place.' }
    return endOf(check, `${certificate.subjectAltName ?? 'The own certificate'}`, certificate.validTo, now)
  } catch {
    return {
      check,
      status: 'fail',
      text: `${tlsCert} or ${tlsKey} cannot be read.`,
      fix: 'Check --tls-cert and --tls-key; both are PEM files.',
    }
  }
}

/** Whether a certificate is over, or soon will be. */
export function endOf(check: string, what: string, validTo: string, now: number): Finding {
  const left = Date.parse(validTo) - now
  if (left < 0) return { check, status: 'fail', text: `${what}: over since ${validTo}.`, fix: 'Renew the certificate.' }
  const text = `${what}: until ${validTo}.`
  return left < SOON ? { check, status: 'warn', text, fix: 'Renew the certificate soon.' } : { check, status: 'ok', text }
}
