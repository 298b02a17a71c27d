/** Form of a setting. `list`: several texts; in the environment with commas between. `duration`: seconds, or `30s`, `5m`, `2h`. */
export type ServerConfigKind = 'text' | 'list' | 'path' | 'boolean' | 'count' | 'size' | 'duration' | readonly string[]

interface ServerConfigKey {
  readonly kind: ServerConfigKind
  readonly summary: string
}

/** Every setting of `cpmft server`: as flag `--listen`, in the file `listen = …`, in the environment `CPMFT_SERVER_LISTEN`. */
export const SERVER_CONFIG_KEYS = {
  listen: { kind: 'list', summary: 'where SIP is taken: sip:HOST:PORT (UDP and TCP), sip:HOST:PORT;transport=ws, sips:HOST:PORT' },
  domain: { kind: 'list', summary: 'domains this server answers for; the first is the realm of passwords' },
  'public-host': { kind: 'text', summary: 'host name or address that others reach this server by' },
  data: { kind: 'path', summary: 'folder of the database and of stored files' },
  database: { kind: 'text', summary: 'postgres://USER@HOST/NAME instead of the database in the data folder' },
  'open-registration': { kind: 'boolean', summary: 'believe any address of the domain without password; loopback only' },
  'store-and-forward': { kind: 'boolean', summary: 'keep files for people who are away and bring them later; default true' },
  'store-not-for': { kind: 'list', summary: 'addresses for which nothing is kept' },
  'store-file-size': { kind: 'size', summary: 'largest file that is kept' },
  'store-quota': { kind: 'size', summary: 'octets of all kept files of this server' },
  'store-time': { kind: 'duration', summary: 'how long a file waits for its recipient' },
  spool: { kind: 'path', summary: 'folder of kept files; default spool in the data folder' },
  'shared-spool': { kind: 'boolean', summary: 'other servers of the database have the same spool folder' },
  'tls-cert': { kind: 'path', summary: 'certificate of this server, PEM' },
  'tls-key': { kind: 'path', summary: 'key of the certificate, PEM' },
  'tls-ca': { kind: 'path', summary: 'authorities trusted instead of those of the system, PEM' },
  media: { kind: 'text', summary: 'where the focus takes files (MSRP): HOST:PORT; any port of the first address of listen without it' },
  'allow-private': { kind: 'boolean', summary: 'members of groups may be at private addresses' },
  proxy: { kind: 'text', summary: 'cpmft focus only: the proxy before it, sip:HOST:PORT;transport=tcp;lr' },
  algorithms: { kind: 'list', summary: 'digest algorithms offered, best first: SHA-256, SHA-512-256, MD5' },
  trust: { kind: 'list', summary: 'addresses of proxies whose P-Asserted-Identity counts, not over UDP' },
  factory: { kind: 'text', summary: 'user part of the conference factory' },
  node: { kind: 'text', summary: 'name of this server among those that share a database' },
  'node-address': { kind: 'text', summary: 'where the other servers of the database reach it: sip:HOST:PORT;transport=tcp' },
  'node-timeout': { kind: 'duration', summary: 'silence after which a server of the database is dead to the others' },
  edge: { kind: 'list', summary: 'addresses of proxies of ours before this server: what they bring is counted by where they got it' },
  metrics: { kind: 'text', summary: 'HOST:PORT of /metrics and /healthz; none to have neither' },
  'log-level': { kind: ['debug', 'info', 'warn', 'error', 'silent'], summary: 'least important messages that are logged' },
  'drain-limit': { kind: 'duration', summary: 'longest wait for running transfers after SIGTERM' },
  'request-rate': { kind: 'count', summary: 'requests a second from one address' },
  'max-bindings': { kind: 'count', summary: 'devices of one user' },
  'max-connections': { kind: 'count', summary: 'SIP connections in all' },
  'max-connections-per-address': { kind: 'count', summary: 'SIP connections from one address; loopback is exempt' },
  'least-expires': { kind: 'duration', summary: 'shortest registration' },
  'most-expires': { kind: 'duration', summary: 'longest registration' },
} as const satisfies Readonly<Record<string, ServerConfigKey>>

export type ServerConfigName = keyof typeof SERVER_CONFIG_KEYS

type ValueOf<Kind> = Kind extends readonly (infer Choice)[]
  ? Choice
  : Kind extends 'list'
    ? readonly string[]
    : Kind extends 'boolean'
      ? boolean
      : Kind extends 'count' | 'size' | 'duration'
        ? number
        : string

/** Settings in their own types; absent ones have their defaults later. */
export type ServerConfigValues = { readonly [Name in ServerConfigName]?: ValueOf<(typeof SERVER_CONFIG_KEYS)[Name]['kind']> }

export const SERVER_CONFIG_NAMES = Object.keys(SERVER_CONFIG_KEYS) as ServerConfigName[]
