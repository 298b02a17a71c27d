import { Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import styles from './people.module.css'

/** The shape of the lists, while they come. */
export function PeopleSkeleton(): ReactNode {
  return (
    <div className={styles.card} aria-hidden>
      {['60%', '45%', '52%', '38%'].map(width => (
        <div key={width} className={styles.ghost}>
          <Skeleton circle width={40} height={40} />
          <div className={styles.ghostWords}>
            <Skeleton height={12} width={width} radius="xl" />
            <Skeleton height={10} width="30%" radius="xl" mt={8} />
          </div>
        </div>
      ))}
    </div>
  )
}
