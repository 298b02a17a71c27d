import { Title } from '@mantine/core'
import type { ReactNode } from 'react'
import styles from './place-frame.module.css'

interface PlaceFrameProps {
  readonly title: string
  /** Buttons beside the title. */
  readonly actions?: ReactNode
  /** The content has the whole width and height, and scrolls by itself; else it is a column that scrolls as a whole. */
  readonly fill?: boolean
  readonly children: ReactNode
}

/** What every place looks like: a heading, its buttons, and the content below. */
export function PlaceFrame({ title, actions, fill = false, children }: PlaceFrameProps): ReactNode {
  return (
    <div className={fill ? styles.fill : styles.scroll}>
      <div className={fill ? styles.whole : styles.column}>
        <header className={styles.head}>
          <Title order={1} className={styles.title ?? ''}>
            {title}
          </Title>
          <div className={styles.actions}>{actions}</div>
        </header>
        <div className={styles.content}>{children}</div>
      </div>
    </div>
  )
}
