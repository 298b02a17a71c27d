import { useCallback, useEffect, useRef, useState } from 'react'
import type { AccountCheckView, AccountCommand, ErrorView } from '../../protocol/index.js'
import { errorView, request } from '../model/server.js'
import { type Checked, isSameAccount } from './account-draft.js'

export interface AccountCheck {
  readonly isChecking: boolean
  /** The newest answer. */
  readonly checked: Checked | undefined
  /** The check itself did not work. */
  readonly failed: ErrorView | undefined
  /** Asks, unless that was asked already. Gives the answer; undefined when there is none. */
  readonly check: (command: AccountCommand) => Promise<AccountCheckView | undefined>
}

/** Tries an account at its server. One that comes later takes the place of one that runs. */
export function useAccountCheck(): AccountCheck {
  const [state, setState] = useState<Omit<AccountCheck, 'check'>>({ isChecking: false, checked: undefined, failed: undefined })
  const last = useRef<
    { readonly command: AccountCommand; readonly run: AbortController; readonly answer: Promise<AccountCheckView | undefined> } | undefined
  >(undefined)
  useEffect(() => () => last.current?.run.abort(), [])
  const check = useCallback((command: AccountCommand): Promise<AccountCheckView | undefined> => {
    if (last.current !== undefined && isSameAccount(last.current.command, command)) return last.current.answer
    last.current?.run.abort()
    const run = new AbortController()
    setState(known => ({ ...known, isChecking: true, failed: undefined }))
    const answer = request<AccountCheckView>('POST', '/api/account/check', command, run.signal).then(
      result => {
        if (!run.signal.aborted) setState({ isChecking: false, checked: { command, result }, failed: undefined })
        return result
      },
      (error: unknown) => {
        if (run.signal.aborted) return undefined
        // it may be asked again
        last.current = undefined
        setState(known => ({ ...known, isChecking: false, failed: errorView(error) }))
        return undefined
      },
    )
    last.current = { command, run, answer }
    return answer
  }, [])
  return { ...state, check }
}
