import { encodeLatin1 } from '../wire/index.js'
import { formatResponse } from './encode.js'
import type { Writer } from './writer.js'

/** The response 200 of one session, of which only the transaction id changes: the rest is encoded once. */
export class ResponseTemplate {
  readonly #betweenIds: Uint8Array

  /** Both paths are ASCII. */
  constructor(
    readonly toPath: string,
    readonly fromPath: string,
  ) {
    const text = formatResponse('', 200, toPath, fromPath)
    this.#betweenIds = encodeLatin1(text.slice('MSRP '.length, -'$\r\n'.length))
  }

  write(writer: Writer, tid: string): void {
    writer.text('MSRP ')
    writer.text(tid)
    writer.octets(this.#betweenIds)
    writer.text(tid)
    writer.text('$\r\n')
  }
}
