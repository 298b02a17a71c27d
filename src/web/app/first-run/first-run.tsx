import { Button, Text, Title } from '@mantine/core'
import { Play } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { ErrorView } from '../../protocol/index.js'
import { errorView, request } from '../model/server.js'
import { Brand } from '../shell/brand.js'
import { Failure } from '../shell/failure.js'
import { strings } from '../strings.js'
import { AccountForm } from './account-form.js'
import styles from './first-run.module.css'

const words = strings.firstRun

/** The beginning: the demo, or an own account. */
export function FirstRun(): ReactNode {
  return (
    <main className={styles.place} id="content" tabIndex={-1}>
      <div className={styles.columns}>
        <div className={styles.column}>
          <Brand />
          <div className={styles.welcome}>
            <Title order={1}>{words.title}</Title>
            <Text c="dimmed">{words.lead}</Text>
          </div>
          <DemoCard />
        </div>
        <div className={styles.column}>
          <h2 className={styles.or}>
            <span>{words.or}</span>
          </h2>
          <AccountForm />
        </div>
      </div>
    </main>
  )
}

function DemoCard(): ReactNode {
  const [isBeginning, setBeginning] = useState(false)
  const [failed, setFailed] = useState<ErrorView | undefined>()
  const begin = async (): Promise<void> => {
    setBeginning(true)
    setFailed(undefined)
    try {
      // a snapshot of the demo follows, and this place goes
      await request('POST', '/api/demo')
    } catch (error) {
      setFailed(errorView(error))
      setBeginning(false)
    }
  }
  return (
    <section className={`${styles.card} ${styles.demo}`} aria-labelledby="demo-title">
      <div className={styles.demoWords}>
        <h2 id="demo-title" className={styles.title}>
          {words.demo.title}
        </h2>
        <Text size="sm">{words.demo.text}</Text>
      </div>
      <Button size="md" leftSection={<Play size={16} aria-hidden />} loading={isBeginning} onClick={() => void begin()}>
        {words.demo.button}
      </Button>
      {failed !== undefined && <Failure error={failed} alert />}
    </section>
  )
}
