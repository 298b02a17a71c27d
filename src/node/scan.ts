import { HostError } from '../client/index.js'
import { SCAN_TIMEOUT } from './limits.js'

/**
 * Looks at a received file before it gets its name (SEC-6): `path` is the verified, closed partial file; it must not be moved, changed or run.
 * Whatever is not `'clean'` refuses the file: a reason, an error, no answer in ten minutes.
 */
export type Scan = (path: string) => Promise<'clean' | { readonly reason: string }>

/** Rejects with `HostError('refused-by-scanner')`. */
export async function mustBeClean(scan: Scan, path: string, name: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<{ reason: string }>(resolve => {
    timer = setTimeout(() => resolve({ reason: 'no answer in time' }), SCAN_TIMEOUT)
  })
  try {
    // inside, so that a scanner that throws at once refuses too
    const verdict = await Promise.race([(async () => scan(path))(), late])
    if (verdict !== 'clean') throw new HostError('refused-by-scanner', `${name} was refused: ${verdict.reason}.`)
  } catch (error) {
    throw error instanceof HostError ? error : new HostError('refused-by-scanner', `The scanner failed for ${name}.`)
  } finally {
    clearTimeout(timer)
  }
}
