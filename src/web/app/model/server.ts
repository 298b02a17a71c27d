import type { ErrorView } from '../../protocol/index.js'
import { strings } from '../strings.js'
import { readToken } from './token.js'

let token: string | undefined

/** Header fields that every request to the server carries. */
export function authorization(): { readonly authorization: string } {
  token ??= readToken()
  return { authorization: `Bearer ${token ?? ''}` }
}

/** False: the page was opened without its token, so that there is nothing to ask the server. */
export function hasToken(): boolean {
  token ??= readToken()
  return token !== undefined
}

/** A command that the server refused, or that did not reach it. `view` says what, why and what next. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  /** @param status HTTP status; 0 when there was no answer */
  constructor(
    readonly view: ErrorView,
    readonly status: number,
  ) {
    super(view.text)
  }
}

/** Sends a command and reads its answer. Rejects with `RequestError` only, or with the reason of `signal`. */
export async function request<Answer>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
  const headers: Record<string, string> = { ...authorization() }
  if (body !== undefined) headers['content-type'] = 'application/json'
  const response = await fetch(path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error
    throw new RequestError(strings.errors.offline, 0)
  })
  const text = await response.text().catch(() => '')
  if (!response.ok) throw new RequestError(errorOf(text, response.status), response.status)
  return (text === '' ? {} : JSON.parse(text)) as Answer
}

/** What a refusal says: `{"error": ErrorView}`, or something that is not from our server. */
export function errorOf(text: string, status: number): ErrorView {
  if (status === 401) return strings.errors.unauthorized
  try {
    const error = (JSON.parse(text) as { readonly error?: ErrorView }).error
    if (typeof error?.text === 'string') return error
  } catch {
    // not JSON
  }
  return { ...strings.errors.unexpected, status }
}

/** What is told of anything that was thrown. */
export function errorView(error: unknown): ErrorView {
  if (error instanceof RequestError) return error.view
  return { ...strings.errors.unexpected, detail: error instanceof Error ? error.message : String(error) }
}
