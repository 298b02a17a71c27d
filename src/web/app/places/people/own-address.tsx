import { Button, CopyButton } from '@mantine/core'
import { Check, Copy } from 'lucide-react'
import type { ReactNode } from 'react'
import { shortAddress } from '../../format/party.js'
import { usePage } from '../../model/page-store.js'
import { NameText } from '../../shell/name-text.js'
import { strings } from '../../strings.js'
import styles from './people.module.css'
import { QrCode } from './qr-code.js'

const words = strings.people.own

/** The own address, for others to scan or to copy. */
export function OwnAddress(): ReactNode {
  const account = usePage(view => view.account)
  if (account === undefined) return null
  return (
    <aside className={`${styles.card} ${styles.own}`} aria-labelledby="own-title">
      <h2 id="own-title" className={styles.ownTitle}>
        {words.title}
      </h2>
      <div className={styles.code}>
        <QrCode text={account.aor} label={words.qr(shortAddress(account.aor))} />
      </div>
      <div className={styles.ownName}>
        <NameText>{shortAddress(account.aor)}</NameText>
      </div>
      <p className={styles.ownText}>{words.text}</p>
      <CopyButton value={account.aor}>
        {({ copied, copy }) => (
          <Button
            variant="default"
            fullWidth
            leftSection={copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
            onClick={copy}
          >
            {copied ? words.copied : words.copy}
          </Button>
        )}
      </CopyButton>
    </aside>
  )
}
