import type { PageWorld } from './page-world.js'

/** The demo as the page shows it. */
export async function demoWorld(_signal: AbortSignal): Promise<PageWorld> {
  throw new Error('not yet')
}
