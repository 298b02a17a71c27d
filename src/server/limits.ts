/** A call of the database of the server may hold up this thread for a lock of another process, milliseconds (house). */
export const DATABASE_BLOCK = 20

/** Connections to PostgreSQL of one node, the one that listens not counted (house: 100 is the default of a whole server). */
export const DATABASE_CONNECTIONS = 10

/** Wait for a connection to PostgreSQL, and for one statement, milliseconds (house). */
export const DATABASE_CONNECT_TIMEOUT = 5_000
export const DATABASE_STATEMENT_TIMEOUT = 30_000

/** Times a transaction is tried that PostgreSQL ended for the sake of another one (house). */
export const DATABASE_ATTEMPTS = 5

/** Until the connection that listens is made again, milliseconds (house). */
export const DATABASE_RELISTEN = 1_000

/** Octets of one notification of PostgreSQL (postgresql.org/docs, NOTIFY: less than 8000). */
export const MAX_NEWS = 7_999

/** Users or deposits of one answer of the database (house). */
export const DATABASE_PAGE = 1_000
