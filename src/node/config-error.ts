/** The configuration is wrong or cannot be read or written: exit code 2 of the command line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'config'
  /**
   * @param message where and what: `~/.config/cpmft/config.toml:3: max-size must be …`
   * @param hint what to do next
   */
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message)
  }
}
