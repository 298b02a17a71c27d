import { Button } from '@mantine/core'
import { CloudOff } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { secondsUntil } from '../format/time.js'
import { announce } from '../model/announcer.js'
import { pageStore, useConnection } from '../model/page-store.js'
import { useNow } from '../model/use-now.js'
import { strings } from '../strings.js'
import styles from './offline-banner.module.css'

const words = strings.shell.offline

/** Says that the server is away, and when it is looked for again. */
export function OfflineBanner(): ReactNode {
  const connection = useConnection()
  const isAway = connection.state === 'offline' || connection.state === 'closed'
  const wasAway = useRef(false)
  const title = connection.state === 'closed' ? words.closed : words.title
  useEffect(() => {
    if (isAway && !wasAway.current) announce(title)
    if (wasAway.current && connection.state === 'live') announce(words.back)
    if (isAway) wasAway.current = true
    else if (connection.state === 'live') wasAway.current = false
  }, [isAway, connection.state, title])
  if (!isAway) return null
  return (
    <div className={styles.banner}>
      <CloudOff size={18} aria-hidden />
      <div className={styles.words}>
        <strong>{title}</strong> <Countdown until={connection.retryAt} /> <span className={styles.safe}>{words.safe}</span>
      </div>
      <Button size="compact-sm" variant="default" onClick={() => pageStore.retry()}>
        {words.button}
      </Button>
    </div>
  )
}

function Countdown({ until }: { readonly until: number }): ReactNode {
  const now = useNow(250)
  return <span>{words.retry(secondsUntil(until, now))}</span>
}
