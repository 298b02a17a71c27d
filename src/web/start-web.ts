/** A page that is being served. */
export interface WebHandle extends AsyncDisposable {
  /** With the token in its fragment. */
  readonly url: string
  close(): Promise<void>
}
