import { Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import styles from './history.module.css'

/** The shape of the list, while it comes. */
export function HistorySkeleton(): ReactNode {
  return (
    <div aria-hidden>
      <Skeleton height={14} width={90} radius="xl" mb={14} />
      {['46%', '58%', '39%', '50%'].map(width => (
        <div key={width} className={`${styles.card} ${styles.ghost}`}>
          <Skeleton height={12} width="28%" radius="xl" />
          <Skeleton height={10} width={width} radius="xl" mt={16} />
        </div>
      ))}
    </div>
  )
}
