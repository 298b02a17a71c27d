import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeCertificates } from '../dist/lib/node.js'

/** Paths of a certificate for the loopback, its key, and the authority that vouches for it; `chain` is certificate and authority in one. */
export async function certificateIn(folder) {
  const pair = await makeCertificates({ into: folder, names: ['localhost', '127.0.0.1'] })
  const chain = join(folder, 'chain.pem')
  writeFileSync(chain, readFileSync(pair.cert, 'utf8') + readFileSync(pair.ca, 'utf8'))
  return { ...pair, chain }
}
