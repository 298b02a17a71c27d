import { CpmftError, ERRORS, HostError } from '../client/index.js'
import type { ErrorView } from './protocol/index.js'

/** What happened, why and what to do, for the page. */
export function errorView(error: unknown): ErrorView {
  if (error instanceof CpmftError) {
    const { code, detail, hint, status } = error
    return {
      code,
      text: ERRORS[code].text,
      ...(detail !== undefined && { detail }),
      ...(hint !== '' && { hint }),
      ...(status !== undefined && { status }),
    }
  }
  if (error instanceof HostError && error.code in ERRORS) return errorView(new CpmftError(error.code as keyof typeof ERRORS, error.message))
  return errorView(new CpmftError('internal', error instanceof Error ? error.message : undefined))
}

/** What the record of a transfer keeps of an error. */
export function storedErrorView(error: { readonly code: string; readonly detail: string | undefined } | undefined): ErrorView | undefined {
  if (error === undefined) return undefined
  if (error.code in ERRORS) return errorView(new CpmftError(error.code as keyof typeof ERRORS, error.detail))
  return { code: error.code, text: error.detail ?? error.code }
}
