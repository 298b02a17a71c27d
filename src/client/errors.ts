/**
 * Every failure a user can meet, once: code, what happened, what to do next and the exit code of the command line.
 * Library, command line and documentation all print this table.
 */
export const ERRORS = {
  declined: { exit: 4, text: 'The peer declined.', hint: 'Ask them, then send again.' },
  busy: { exit: 5, text: 'The peer is busy.', hint: 'Try again in a minute.' },
  unreachable: { exit: 5, text: 'The peer cannot be reached.', hint: 'Check the address, or try again when they are online.' },
  'unknown-recipient': { exit: 5, text: 'Nobody has this address.', hint: 'Check the address for a typing error.' },
  'not-allowed': { exit: 6, text: 'The server does not allow this.', hint: 'Ask the administrator of the server.' },
  'auth-failed': { exit: 6, text: 'The user name or password was not accepted.', hint: 'Check CPMFT_PASSWORD and the account.' },
  'not-supported': { exit: 7, text: 'The other side does not support file transfer this way.', hint: 'Ask which program they use.' },
  'unsupported-media': { exit: 7, text: 'The other side takes none of these files.', hint: 'Ask which types they accept.' },
  'too-large': { exit: 7, text: 'The file is larger than the other side accepts.', hint: 'Split it, or ask for a higher limit.' },
  'network-error': { exit: 5, text: 'A server on the way failed.', hint: 'Try again later.' },
  'connection-refused': { exit: 5, text: 'Nobody listens at that address.', hint: 'Is the receiver running, and is the port right?' },
  'connection-lost': { exit: 3, text: 'The connection broke.', hint: 'Go on with cpmft resume, or send again.' },
  'connection-timeout': { exit: 5, text: 'No connection came about in time.', hint: 'A firewall may be in the way.' },
  'unknown-host': { exit: 5, text: 'The host name cannot be resolved.', hint: 'Check the address and the DNS.' },
  'peer-failed': { exit: 3, text: 'The receiver reported an error.', hint: 'Ask the receiver for details, then send again.' },
  timeout: { exit: 3, text: 'The peer stopped answering.', hint: 'Send again.' },
  'aborted-by-peer': { exit: 3, text: 'The peer aborted the transfer.', hint: 'Ask them, then send again.' },
  'session-ended': { exit: 3, text: 'The session ended before the file was complete.', hint: 'Send again.' },
  cancelled: { exit: 130, text: 'Cancelled.', hint: '' },
  withdrawn: { exit: 3, text: 'The sender withdrew the offer.', hint: '' },
  'size-mismatch': {
    exit: 8,
    text: 'The received size differs from the announced one; nothing was kept.',
    hint: 'Ask the sender to send again.',
  },
  'hash-mismatch': {
    exit: 8,
    text: 'The received bytes do not match the announced hash; nothing was kept.',
    hint: 'Ask the sender to send again.',
  },
  'type-mismatch': {
    exit: 8,
    text: 'The received type differs from the announced one; nothing was kept.',
    hint: 'Ask the sender to send again.',
  },
  'protocol-error': { exit: 3, text: 'The peer broke the protocol.', hint: 'Record it with --trace and report it.' },
  'file-missing': { exit: 9, text: 'There is no such file.', hint: 'Check the path.' },
  'file-unreadable': { exit: 9, text: 'The file cannot be read.', hint: 'Check its permissions.' },
  'not-a-file': { exit: 9, text: 'This is not a regular file.', hint: 'Pack a folder into an archive first.' },
  'file-changed': { exit: 9, text: 'The file changed while it was being sent.', hint: 'Send it again when nothing writes to it.' },
  'folder-missing': { exit: 9, text: 'The target folder does not exist.', hint: 'Create it, or choose another with --into.' },
  'folder-unwritable': { exit: 9, text: 'The target folder cannot be written.', hint: 'Check its permissions.' },
  'disk-full': { exit: 9, text: 'The disk is full.', hint: 'Free some space and ask the sender to send again.' },
  exists: { exit: 9, text: 'A file of this name exists already; it was not touched.', hint: 'Use --on-conflict rename.' },
  'write-failed': { exit: 9, text: 'Writing the file failed.', hint: 'Check the disk.' },
  'refused-by-scanner': { exit: 8, text: 'The malware scanner refused the file; nothing was kept.', hint: 'Ask the sender what it is.' },
  'address-in-use': { exit: 2, text: 'Another program listens at this address.', hint: 'Choose another port with --listen.' },
  'bad-address': { exit: 2, text: 'This is not a usable SIP address.', hint: 'Write it like sip:bob@example.com.' },
  'no-files': { exit: 2, text: 'There is nothing to send.', hint: 'Name at least one file.' },
  tls: { exit: 5, text: 'The secure connection failed.', hint: 'Check the certificate.' },
  insecure: {
    exit: 7,
    text: 'This would go over an unprotected connection.',
    hint: 'Use a sips: address or transport=tls, or choose --profile open.',
  },
  'relay-failed': { exit: 5, text: 'The MSRP relay did not let us in.', hint: 'Check the relay and its account.' },
  'forbidden-address': {
    exit: 7,
    text: 'The peer wants a connection to an address that is not allowed.',
    hint: 'Allow private addresses with --allow-private when you trust the peer.',
  },
  quota: { exit: 7, text: 'The quota for received files is used up.', hint: 'Raise it in the configuration, or wait until tomorrow.' },
  'not-shared': { exit: 7, text: 'The peer shares no such file with you.', hint: 'Ask what they share.' },
  'no-group-service': {
    exit: 2,
    text: 'There is no service that sends to several people at once.',
    hint: 'Name one with --conference-factory, or send to each one by itself: --one-by-one.',
  },
  'group-not-supported': {
    exit: 7,
    text: 'The server cannot send to several people at once.',
    hint: 'Send to each one by itself: --one-by-one.',
  },
  'group-too-large': { exit: 2, text: 'These are too many people for one group.', hint: 'Send to fewer at a time.' },
  'no-recipients': { exit: 2, text: 'There is nobody to send to.', hint: 'Name somebody beside yourself.' },
  'not-a-member': { exit: 6, text: 'You may not send to this group.', hint: 'Ask whoever looks after the group to let you in.' },
  'unknown-group': { exit: 5, text: 'There is no such group.', hint: 'Check the address of the group for a typing error.' },
  'nobody-reachable': { exit: 5, text: 'Nobody of the group can be reached.', hint: 'Try again when they are online.' },
  'no-such-transfer': { exit: 2, text: 'There is no such transfer.', hint: 'See cpmft history.' },
  'not-resumable': { exit: 9, text: 'This transfer cannot go on where it stopped.', hint: 'Send it again from the start: cpmft retry.' },
  store: { exit: 9, text: 'The record of transfers cannot be used.', hint: 'Check the disk and the permissions of the state folder.' },
  network: { exit: 5, text: 'The network refused.', hint: 'Check the connection.' },
  internal: { exit: 1, text: 'Something went wrong inside cpmft.', hint: 'Please report it with the trace.' },
} as const satisfies Record<string, { exit: number; text: string; hint: string }>

export type ErrorCode = keyof typeof ERRORS

/** The one error class of the library. `message` says what and why, `hint` says what to do next. */
export class CpmftError extends Error {
  override readonly name = 'CpmftError'
  readonly hint: string
  /** Why, without the text of the code. */
  readonly detail: string | undefined
  /**
   * @param detail why, in one sentence; added to the text of the code
   * @param status SIP or MSRP status the peer gave, if any
   */
  constructor(
    readonly code: ErrorCode,
    detail?: string,
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(detail === undefined ? ERRORS[code].text : `${ERRORS[code].text} ${detail}`, options)
    this.hint = ERRORS[code].hint
    this.detail = detail
  }
}
