import type { HeaderLine } from './lines.js'

/** Of the headers of RFC 5438 §6.1. */
export const IMDN_NAMESPACE = 'urn:ietf:params:imdn'

/** A header name with its prefix resolved: `imdn.Message-ID` after `NS: imdn <urn:ietf:params:imdn>`. */
export interface QualifiedName {
  /** '' for the headers of RFC 3862 itself. */
  readonly namespace: string
  readonly name: string
}

/** The prefixes that were declared so far (RFC 3862 §3.4, MSRP-64): a declaration counts for the headers below it. */
export class Namespaces {
  readonly #declared = new Map<string, string>()

  /** Takes the value of an `NS` header: `imdn <urn:ietf:params:imdn>`, also without the space or, as a default, the prefix. */
  declare(value: string): void {
    const open = value.indexOf('<')
    const end = value.indexOf('>', open)
    if (open >= 0 && end > open) this.#declared.set(value.slice(0, open).trim(), value.slice(open + 1, end))
  }

  /** A name whose prefix nobody declared keeps it and belongs to no namespace. */
  resolve(name: string): QualifiedName {
    const dot = name.indexOf('.')
    const namespace = this.#declared.get(name.slice(0, Math.max(dot, 0)))
    return namespace === undefined ? { namespace: '', name } : { namespace, name: name.slice(dot + 1) }
  }
}

/** Values of the headers of one namespace in order, by local name. */
export function headersOf(headers: readonly HeaderLine[], wanted: string): HeaderLine[] {
  const namespaces = new Namespaces()
  return headers.flatMap(([field, value]): HeaderLine[] => {
    if (field === 'NS') {
      namespaces.declare(value)
      return []
    }
    const { namespace, name } = namespaces.resolve(field)
    return namespace === wanted ? [[name, value]] : []
  })
}
