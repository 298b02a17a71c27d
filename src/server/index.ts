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
export { type LoadServerConfigOptions, loadServerConfig, type ServerConfig } from './server-config.js'
export { checkServer, type ServerFinding } from './check-server.js'
export { type FocusHandle, type FocusOptions, startFocus } from './cpmft-focus.js'
export { type ServerAddress, type ServerHandle, startServer } from './cpmft-server.js'
export { BINDINGS_OF_USER, REGISTRATION_EXPIRES, SERVER_CONNECTIONS } from './limits.js'
export { type ListenAddress, parseListenAddress } from './listen-address.js'
export type { FocusFigures, FocusReport } from './focus-options.js'
export { type LogLevel, pinoLog, type PinoLogOptions } from './pino-log.js'
export { DIALOG_POLICY, ROUTING_POLICY } from './routing-policy.js'
export { SERVER_CONFIG_KEYS, type ServerConfigName, type ServerConfigValues } from './server-config-keys.js'
export type { LogFacts, ServerLog } from './server-log.js'
export type { ServerLimits, ServerOptions } from './server-options.js'
