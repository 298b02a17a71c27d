import type { ReactNode } from 'react'
import { secondsUntil } from '../format/time.js'
import { formatDuration } from '../format/duration.js'
import { usePage } from '../model/page-store.js'
import { useNow } from '../model/use-now.js'
import { strings } from '../strings.js'
import styles from './registration-state.module.css'

/** Whether others can reach us: a dot, and the words that say the same. */
export function RegistrationState(): ReactNode {
  const { state, error, retryAt } = usePage(view => view.registration)
  return (
    <div className={styles.state} data-state={state} title={error?.detail ?? error?.text}>
      <span className={styles.dot} aria-hidden />
      <span>
        {strings.shell.registration[state]}
        {state === 'failed' && retryAt !== undefined && <NextTry at={retryAt} />}
      </span>
    </div>
  )
}

function NextTry({ at }: { readonly at: number }): ReactNode {
  const now = useNow(1000)
  return <span className={styles.next}>{strings.shell.registration.retry(formatDuration(secondsUntil(at, now)))}</span>
}
