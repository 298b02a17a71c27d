import { consistsOf, DIGIT } from '../wire/index.js'

/** `Status: namespace SP code [SP comment]`: `000 200 OK` (RFC 4975 §9). Namespace `000` means a response code. */
export interface Status {
  readonly namespace: string
  readonly code: number
  readonly comment: string
}

export function parseStatus(text: string): Status | undefined {
  const namespace = text.slice(0, 3)
  const code = text.slice(4, 7)
  if (!isThreeDigits(namespace) || text[3] !== ' ' || !isThreeDigits(code)) return undefined
  if (text.length > 7 && text[7] !== ' ') return undefined
  return { namespace, code: Number(code), comment: text.slice(8) }
}

export function formatStatus(status: Status): string {
  const code = String(status.code).padStart(3, '0')
  return `${status.namespace} ${code}${status.comment === '' ? '' : ` ${status.comment}`}`
}

export function isThreeDigits(text: string): boolean {
  return text.length === 3 && consistsOf(text, DIGIT)
}

/** Comments of the codes we send (RFC 4975 §10); informative only. */
export const STATUS_COMMENTS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  408: 'Timeout',
  413: 'Stop Sending',
  415: 'Unsupported Media Type',
  423: 'Out of Bounds',
  481: 'No Such Session',
  501: 'Not Implemented',
  506: 'Session Bound Elsewhere',
}
