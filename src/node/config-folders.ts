import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import envPaths from 'env-paths'

/** What decides where things are; all of it may be given, for tests. */
export interface ConfigPlace {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly platform?: NodeJS.Platform
  readonly home?: string
}

export interface ConfigFolders {
  /** Folder of `config.toml`. */
  readonly config: string
  /** Folder of `store.sqlite`. */
  readonly state: string
  /** Folder of what can be made again. */
  readonly cache: string
}

/**
 * `XDG_CONFIG_HOME`, `XDG_STATE_HOME` and `XDG_CACHE_HOME` count on every platform when they are absolute (XDG base directory specification);
 * else `~/.config`, `~/.local/state` and `~/.cache`, on macOS and Windows the folders of the platform.
 */
export function configFolders(place: ConfigPlace = {}): ConfigFolders {
  const env = place.env ?? process.env
  const platform = place.platform ?? process.platform
  const usual = platform === 'darwin' || platform === 'win32' ? platformFolders() : plainFolders(homeFolder(place))
  return {
    config: absolute(env['XDG_CONFIG_HOME']) ?? usual.config,
    state: absolute(env['XDG_STATE_HOME']) ?? usual.state,
    cache: absolute(env['XDG_CACHE_HOME']) ?? usual.cache,
  }
}

/** Full path of the store. */
export function storePath(place: ConfigPlace = {}): string {
  return join(configFolders(place).state, 'store.sqlite')
}

export function homeFolder({ env = process.env, home }: ConfigPlace): string {
  return home ?? env['HOME'] ?? homedir()
}

function plainFolders(home: string): ConfigFolders {
  const [config, state, cache] = ['.config', '.local/state', '.cache'].map(folder => join(home, folder, 'cpmft')) as [
    string,
    string,
    string,
  ]
  return { config, state, cache }
}

function platformFolders(): ConfigFolders {
  const { config, data, cache } = envPaths('cpmft', { suffix: '' })
  return { config, state: data, cache }
}

function absolute(folder: string | undefined): string | undefined {
  return folder !== undefined && isAbsolute(folder) ? join(folder, 'cpmft') : undefined
}
