import { Text, Title } from '@mantine/core'
import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import styles from './empty-state.module.css'

interface EmptyStateProps {
  readonly icon: LucideIcon
  readonly title: string
  readonly text?: string | undefined
  /** What can be done about it. */
  readonly children?: ReactNode
}

/** Where there is nothing yet: what would be here, and how it comes. */
export function EmptyState({ icon: Icon, title, text, children }: EmptyStateProps): ReactNode {
  return (
    <div className={styles.empty}>
      <div className={styles.icon}>
        <Icon size={28} strokeWidth={1.75} aria-hidden />
      </div>
      <Title order={2}>{title}</Title>
      {text !== undefined && (
        <Text c="dimmed" maw={420}>
          {text}
        </Text>
      )}
      {children !== undefined && <div className={styles.action}>{children}</div>}
    </div>
  )
}
