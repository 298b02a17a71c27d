import type { ReactNode } from 'react'
import styles from './progress-bar.module.css'

interface ProgressBarProps {
  readonly label: string
  readonly value: number
  /** Undefined: how much there is to do is not known. */
  readonly max: number | undefined
  readonly tone?: 'info' | 'quiet' | 'warn'
}

/** How far something is. */
export function ProgressBar({ label, value, max, tone = 'info' }: ProgressBarProps): ReactNode {
  if (max === undefined) return <progress className={styles.bar} aria-label={label} data-tone={tone} />
  return (
    <progress
      className={styles.bar}
      aria-label={label}
      value={max === 0 ? 1 : Math.min(value, max)}
      max={max === 0 ? 1 : max}
      data-tone={tone}
    />
  )
}
