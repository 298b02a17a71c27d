import type { ReactNode } from 'react'
import { visibleText } from '../../../trace/index.js'
import { secondsUntil } from '../format/time.js'
import { formatDuration } from '../format/duration.js'
import { useConnection, usePage } from '../model/page-store.js'
import { useNow } from '../model/use-now.js'
import { strings } from '../strings.js'
import styles from './registration-state.module.css'

const words = strings.shell.registration

/** Whether others can reach us: a dot, and the words that say the same. */
export function RegistrationState(): ReactNode {
  const { state, error, retryAt } = usePage(view => view.registration)
  const { state: connection } = useConnection()
  if (connection === 'offline' || connection === 'closed') {
    return (
      <div className={styles.state} data-state="unknown">
        <span className={styles.dot} aria-hidden />
        <span>{words.unknown}</span>
      </div>
    )
  }
  const why = state === 'failed' && error !== undefined ? visibleText(error.text) : undefined
  return (
    <div className={styles.state} data-state={state} title={error?.detail === undefined ? undefined : visibleText(error.detail)}>
      <span className={styles.dot} aria-hidden />
      <span>
        {words[state]}
        {why !== undefined && <span className={styles.next}>{why}</span>}
        {state === 'failed' && retryAt !== undefined && <NextTry at={retryAt} />}
      </span>
    </div>
  )
}

function NextTry({ at }: { readonly at: number }): ReactNode {
  const now = useNow(1000)
  return <span className={styles.next}>{words.retry(secondsUntil(at, now), formatDuration(secondsUntil(at, now)))}</span>
}
