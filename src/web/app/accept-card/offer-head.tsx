import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import type { OfferView } from '../../protocol/index.js'
import { formatDuration } from '../format/duration.js'
import { nameOf, shortAddress, userOf } from '../format/party.js'
import { shorten } from '../format/shorten.js'
import { secondsUntil } from '../format/time.js'
import { useNow } from '../model/use-now.js'
import { Avatar } from '../shell/avatar.js'
import { NameText } from '../shell/name-text.js'
import { strings } from '../strings.js'
import styles from './accept-card.module.css'
import { IdentityMark } from './identity-mark.js'

const words = strings.accept
/** Characters of an address that are shown: its domain is at the end. */
const LONGEST_ADDRESS = 100
/** Names of others in a group that are written out. */
const NAMED = 4

/** Who offers, how sure that is, and what they say. */
export function OfferHead({ offer, count }: { readonly offer: OfferView; readonly count: number }): ReactNode {
  const { from, files, subject, group, expires } = offer
  return (
    <header className={styles.head}>
      <div className={styles.top}>
        {count > 1 && <span className={styles.queue}>{words.queue(1, count)}</span>}
        <Countdown until={expires} />
      </div>
      <div className={styles.person}>
        <Avatar of={from} size={52} />
        <div className={styles.names}>
          <Modal.Title className={styles.title ?? ''}>
            <NameText>{nameOf(from)}</NameText> <span className={styles.does}>{words.title(files.length)}</span>
          </Modal.Title>
          {from.identity !== 'anonymous' && (
            <div className={styles.address}>
              <NameText>{shorten(shortAddress(from.uri), LONGEST_ADDRESS)}</NameText>
            </div>
          )}
        </div>
      </div>
      <IdentityMark party={from} />
      {subject !== undefined && subject !== '' && (
        <p className={styles.subject}>
          <NameText>{subject}</NameText>
        </p>
      )}
      {group !== undefined && (
        <div className={styles.address}>
          <NameText>{groupWords(group)}</NameText>
        </div>
      )}
    </header>
  )
}

/** `To the group Sprint team` or `Also to bob, carol and 3 more` */
export function groupWords({ name, uri, recipients }: NonNullable<OfferView['group']>): string {
  if (name !== undefined && name !== '') return words.groupNamed(shorten(name, 80))
  if (recipients.length === 0) return words.groupNamed(uri === undefined ? '' : shortAddress(uri)).trim()
  const names = recipients.slice(0, NAMED).map(recipient => shorten(recipient.includes('@') ? userOf(recipient) : recipient, 40))
  if (recipients.length > NAMED) names.push(words.groupMore(recipients.length - NAMED))
  return words.group(names.join(', '))
}

/** Seen, but not spoken: it would talk without end. */
function Countdown({ until }: { readonly until: number }): ReactNode {
  const now = useNow(1000)
  return (
    <span className={styles.countdown} role="timer" aria-live="off">
      {words.expires(formatDuration(secondsUntil(until, now)))}
    </span>
  )
}
