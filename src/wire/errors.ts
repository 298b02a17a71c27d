/** What a peer sent breaks a rule; `status` is the answer that rule asks for (Appendix B of the requirements). */
export class RemoteProtocolError extends Error {
  override readonly name = 'RemoteProtocolError'
  /**
   * @param code stable, machine-readable, kebab-case: `bad-byte-range`, `too-many-headers`
   * @param message one sentence for a person
   * @param status SIP or MSRP status to answer with; absent when the only answer is to close the connection
   */
  constructor(
    readonly code: string,
    message: string,
    readonly status?: number,
  ) {
    super(message)
  }
}

/** The caller of this library asked for something the protocol forbids; nothing was sent. */
export class LocalProtocolError extends Error {
  override readonly name = 'LocalProtocolError'
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}
