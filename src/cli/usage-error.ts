/** The command line itself is wrong or cannot be decided: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'usage'
  constructor(
    message: string,
    /** What to do next. */
    readonly hint: string,
  ) {
    super(message)
  }
}
