/** A media description that is no file. */
export const AUDIO = 'm=audio 49170 RTP/AVP 0'

export function session(media: string): string {
  return ['v=0', 'o=sipp 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', media].join('\n')
}

export interface OfferForm {
  readonly selector?: boolean
  readonly size?: number
  readonly protocol?: string
  readonly direction?: string
}

/** SDP with one m-line for each of `count` files (RFC 5547 §8.2). */
export function offer(
  count: number,
  { selector = true, size = 12, protocol = 'TCP/MSRP', direction = 'sendonly' }: OfferForm = {},
): string {
  const lines = Array.from({ length: count }, (_, index) => [
    `m=message ${7000 + index} ${protocol} *`,
    `a=${direction}`,
    'a=setup:actpass',
    'a=accept-types:*',
    `a=path:msrp://127.0.0.1:${7000 + index}/s${index};tcp`,
    ...(selector ? [selectorOf(index, size)] : []),
    `a=file-transfer-id:id${index}`,
  ])
  return session(lines.flat().join('\n'))
}

export function selectorOf(index: number, size = 12): string {
  return `a=file-selector:name:"file ${index}.txt" type:text/plain size:${size} hash:sha-1:98:FD:44:A3:31:BA:72:2D:28:CB:C5:DF:70:87:54:14:1C:D5:A8:D7`
}

/** The m-lines of a message, each with its attributes. */
export function mediaOf(message: string): string[][] {
  return bodyOf(message)
    .split(/\r\n(?=m=)/)
    .slice(1)
    .map(part => part.split('\r\n'))
}

export function bodyOf(message: string): string {
  return message.slice(message.indexOf('\r\n\r\n') + 4).trim()
}
