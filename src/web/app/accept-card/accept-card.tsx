import { Button, Checkbox } from '@mantine/core'
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { visibleText } from '../../../trace/index.js'
import type { ErrorView, OfferCommand, OfferView } from '../../protocol/index.js'
import { nameOf } from '../format/party.js'
import { shorten } from '../format/shorten.js'
import { errorView, request } from '../model/server.js'
import { askForNotes } from '../shell/ask-for-notes.js'
import { Failure } from '../shell/failure.js'
import { strings } from '../strings.js'
import styles from './accept-card.module.css'
import { canBeTrusted, firstChoice } from './choice.js'
import { NotNow } from './not-now.js'
import { OfferHead } from './offer-head.js'
import { OfferTotal } from './offer-total.js'
import { OfferedFiles } from './offered-files.js'

const words = strings.accept
/** Milliseconds after it comes up in which a key does not accept: it was meant for something else. */
const SETTLING = 600

interface AcceptCardProps {
  readonly offer: OfferView
  /** Offers that wait, this one included. */
  readonly count: number
  readonly isAsking: boolean
  readonly onAsk: (isAsking: boolean) => void
}

/** Somebody offers files: who, how sure that is, which, how large, where to; and what one wants. */
export function AcceptCard({ offer, count, isAsking, onAsk }: AcceptCardProps): ReactNode {
  const { id, files, from } = offer
  const { chosen, setChosen, always, setAlways, answer, isBusy, error } = useAnswer(offer)
  const start = useRef(0)
  const card = useRef<HTMLDivElement>(null)
  useEffect(() => {
    start.current = performance.now()
    card.current?.focus({ preventScroll: true })
  }, [])
  const accept = (): void => {
    if (chosen.size > 0 && performance.now() - start.current > SETTLING)
      void answer({ answer: 'accept', files: [...chosen], ...(always && { always }) })
  }
  const keys = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || isAsking || (event.target as HTMLElement).closest('button, a') !== null) return
    event.preventDefault()
    accept()
  }
  return (
    <div className={styles.card} ref={card} tabIndex={-1} data-autofocus onKeyDown={keys}>
      <div className={styles.scroll}>
        <OfferHead offer={offer} count={count} />
        {isAsking ? (
          <NotNow id={id} isBusy={isBusy} onAnswer={answer} onBack={() => onAsk(false)} />
        ) : (
          <OfferedFiles files={files} chosen={chosen} onChoose={setChosen} />
        )}
      </div>
      {!isAsking && (
        <footer className={styles.foot}>
          <OfferTotal files={files} chosen={chosen} />
          {canBeTrusted(from) && (
            <Checkbox
              className={styles.always ?? ''}
              label={words.always(visibleText(shorten(nameOf(from), 40)))}
              description={from.identity === 'unverified' ? words.alwaysUnverified : undefined}
              checked={always}
              onChange={event => setAlways(event.currentTarget.checked)}
            />
          )}
          {error !== undefined && (
            <div className={styles.error}>
              <Failure error={error} alert />
            </div>
          )}
          <div className={styles.buttons}>
            <Button
              variant="subtle"
              color="gray"
              disabled={isBusy}
              onClick={() => void answer({ answer: 'ignore' })}
              title={words.ignoreAbout}
            >
              {words.ignore}
            </Button>
            <Button variant="default" disabled={isBusy} onClick={() => void answer({ answer: 'decline' })}>
              {words.decline}
            </Button>
            <Button className={styles.accept ?? ''} disabled={chosen.size === 0} loading={isBusy} onClick={accept}>
              {words.accept(chosen.size, files.length)}
            </Button>
          </div>
        </footer>
      )}
    </div>
  )
}

function useAnswer(offer: OfferView) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => firstChoice(offer))
  const [always, setAlways] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<ErrorView>()
  const answer = async (command: OfferCommand): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      await request('POST', `/api/offers/${encodeURIComponent(offer.id)}`, command)
      if (command.answer === 'accept') askForNotes()
    } catch (failure) {
      setError(errorView(failure))
    } finally {
      setBusy(false)
    }
  }
  return { chosen, setChosen, always, setAlways, answer, isBusy, error }
}
