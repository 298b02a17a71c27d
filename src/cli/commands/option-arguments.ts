import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../duration.js'
import { parseSize } from '../size.js'

/** An option that may be given more than once. */
export function collectArgument(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}

/** Milliseconds. */
export function durationArgument(text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds === undefined || milliseconds === 0) throw new InvalidArgumentError('Write it like 500ms, 30s, 5m or 1h.')
  return milliseconds
}

/** Seconds. */
export function secondsArgument(text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds === undefined) throw new InvalidArgumentError('Write seconds, like 30.')
  return milliseconds / 1000
}

/** Octets. */
export function sizeArgument(text: string): number {
  const octets = parseSize(text)
  if (octets === undefined) throw new InvalidArgumentError('Write it like 100MB or 2GiB.')
  return octets
}

/** `2026-01-31` -> its beginning in the time zone of the user, or any ISO 8601 time; milliseconds since 1970. */
export function dateArgument(text: string): number {
  const date = /^\d{4}-\d\d-\d\d$/.test(text)
    ? Date.parse(`${text}T00:00:00`)
    : /^\d{4}-\d\d-\d\dT/.test(text)
      ? Date.parse(text)
      : Number.NaN
  if (Number.isNaN(date)) throw new InvalidArgumentError('Write it like 2026-01-31.')
  return date
}

/** Days. */
export function daysArgument(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('Write a number of days, like 30.')
  return Number(text)
}

/** Port of a listener; 0 lets the system choose. */
export function portArgument(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('Write a port, like 8080.')
  return Number(text)
}
