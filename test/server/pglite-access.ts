import { PGlite } from '@electric-sql/pglite'
import type { PostgresPool } from 'kysely'
import type { PostgresAccess } from '../../src/server/database-postgres.js'

/** A PostgreSQL within this process, without server; it has one connection, which those who want it take in turns. */
export async function openPglite(): Promise<PGlite> {
  const { types } = await import('@electric-sql/pglite')
  return PGlite.create({ parsers: { [types.INT8]: text => Number(text) } })
}

/** Two accesses to one PGlite share its turns. */
export function pgliteAccess(pglite: PGlite, turns: Turns = new Turns()): PostgresAccess {
  const pool = {
    connect: async () => {
      const release = await turns.take()
      return {
        query: async (text: string, parameters: readonly unknown[]) => {
          const { rows, affectedRows } = await pglite.query(text, [...parameters])
          const [word = ''] = text.trimStart().split(/\s/, 1)
          return { command: word.toUpperCase(), rowCount: affectedRows ?? rows.length, rows }
        },
        release,
      }
    },
    end: async () => {},
  }
  return {
    pool: pool as unknown as PostgresPool,
    listen: async (channel, hear) => {
      const release = await turns.take()
      try {
        return await pglite.listen(channel, text => hear(text))
      } finally {
        release()
      }
    },
  }
}

export class Turns {
  #last: Promise<void> = Promise.resolve()

  async take(): Promise<() => void> {
    const before = this.#last
    let release = (): void => {}
    this.#last = new Promise(resolve => {
      release = resolve
    })
    await before
    return release
  }
}
