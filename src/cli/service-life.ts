import { HostError } from '../client/index.js'
import { UsageError } from './usage-error.js'

/** What keeps a server from starting is a matter of its configuration. */
export async function started<Handle>(start: Promise<Handle>, check: string): Promise<Handle> {
  try {
    return await start
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (error instanceof HostError || code === 'EADDRINUSE' || code === 'EACCES' || code === 'EADDRNOTAVAIL')
      throw new UsageError(`It cannot start: ${(error as Error).message}`, check)
    throw error
  }
}

/** Settles when the command is to end. */
export async function stopped(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise<void>(done => signal.addEventListener('abort', () => done(), { once: true }))
}
