import { Code, Text, Title } from '@mantine/core'
import { KeyRound } from 'lucide-react'
import type { ReactNode } from 'react'
import { strings } from '../strings.js'
import { Brand } from './brand.js'
import styles from './locked-out.module.css'

const words = strings.shell.unauthorized

/** The server does not know this page's key. */
export function LockedOut(): ReactNode {
  return (
    <main className={styles.out}>
      <div className={styles.card}>
        <Brand />
        <Title order={1} mt="lg">
          {words.title}
        </Title>
        <Text>{words.text}</Text>
        <Text className={styles.next ?? ''}>
          <KeyRound size={18} aria-hidden /> <span>{words.next}</span>
        </Text>
        <Code block>{words.command}</Code>
      </div>
    </main>
  )
}
