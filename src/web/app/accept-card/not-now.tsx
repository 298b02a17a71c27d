import { ArrowLeft, BellOff, Clock, type LucideIcon, ThumbsDown } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import type { OfferCommand } from '../../protocol/index.js'
import { deferOffer } from '../model/deferred-offers.js'
import { strings } from '../strings.js'
import styles from './accept-card.module.css'

const words = strings.accept

interface NotNowProps {
  readonly id: string
  readonly isBusy: boolean
  readonly onAnswer: (command: OfferCommand) => Promise<void>
  readonly onBack: () => void
}

/** Closing the card could mean three things; one of them is asked for. */
export function NotNow({ id, isBusy, onAnswer, onBack }: NotNowProps): ReactNode {
  const first = useRef<HTMLButtonElement>(null)
  useEffect(() => first.current?.focus(), [])
  const ways: readonly { readonly icon: LucideIcon; readonly title: string; readonly about: string; readonly go: () => void }[] = [
    { icon: ThumbsDown, title: words.decline, about: words.ask.declineAbout, go: () => void onAnswer({ answer: 'decline' }) },
    { icon: BellOff, title: words.ignore, about: words.ignoreAbout, go: () => void onAnswer({ answer: 'ignore' }) },
    { icon: Clock, title: words.later, about: words.laterAbout, go: () => deferOffer(id) },
    { icon: ArrowLeft, title: words.ask.back, about: '', go: onBack },
  ]
  return (
    <div className={styles.ask} role="group" aria-label={words.ask.title}>
      <h3 className={styles.askTitle}>{words.ask.title}</h3>
      {ways.map(({ icon: Icon, title, about, go }, index) => (
        <button key={title} ref={index === 0 ? first : undefined} type="button" className={styles.way} disabled={isBusy} onClick={go}>
          <Icon size={19} aria-hidden />
          <span>
            <strong>{title}</strong>
            {about !== '' && <span className={styles.wayAbout}>{about}</span>}
          </span>
        </button>
      ))}
    </div>
  )
}
