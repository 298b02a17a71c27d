export * from './database.js'
export { addressKey } from './address-key.js'
export type { DatabaseNews } from './database-engine.js'
export * from './deposit-types.js'
export { digestSecrets, makeUser, type NewUser } from './make-user.js'
export {
  type ChangeableGroupTable,
  isPostgresUrl,
  type OpenedServerDatabase,
  type OpenServerDatabaseOptions,
  openServerDatabase,
  serverDatabasePath,
  serverDataFolder,
} from './open-server-database.js'
export { type PassageFigures, PassageHost, type PassageHostOptions, type PassageLimits } from './passage-host.js'
export { blockMemory, type PassageMemory } from './passage-memory.js'
