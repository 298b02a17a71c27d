import type { Direction } from './file-media.js'
import type { Attribute } from './session-description.js'

const DIRECTIONS: readonly string[] = ['sendonly', 'recvonly', 'sendrecv', 'inactive'] satisfies Direction[]

/** The different directions among `attributes` (RFC 8866 §6.7): none, one, or a contradiction. */
export function directionsOf(attributes: readonly Attribute[]): Direction[] {
  const found = attributes.filter(({ name, value }) => value === undefined && DIRECTIONS.includes(name))
  return [...new Set(found.map(({ name }) => name as Direction))]
}
