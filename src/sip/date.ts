/**
 * `Date: Sat, 13 Nov 2010 23:29:00 GMT` (RFC 3261 §20.17): milliseconds since 1970, or undefined.
 * GMT is the only zone there is; UT, UTC and the like are malformed (RFC 4475 §3.1.2.12).
 */
export function parseSipDate(text: string): number | undefined {
  if (text.length !== 29) return undefined
  const milliseconds = Date.parse(text)
  return Number.isNaN(milliseconds) || formatSipDate(milliseconds) !== text ? undefined : milliseconds
}

/** The form of RFC 1123 that SIP asks for. */
export function formatSipDate(milliseconds: number): string {
  return new Date(milliseconds).toUTCString()
}
