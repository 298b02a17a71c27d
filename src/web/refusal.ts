import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { CpmftError, HostError } from '../client/index.js'
import { errorView } from './error-view.js'
import type { ErrorView } from './protocol/index.js'

/** A request that is not done, with the status and the words of its answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  constructor(
    readonly status: ContentfulStatusCode,
    readonly code: string,
    message: string,
    readonly hint?: string,
  ) {
    super(message)
  }

  get view(): ErrorView {
    return { code: this.code, text: this.message, ...(this.hint !== undefined && { hint: this.hint }) }
  }
}

/** What an answer says about anything that was thrown. */
export function refusalAnswer(context: Context, error: unknown): Response {
  if (error instanceof Refusal) return context.json({ error: error.view }, error.status)
  return context.json({ error: errorView(error) }, statusOf(error))
}

function statusOf(error: unknown): ContentfulStatusCode {
  const code = error instanceof CpmftError || error instanceof HostError ? error.code : 'internal'
  if (code === 'no-such-transfer' || code === 'file-missing') return 404
  if (code === 'internal' || code === 'store') return 500
  if (code === 'bad-address' || code === 'no-files' || code === 'no-recipients') return 400
  return code === 'disk-full' ? 507 : 409
}
