/** What a value looks like; sizes are octets, durations seconds. */
export type ConfigKind = 'text' | 'path' | 'uri' | 'size' | 'duration' | 'boolean' | 'words' | readonly string[]

export interface ConfigKey {
  readonly kind: ConfigKind
  /** `account` keys live in `[account.NAME]`; `general` ones stand above all sections. */
  readonly place: 'general' | 'account' | 'both'
  readonly default?: string | number | boolean
  /** What happens without a value, when there is no single default. */
  readonly otherwise?: string
  /** The environment variable, when it is not `CPMFT_` and the name. */
  readonly variable?: string
  /** One line of documentation. */
  readonly about: string
}

const DAY = 24 * 3600

/** Every setting by its name in the file. `src/client/api.ts` tells what each means to a client. */
export const CONFIG_KEYS = {
  account: { kind: 'text', place: 'general', otherwise: 'the only account', about: 'account to use (in the file: default-account)' },
  into: { kind: 'path', place: 'general', otherwise: 'the current folder', about: 'folder for received files' },
  accept: {
    kind: ['ask', 'known', 'all', 'none'],
    place: 'general',
    otherwise: 'ask at a terminal, none elsewhere',
    about: 'answer to offers',
  },
  'on-conflict': {
    kind: ['ask', 'rename', 'overwrite', 'skip'],
    place: 'general',
    default: 'rename',
    about: 'when a file of this name exists',
  },
  'auto-accept': { kind: 'boolean', place: 'general', default: false, about: 'take files of trusted contacts without asking (RCS-7)' },
  'max-size': { kind: 'size', place: 'general', default: 0, about: 'largest file, sent or received; 0 means any (RCS-6)' },
  'warn-size': {
    kind: 'size',
    place: 'general',
    default: 2 * 1024 * 1024,
    about: 'above it nothing is taken without asking; 0 means any (RCS-6)',
  },
  'quota-per-sender-day': { kind: 'size', place: 'general', default: 0, about: 'received from one sender in a day; 0 means any (SEC-4)' },
  'quota-total': { kind: 'size', place: 'general', default: 0, about: 'received in all; 0 means any (SEC-4)' },
  'release-timer': {
    kind: 'duration',
    place: 'general',
    otherwise: '0 for cpmft send, 30 s elsewhere',
    about: 'keep a session open after its last file (D-5)',
  },
  'ring-timeout': { kind: 'duration', place: 'general', default: 120, about: 'how long an offer waits for an answer (D-7)' },
  timeout: { kind: 'duration', place: 'general', otherwise: 'none', about: 'give up a command after this' },
  'resume-ttl': { kind: 'duration', place: 'general', default: DAY, about: 'how long a partial file can be gone on with (RCS-3)' },
  'capability-ttl': { kind: 'duration', place: 'general', default: DAY, about: 'how long what a peer can do is remembered (OA-51)' },
  'display-notifications': { kind: 'boolean', place: 'general', default: true, about: 'tell senders when their file was opened (IMDN-8)' },
  notifications: {
    kind: 'boolean',
    place: 'general',
    default: true,
    about: 'ask receivers to say when a file was delivered and opened (IMDN-1)',
  },
  icons: {
    kind: 'boolean',
    place: 'general',
    otherwise: 'to peers that show them',
    about: 'send a small picture of images along, always or never (RCS-5)',
  },
  'success-report': { kind: 'boolean', place: 'general', default: true, about: 'ask for success reports (D-2)' },
  'failure-report': { kind: ['yes', 'no', 'partial'], place: 'general', default: 'yes', about: 'failure reports asked for (D-2)' },
  'chunk-size': { kind: 'size', place: 'general', otherwise: '4 MiB, up to 15 MiB to fast peers', about: 'MSRP chunk' },
  profile: {
    kind: ['secure', 'open'],
    place: 'both',
    otherwise: 'secure, but open on this machine alone',
    about: 'secure: TLS only; open: plain unless the other side wants TLS (SEC-7)',
  },
  'tls-ca': { kind: 'path', place: 'both', otherwise: "the system's authorities", about: 'PEM file of trusted authorities' },
  'tls-cert': { kind: 'path', place: 'both', otherwise: 'none', about: 'PEM file of the own certificate' },
  'tls-key': { kind: 'path', place: 'both', otherwise: 'none', about: 'PEM file of its key' },
  'allow-private': { kind: 'boolean', place: 'general', default: false, about: 'connect to private addresses a peer names (SEC-10)' },
  'no-color': { kind: 'boolean', place: 'general', default: false, about: 'print without colours' },
  listen: { kind: 'uri', place: 'both', otherwise: 'any free port', about: 'where to listen: sip:alice@127.0.0.1:5071' },
  relay: { kind: 'uri', place: 'both', otherwise: 'none', about: 'MSRP relay: msrps://relay.example.com:2855;tcp' },
  'conference-factory': {
    kind: 'uri',
    place: 'both',
    otherwise: 'conference-factory at the own domain',
    about: 'service that makes groups: sip:conference-factory@example.com (GRP-1)',
  },
  aor: {
    kind: 'uri',
    place: 'account',
    variable: 'CPMFT_AS',
    otherwise: 'login name and host',
    about: 'own address: sip:alice@example.com',
  },
  'display-name': { kind: 'text', place: 'account', otherwise: 'none', about: 'name shown with the address' },
  proxy: { kind: 'uri', place: 'account', otherwise: 'none', about: 'proxy and registrar: sip:proxy.example.com' },
  transport: {
    kind: ['udp', 'tcp', 'tls', 'ws', 'wss'],
    place: 'account',
    otherwise: 'what the proxy says',
    about: 'transport to the proxy',
  },
  username: { kind: 'text', place: 'account', otherwise: 'user part of the address', about: 'digest user name' },
  'password-file': { kind: 'path', place: 'account', otherwise: 'none', about: 'file with the password on its first line' },
  'password-command': { kind: 'words', place: 'account', otherwise: 'none', about: 'program of a keyring that prints the password' },
} as const satisfies Readonly<Record<string, ConfigKey>>

/** A setting, as the file writes it. */
export type ConfigName = keyof typeof CONFIG_KEYS

type Camel<Text extends string> = Text extends `${infer First}-${infer Rest}` ? `${First}${Capitalize<Camel<Rest>>}` : Text

type Valued<Kind> = Kind extends 'size' | 'duration'
  ? number
  : Kind extends 'boolean'
    ? boolean
    : Kind extends 'words'
      ? readonly string[]
      : Kind extends readonly (infer Choice)[]
        ? Choice
        : string

/** Every setting under its name in code (`releaseTimer`), undefined where there is neither a value nor a default. */
export type ConfigValues = {
  readonly [Name in ConfigName as Camel<Name>]:
    | Valued<(typeof CONFIG_KEYS)[Name]['kind']>
    | ((typeof CONFIG_KEYS)[Name] extends { readonly default: unknown } ? never : undefined)
}

export const CONFIG_NAMES = Object.keys(CONFIG_KEYS) as ConfigName[]

/** `release-timer` -> `releaseTimer` */
export function propertyOf(name: ConfigName): keyof ConfigValues {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()) as keyof ConfigValues
}

/** `release-timer` -> `CPMFT_RELEASE_TIMER` */
export function variableOf(name: ConfigName): string {
  const { variable }: ConfigKey = CONFIG_KEYS[name]
  return variable ?? `CPMFT_${name.toUpperCase().replaceAll('-', '_')}`
}

/** `aor` is `--as`, as the environment has it. */
export function flagOf(name: ConfigName): string {
  return name === 'aor' ? '--as' : `--${name}`
}

/** Of `names` the one most like `word`, when at most a third of it (and one letter always) was mistyped. */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  if (word.length > 40) return undefined
  let best: { readonly name: string; readonly errors: number } | undefined
  for (const name of names) {
    const errors = typingErrors(plain(word), plain(name))
    if (errors <= Math.max(1, name.length / 3) && errors < (best?.errors ?? Number.POSITIVE_INFINITY)) best = { name, errors }
  }
  return best?.name
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

/** Letters to insert, delete, replace or swap with their neighbour. */
function typingErrors(from: string, to: string): number {
  let before: number[] = []
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let line = 1; line <= from.length; line++) {
    const next = [line]
    for (let column = 1; column <= to.length; column++) {
      const replaced = (row[column - 1] as number) + (from[line - 1] === to[column - 1] ? 0 : 1)
      const swapped = line > 1 && column > 1 && from[line - 1] === to[column - 2] && from[line - 2] === to[column - 1]
      const best = Math.min(replaced, (row[column] as number) + 1, (next[column - 1] as number) + 1)
      next.push(swapped ? Math.min(best, (before[column - 2] as number) + 1) : best)
    }
    before = row
    row = next
  }
  return row[to.length] as number
}
