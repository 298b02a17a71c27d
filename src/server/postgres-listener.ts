import type { Client } from 'pg'
import { DATABASE_RELISTEN } from './limits.js'

/**
 * A connection of its own that listens (a pool gives its connections to others), made again when it breaks. `hear` gets undefined then:
 * what was told in between is lost. A pooler between us and PostgreSQL must keep sessions for this.
 * @returns ends it
 */
export async function listenToPostgres(
  connect: () => Client,
  channel: string,
  hear: (text: string | undefined) => void,
): Promise<() => Promise<void>> {
  let client: Client | undefined
  let timer: NodeJS.Timeout | undefined
  let ended = false

  const again = (broken: Client): void => {
    if (client !== broken) return
    client = undefined
    broken.end().catch(() => {})
    if (ended) return
    timer = setTimeout(() => {
      begin().then(
        () => hear(undefined),
        () => {},
      )
    }, DATABASE_RELISTEN)
    timer.unref()
  }

  const begin = async (): Promise<void> => {
    const fresh = connect()
    client = fresh
    fresh.on('notification', ({ payload }) => hear(payload ?? ''))
    fresh.on('error', () => again(fresh))
    fresh.on('end', () => again(fresh))
    try {
      await fresh.connect()
      await fresh.query(`listen ${channel}`)
    } catch (error) {
      again(fresh)
      throw error
    }
  }

  const end = async (): Promise<void> => {
    ended = true
    clearTimeout(timer)
    const last = client
    client = undefined
    await last?.end().catch(() => {})
  }

  try {
    await begin()
  } catch (error) {
    await end()
    throw error
  }
  return end
}
