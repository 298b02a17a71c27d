import { LocalProtocolError } from '../wire/index.js'
import type { FileDate } from './file-media.js'

const KINDS = ['creation', 'modification', 'read'] as const
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** `Mon, 15 May 2006 15:01:31 +0300`; the seconds may be missing (RFC 5322 §3.3, numeric zone only) */
const DATE_TIME =
  /^(?:([A-Z][a-z]{2}), )?([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2})(?::([0-9]{2}))? ([+-])([0-9]{2})([0-9]{2})$/
const LONGEST_DATE_TIME = 31

/**
 * `creation:"Mon, 15 May 2006 15:01:31 +0300" read:"…"`, in UTC (RFC 5547 §6).
 * @throws LocalProtocolError for a date that the format cannot hold (not a date, before 1900, after 9999)
 */
export function formatFileDate(date: FileDate): string {
  return KINDS.flatMap(kind => (date[kind] === undefined ? [] : [`${kind}:"${formatDateTime(date[kind])}"`])).join(' ')
}

/** @returns undefined when anything is wrong with it: the attribute then is ignored, the line stays (SDP-19) */
export function parseFileDate(value: string): FileDate | undefined {
  const date: { -readonly [K in keyof FileDate]: FileDate[K] } = {}
  let at = 0
  for (;;) {
    const kind = KINDS.find(name => value.startsWith(`${name}:"`, at))
    if (kind === undefined || date[kind] !== undefined) return undefined
    const from = at + kind.length + 2
    const end = value.indexOf('"', from)
    const parsed = end < 0 ? undefined : parseDateTime(value.slice(from, end))
    if (parsed === undefined) return undefined
    date[kind] = parsed
    if (end + 1 === value.length) return date
    if (value[end + 1] !== ' ') return undefined
    at = end + 2
  }
}

function formatDateTime(date: Date): string {
  const year = date.getUTCFullYear()
  if (!(year >= 1900 && year <= 9999)) throw new LocalProtocolError('bad-date', 'A file date lies between the years 1900 and 9999.')
  const two = (part: number) => `${part}`.padStart(2, '0')
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  return `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]} ${year} ${time} +0000`
}

function parseDateTime(text: string): Date | undefined {
  const match = text.length > LONGEST_DATE_TIME ? null : DATE_TIME.exec(text)
  if (match === null) return undefined
  const [, dayName, dayText, monthName, yearText, hourText, minuteText, secondText = '0', sign, zoneHours, zoneMinutes] = match
  const [day = 0, year = 0, hour = 0, minute = 0, second = 0] = [dayText, yearText, hourText, minuteText, secondText].map(Number)
  const month = MONTHS.indexOf(monthName as string)
  const midnight = new Date(Date.UTC(year, month, day))
  // Date.UTC carries 31 June over to 1 July: then the day no longer is the one that was written
  const isDate = month >= 0 && year >= 1900 && midnight.getUTCDate() === day
  // RFC 5322 §3.3: a day of week must be the one of the date; second 60 is a leap second
  const isDay = dayName === undefined || dayName === DAYS[midnight.getUTCDay()]
  if (!isDate || !isDay || hour > 23 || minute > 59 || second > 60 || Number(zoneMinutes) > 59) return undefined
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === '-' ? -1 : 1)
  return new Date(midnight.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000)
}
