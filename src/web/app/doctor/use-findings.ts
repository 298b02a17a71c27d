import { useCallback, useEffect, useRef, useState } from 'react'
import type { ErrorView, FindingView } from '../../protocol/index.js'
import { errorView } from '../model/server.js'
import { readFindings } from './read-findings.js'

/** A check of everything, or towards somebody: what it found so far, and whether it goes on. */
export interface Examination {
  readonly findings: readonly FindingView[]
  readonly isRunning: boolean
  readonly failed: ErrorView | undefined
  /** Begins anew. */
  readonly start: (to?: string) => void
}

export function useFindings(): Examination {
  const [state, setState] = useState<Omit<Examination, 'start'>>({ findings: [], isRunning: true, failed: undefined })
  const running = useRef<AbortController | undefined>(undefined)
  const start = useCallback((to?: string): void => {
    running.current?.abort()
    const run = new AbortController()
    running.current = run
    setState({ findings: [], isRunning: true, failed: undefined })
    readFindings(
      to,
      finding => setState(known => (run.signal.aborted ? known : { ...known, findings: [...known.findings, finding] })),
      run.signal,
    ).then(
      () => !run.signal.aborted && setState(known => ({ ...known, isRunning: false })),
      (error: unknown) => !run.signal.aborted && setState(known => ({ ...known, isRunning: false, failed: errorView(error) })),
    )
  }, [])
  useEffect(() => {
    start()
    return () => running.current?.abort()
  }, [start])
  return { ...state, start }
}
