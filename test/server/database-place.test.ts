import { afterEach, expect, it, vi } from 'vitest'
import { isPostgresUrl, openServerDatabase } from '../../src/server/open-server-database.js'

afterEach(() => {
  vi.doUnmock('pg')
})

it('knows a URL of PostgreSQL from a path', () => {
  expect(['postgres://h/d', 'postgresql:///d', 'POSTGRES://h'].map(isPostgresUrl)).toStrictEqual([true, true, true])
  expect(['/var/lib/server.db', 'postgres', 'C:\\server.db'].map(isPostgresUrl)).toStrictEqual([false, false, false])
})

it('says what to install when the package for PostgreSQL is not there', async () => {
  vi.doMock('pg', () => {
    throw new Error('Cannot find package')
  })
  await expect(openServerDatabase('postgres://u@127.0.0.1:1/db')).rejects.toMatchObject({
    code: 'store',
    message: expect.stringContaining('npm install pg'),
  })
})
