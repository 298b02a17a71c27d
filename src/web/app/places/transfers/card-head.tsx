import { ArrowDown, ArrowUp, ShieldAlert, Users } from 'lucide-react'
import type { ReactNode } from 'react'
import { visibleText } from '../../../../trace/index.js'
import type { TransferView } from '../../../protocol/index.js'
import { formatDuration } from '../../format/duration.js'
import { nameOf, shortAddress } from '../../format/party.js'
import { formatRate } from '../../format/rate.js'
import { sizeWords } from '../../format/size.js'
import { clockTime } from '../../format/time.js'
import { Avatar } from '../../shell/avatar.js'
import { NameText } from '../../shell/name-text.js'
import { StatusPill } from '../../shell/status-pill.js'
import { strings } from '../../strings.js'
import styles from './card-head.module.css'
import { progressOf, recipientTally, transferStatus } from './card-status.js'

const words = strings.transfers.card

/** Whether a transfer goes to several people. */
export function isToSeveral({ recipients, group }: TransferView): boolean {
  return group !== undefined || (recipients !== undefined && recipients.length > 0)
}

/** Who is at the other end, in words. */
export function otherEnd(transfer: TransferView): string {
  const { group, recipients, peer } = transfer
  if (!isToSeveral(transfer)) return nameOf(peer)
  if (group?.name !== undefined) return group.name
  if (recipients !== undefined && recipients.length > 0)
    return recipients.length <= 3 ? recipients.map(nameOf).join(', ') : words.several(recipients.length)
  return group?.uri === undefined ? nameOf(peer) : shortAddress(group.uri)
}

/** With whom, how it stands, and what it is. */
export function CardHead({ transfer }: { readonly transfer: TransferView }): ReactNode {
  const { id, direction, peer, subject } = transfer
  const isSeveral = isToSeveral(transfer)
  return (
    <>
      <div className={styles.face}>
        {isSeveral && direction === 'sent' ? (
          <span className={styles.group} aria-hidden>
            <Users size={20} />
          </span>
        ) : (
          <Avatar of={peer} size={40} />
        )}
        <span className={styles.arrow} data-direction={direction} aria-hidden>
          {direction === 'sent' ? <ArrowUp size={12} strokeWidth={3} /> : <ArrowDown size={12} strokeWidth={3} />}
        </span>
      </div>
      <div className={styles.words}>
        <div className={styles.line}>
          <h3 className={styles.who} id={`transfer-${id}`}>
            <span className={styles.hidden}>{direction === 'sent' ? words.to : words.from} </span>
            <NameText clip>{direction === 'sent' ? otherEnd(transfer) : nameOf(peer)}</NameText>
          </h3>
          <StatusPill {...transferStatus(transfer)} />
          {peer.identity === 'unverified' && direction === 'received' && (
            <ShieldAlert size={16} className={styles.unverified ?? ''} aria-label={strings.accept.identity.unverified} />
          )}
        </div>
        {subject !== undefined && subject !== '' && (
          <div className={styles.subject}>
            <NameText clip>{subject}</NameText>
          </div>
        )}
      </div>
    </>
  )
}

/** How many files, how large, how far, how fast, and when. */
export function CardFacts({ transfer }: { readonly transfer: TransferView }): ReactNode {
  const { files, phase, started, ended, recipients } = transfer
  const { bytes, total, rate, eta } = progressOf(files)
  const done = files.filter(({ state }) => state === 'done').length
  const sizes = files.map(({ size }) => size)
  const size = sizes.includes(undefined) ? undefined : sizes.reduce<number>((sum, each) => sum + (each ?? 0), 0)
  const facts: string[] = []
  if (phase === 'running' && files.length > 1) {
    facts.push(words.tally(done, files.length), total === undefined ? sizeWords(bytes) : words.of(sizeWords(bytes), sizeWords(total)))
    if (rate !== undefined) facts.push(formatRate(rate))
    if (eta !== undefined) facts.push(words.left(formatDuration(eta)))
  } else {
    facts.push(strings.transfers.composer.files(files.length, sizeWords(size)))
  }
  facts.push(clockTime(ended ?? started))
  return (
    <div className={styles.facts}>
      <div>{facts.map(visibleText).join(' · ')}</div>
      {recipients !== undefined && recipients.length > 0 && <div>{recipientTally(recipients)}</div>}
    </div>
  )
}
