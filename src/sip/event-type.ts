import { consistsOf, parseParameters, SIP_TOKEN } from '../wire/index.js'
import { formatParameterValue } from './parameter-tail.js'

/** `Event: conference;id=7` (RFC 6665 §8.2.1) */
export interface EventType {
  /** Package with its templates: `conference`, `presence.winfo`. */
  readonly name: string
  readonly id?: string
}

/** event-type *( SEMI event-param ); undefined when the text is something else */
export function parseEventType(text: string | undefined): EventType | undefined {
  if (text === undefined) return undefined
  const semicolon = text.indexOf(';')
  const end = semicolon < 0 ? text.length : semicolon
  const name = text.slice(0, end).trim()
  const parameters = parseParameters(text, end)
  if (parameters === undefined || !consistsOf(name, SIP_TOKEN)) return undefined
  const id = parameters.get('id')
  return id === undefined ? { name } : { name, id }
}

export function formatEventType({ name, id }: EventType): string {
  return id === undefined ? name : `${name};id=${formatParameterValue(id)}`
}

/** RFC 6665 §8.2.1: octet by octet, and other parameters do not count. */
export function sameEventType(a: EventType, b: EventType): boolean {
  return a.name === b.name && a.id === b.id
}
