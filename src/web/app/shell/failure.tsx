import { CircleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { visibleText } from '../../../trace/index.js'
import type { ErrorView } from '../../protocol/index.js'
import styles from './failure.module.css'

interface FailureProps {
  readonly error: ErrorView
  /** Buttons of what can be done about it. */
  readonly children?: ReactNode
  /** Spoken at once, where the user has just asked for what failed. */
  readonly alert?: boolean
}

/** A failure in three parts: what, why, next. */
export function Failure({ error, children, alert = false }: FailureProps): ReactNode {
  const { detail, hint, status } = error
  const why = [detail === undefined || detail === '' ? undefined : visibleText(detail), status]
    .filter(part => part !== undefined)
    .join(' · ')
  return (
    <div className={styles.failure} role={alert ? 'alert' : undefined}>
      <CircleAlert size={18} className={styles.icon ?? ''} aria-hidden />
      <div className={styles.words}>
        <div className={styles.what}>{visibleText(error.text)}</div>
        {why !== '' && <div className={styles.why}>{why}</div>}
        {hint !== undefined && hint !== '' && <div className={styles.next}>{visibleText(hint)}</div>}
      </div>
      {children !== undefined && <div className={styles.buttons}>{children}</div>}
    </div>
  )
}
