import { SaxesParser, type SaxesTagNS } from 'saxes'
import { RemoteProtocolError } from './errors.js'
import { XML_LIMITS } from './limits.js'
import { decodeUtf8, isUtf8 } from './text.js'

/** `<cp:entry xmlns:cp="urn:x" cp:kind="a">text</cp:entry>` with its prefixes resolved. */
export interface XmlElement {
  /** Namespace name, '' without one. */
  readonly namespace: string
  /** Local name, without prefix. */
  readonly name: string
  readonly attributes: readonly XmlAttribute[]
  /** Child elements in order. */
  readonly children: readonly XmlElement[]
  /** Character data directly inside this element, white space as it came. */
  readonly text: string
}

/** An attribute without prefix has the namespace '' (Namespaces in XML §6.2). Declarations of prefixes are no attributes. */
export interface XmlAttribute {
  readonly namespace: string
  readonly name: string
  readonly value: string
}

export interface XmlLimits {
  readonly bytes: number
  readonly depth: number
  readonly elements: number
}

/**
 * Reads one XML document and gives its root. This is the only door to the parser; nothing is ever expanded or fetched: a document type
 * declaration is refused, and with it every entity but the five of XML itself (SEC-11). Comments and processing instructions are dropped.
 * @throws RemoteProtocolError 400 for octets that are no UTF-8 or no well-formed XML, or for a document type; 413 beyond `limits`
 */
export function decodeXml(bytes: Uint8Array, limits: XmlLimits = XML_LIMITS): XmlElement {
  if (bytes.length > limits.bytes) throw tooLarge(`The XML document has more than ${limits.bytes} octets.`)
  if (!isUtf8(bytes)) throw malformed('The XML document is not UTF-8.')
  const tree = new TreeBuilder(limits)
  // XML 1.1 would allow control characters
  const parser = new SaxesParser({ xmlns: true, forceXMLVersion: true, defaultXMLVersion: '1.0' })
  parser.on('doctype', refuseDoctype)
  parser.on('opentag', tag => tree.open(tag))
  parser.on('closetag', () => tree.close())
  parser.on('text', text => tree.text(text))
  parser.on('cdata', text => tree.text(text))
  try {
    parser.write(decodeUtf8(bytes)).close()
  } catch (error) {
    if (error instanceof RemoteProtocolError) throw error
    throw malformed(`The XML document is not well-formed in line ${parser.line}.`)
  }
  return tree.root as XmlElement
}

/** The children of that name, in order. */
export function xmlChildren(element: XmlElement, namespace: string, name: string): XmlElement[] {
  return element.children.filter(child => child.name === name && child.namespace === namespace)
}

/** Value of an attribute; `namespace` is '' for one without prefix. */
export function xmlAttribute(element: XmlElement, name: string, namespace = ''): string | undefined {
  return element.attributes.find(attribute => attribute.name === name && attribute.namespace === namespace)?.value
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[]
  text: string
}

/** Puts the parser's events together, within the limits. */
class TreeBuilder {
  root: XmlElement | undefined
  readonly #open: OpenElement[] = []
  readonly #limits: XmlLimits
  #elements = 0

  constructor(limits: XmlLimits) {
    this.#limits = limits
  }

  open(tag: SaxesTagNS): void {
    const { depth, elements } = this.#limits
    if (this.#open.length === depth) throw tooLarge(`The XML document nests more than ${depth} elements.`)
    if (++this.#elements > elements) throw tooLarge(`The XML document has more than ${elements} elements.`)
    const attributes = Object.values(tag.attributes)
      .filter(({ uri }) => uri !== XMLNS)
      .map(({ uri, local, value }) => ({ namespace: uri, name: local, value }))
    const element: OpenElement = { namespace: tag.uri, name: tag.local, attributes, children: [], text: '' }
    this.root ??= element
    this.#open.at(-1)?.children.push(element)
    this.#open.push(element)
  }

  close(): void {
    this.#open.pop()
  }

  text(text: string): void {
    const element = this.#open.at(-1)
    // White space around the root belongs to no element
    if (element !== undefined) element.text += text
  }
}

const XMLNS = 'http://www.w3.org/2000/xmlns/'

function refuseDoctype(): never {
  throw malformed('The XML document has a document type declaration.')
}

function malformed(message: string): RemoteProtocolError {
  return new RemoteProtocolError('bad-xml', message, 400)
}

function tooLarge(message: string): RemoteProtocolError {
  return new RemoteProtocolError('xml-too-large', message, 413)
}
