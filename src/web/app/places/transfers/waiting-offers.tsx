import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { nameOf } from '../../format/party.js'
import { deferredOffers, recallOffer } from '../../model/deferred-offers.js'
import { usePage } from '../../model/page-store.js'
import { useStore } from '../../model/store.js'
import { Avatar } from '../../shell/avatar.js'
import { NameText } from '../../shell/name-text.js'
import { strings } from '../../strings.js'
import styles from './waiting-offers.module.css'

const words = strings.accept

/** Offers whose answer was put off. */
export function WaitingOffers(): ReactNode {
  const offers = usePage(view => view.offers)
  const deferred = useStore(deferredOffers)
  const waiting = offers.filter(({ id }) => deferred.has(id))
  if (waiting.length === 0) return null
  return (
    <ul className={styles.offers}>
      {waiting.map(({ id, from, files }) => (
        <li key={id} className={styles.offer}>
          <Avatar of={from} />
          <span className={styles.words}>
            <NameText>{words.waiting(nameOf(from), files.length)}</NameText>
          </span>
          <Button onClick={() => recallOffer(id)}>{words.answer}</Button>
        </li>
      ))}
    </ul>
  )
}
