import { ActionIcon, CopyButton, Tooltip } from '@mantine/core'
import { Check, Copy } from 'lucide-react'
import type { ReactNode } from 'react'
import { shortAddress } from '../format/party.js'
import { usePage } from '../model/page-store.js'
import { strings } from '../strings.js'
import { NameText } from './name-text.js'
import styles from './own-account.module.css'
import { RegistrationState } from './registration-state.js'

const words = strings.shell.registration

/** Who we are to others, and whether they can reach us. */
export function OwnAccount(): ReactNode {
  const account = usePage(view => view.account)
  if (account === undefined) return null
  const { aor, displayName } = account
  return (
    <div className={styles.account}>
      <div className={styles.who}>
        <div className={styles.names}>
          {displayName !== undefined && (
            <div className={styles.name}>
              <NameText clip>{displayName}</NameText>
            </div>
          )}
          <div className={displayName === undefined ? styles.name : styles.address}>
            <NameText clip>{shortAddress(aor)}</NameText>
          </div>
        </div>
        <CopyButton value={aor}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? words.copied : words.copy}>
              <ActionIcon variant="subtle" color="gray" onClick={copy} aria-label={copied ? words.copied : words.copy}>
                {copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </div>
      <RegistrationState />
    </div>
  )
}
