export * from '../client/index.js'
export { type Config, type ConfigRow, explainConfig, type LoadConfigOptions, loadConfig } from './config.js'
export {
  type AccountFile,
  type AccountSettings,
  type ListedAccount,
  listAccounts,
  removeAccount,
  setAccount,
  useAccount,
} from './config-accounts.js'
export { ConfigError } from './config-error.js'
export { type PasswordSource, readPassword } from './config-password.js'
export { type ConfigFolders, type ConfigPlace, configFolders, storePath } from './config-folders.js'
export { CONFIG_KEYS, type ConfigKey, type ConfigName, type ConfigValues } from './config-keys.js'
export { createClient, type NodeClientOptions } from './create-client.js'
export {
  type CertificatePair,
  type CertificatePaths,
  type MakeCertificatesOptions,
  makeCertificates,
  selfSigned,
} from './dev-certificates.js'
export { type NodeHost, type NodeHostOptions, nodeHost } from './node-host.js'
export { type DescribedFile, describeFile, previewInvite } from './preview-invite.js'
export { safeName } from './safe-name.js'
export { type OpenDatabase, openDatabase, type SqliteEngine, sqliteCode, sqliteEngines } from './sqlite-database.js'
export { type OpenedStore, type OpenStoreOptions, openStore } from './store.js'
export { retryBusy } from './store-errors.js'
export type { Scan } from './scan.js'
export { sweepParts } from './sweep-parts.js'
export type { ListenLimits } from './tcp-listener.js'
export type { TlsOptions } from './tls-options.js'
// for the server, which passes octets of one connection on to many
export { type Block, blocks } from './block-pool.js'
export { closeFile, openFile, readFully } from './file-io.js'
export type { Follower } from './follower.js'
export { HashPool } from './hash-pool.js'
export { systemCode } from './host-errors.js'
export { SMALL_BLOCK_SIZE } from './limits.js'
export { OpenResources } from './open-resources.js'
export { isOurs } from './part-file.js'
export { withPrepared } from './prepared-statements.js'
export { SequentialWrites } from './sequential-writes.js'
