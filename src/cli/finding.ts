/** One thing `cpmft doctor` looked at. */
export interface Finding {
  /** `config`, `folder`, `store`, `certificate`, `dns`, `tls`, `register`, `peer`, `media`, `clock` */
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly text: string
  /** What to do about it. */
  readonly fix?: string
}
