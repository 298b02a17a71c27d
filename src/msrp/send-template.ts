import { encodeLatin1 } from '../wire/index.js'
import { formatAfterRange, formatBeforeRange, formatSendHead, type SendForm } from './encode.js'
import type { Writer } from './writer.js'

/** The head that all SENDs of one message have: only transaction id and range change, so the rest is encoded once (MSRP-24). */
export class SendTemplate {
  readonly #form: SendForm
  readonly #total: number
  readonly #beforeRange: Uint8Array
  readonly #afterRange: Uint8Array

  /** @param total octets of the whole message */
  constructor(form: SendForm, total: number) {
    this.#form = form
    this.#total = total
    this.#beforeRange = encodeLatin1(formatBeforeRange(form))
    this.#afterRange = encodeLatin1(`/${total}${formatAfterRange(form)}`)
  }

  /** Where it leads; another path needs another template. */
  get toPath(): string {
    return this.#form.toPath
  }

  /** The whole head, one character per octet. `start` counts from 1, `end` is undefined when it is not known. */
  format(tid: string, start: number, end: number | undefined): string {
    return formatSendHead({ ...this.#form, tid, byteRange: { start, end, total: this.#total } })
  }

  /** Writes what `format` gives. */
  write(writer: Writer, tid: string, start: number, end: number | undefined): void {
    writer.text('MSRP ')
    writer.text(tid)
    writer.octets(this.#beforeRange)
    writer.number(start)
    writer.text('-')
    if (end === undefined) writer.text('*')
    else writer.number(end)
    writer.octets(this.#afterRange)
  }
}
