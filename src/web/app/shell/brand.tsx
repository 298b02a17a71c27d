import type { ReactNode } from 'react'
import { strings } from '../strings.js'
import styles from './shell.module.css'

/** Two arrows that pass each other: files that go and files that come. */
export function Brand(): ReactNode {
  return (
    <div className={styles.brand}>
      <svg width="28" height="28" viewBox="0 0 28 28" aria-hidden>
        <rect width="28" height="28" rx="8" fill="var(--accent)" />
        <path
          d="M10 20V9m0 0-3.2 3.2M10 9l3.2 3.2M18 8v11m0 0 3.2-3.2M18 19l-3.2-3.2"
          fill="none"
          stroke="var(--surface)"
          strokeWidth="2.2"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      {strings.shell.brand}
    </div>
  )
}
