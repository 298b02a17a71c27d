import { Modal } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { type ReactNode, useEffect, useState } from 'react'
import { visibleText } from '../../../trace/index.js'
import { nameOf } from '../format/party.js'
import { announce } from '../model/announcer.js'
import { deferredOffers } from '../model/deferred-offers.js'
import { pageStore, usePage } from '../model/page-store.js'
import { useStore } from '../model/store.js'
import { strings } from '../strings.js'
import styles from './accept-card.module.css'
import { AcceptCard } from './accept-card.js'

const words = strings.accept

/** The dialog for offers that wait: the oldest first, one at a time. It stays up while there are any. */
export function AcceptCards(): ReactNode {
  const offers = usePage(view => view.offers)
  const deferred = useStore(deferredOffers)
  const [isAsking, setAsking] = useState(false)
  const isNarrow = useMediaQuery('(max-width: 520px)') ?? false
  const waiting = offers.filter(({ id }) => !deferred.has(id))
  const [offer] = waiting
  const id = offer?.id
  useEffect(tellThatGone, [])
  // Another offer is asked about from the start
  useEffect(() => setAsking(false), [id])
  return (
    <Modal
      opened={offer !== undefined}
      onClose={() => setAsking(!isAsking)}
      withCloseButton={false}
      fullScreen={isNarrow}
      size={560}
      radius="lg"
      padding={0}
      centered
      returnFocus
      zIndex={300}
      classNames={{ content: styles.content ?? '', body: styles.body ?? '' }}
      overlayProps={{ backgroundOpacity: 0.5, blur: 2 }}
    >
      {offer !== undefined && <AcceptCard key={offer.id} offer={offer} count={waiting.length} isAsking={isAsking} onAsk={setAsking} />}
    </Modal>
  )
}

/** Says why a card closed that nobody answered here. */
function tellThatGone(): () => void {
  return pageStore.onChanges((changes, before) => {
    for (const change of changes) {
      if (change.type !== 'offer-gone' || change.why === 'answered') continue
      const offer = before.offers.find(({ id }) => id === change.id)
      if (offer === undefined) continue
      const line = words.gone[change.why](visibleText(nameOf(offer.from)))
      notifications.show({ message: line, autoClose: 8_000 })
      announce(line)
    }
  })
}
