import { Button, Checkbox, TextInput } from '@mantine/core'
import { useQueries } from '@tanstack/react-query'
import { Send, TriangleAlert } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { formatSize, visibleText } from '../../../../trace/index.js'
import type { CapabilitiesView } from '../../../protocol/index.js'
import { draft, EMPTY_DRAFT, type Recipient } from '../../model/draft.js'
import { sendFiles } from '../../model/outbox.js'
import { usePage } from '../../model/page-store.js'
import { capabilitiesQuery } from '../../model/queries.js'
import { useStore } from '../../model/store.js'
import { strings } from '../../strings.js'
import styles from './composer.module.css'
import { DraftFiles } from './draft-files.js'
import { RecipientsInput } from './recipients-input.js'
import { type Note, reviewOf } from './review.js'

const words = strings.transfers.composer
/** Recipients that are asked what they can take; of a larger group nobody is. */
const ASKED = 10

/** What is about to be sent, to whom, and what will become of it as far as one can know: the review before sending. */
export function Composer({ onPick }: { readonly onPick: () => void }): ReactNode {
  const now = useStore(draft)
  const limits = usePage(view => view.limits)
  const review = reviewOf(now, limits, useCapabilitiesOf(now.recipients))
  const frame = useRef<HTMLElement>(null)
  useEffect(() => frame.current?.querySelector('input')?.focus({ preventScroll: true }), [])
  const send = (): void => {
    if (!review.canSend) return
    sendFiles(review.files, now.recipients, now.subject, now.oneByOne)
    draft.set(EMPTY_DRAFT)
  }
  return (
    <section className={styles.composer} aria-label={words.title} ref={frame}>
      <RecipientsInput />
      <DraftFiles files={now.files} review={review} onPick={onPick} />
      <TextInput
        label={words.subject}
        placeholder={words.subjectPlaceholder}
        maxLength={500}
        value={now.subject}
        onChange={event => draft.set({ ...now, subject: event.currentTarget.value })}
        onKeyDown={event => {
          if (event.key === 'Enter' && !event.nativeEvent.isComposing) send()
        }}
      />
      {now.recipients.length > 1 && !now.recipients.some(({ group }) => group !== undefined) && (
        <Checkbox
          label={words.oneByOne}
          checked={now.oneByOne}
          onChange={event => draft.set({ ...now, oneByOne: event.currentTarget.checked })}
        />
      )}
      <Notes notes={review.notes} />
      <div className={styles.foot}>
        <Button variant="subtle" color="gray" onClick={() => draft.set(EMPTY_DRAFT)}>
          {words.discard}
        </Button>
        <Button leftSection={<Send size={16} aria-hidden />} disabled={!review.canSend} onClick={send}>
          {review.files.length === 0 ? words.sendNone : words.send(review.files.length, formatSize(review.total))}
        </Button>
      </div>
    </section>
  )
}

function Notes({ notes }: { readonly notes: readonly Note[] }): ReactNode {
  if (notes.length === 0) return null
  return (
    <ul className={styles.notes}>
      {notes.map(({ tone, text }) => (
        <li key={text} data-tone={tone}>
          <TriangleAlert size={15} aria-hidden />
          <span>{visibleText(text)}</span>
        </li>
      ))}
    </ul>
  )
}

/** What the recipients told of themselves so far. */
function useCapabilitiesOf(recipients: readonly Recipient[]): readonly CapabilitiesView[] {
  const people = recipients.filter(({ group }) => group === undefined)
  const asked = people.length <= ASKED ? people : []
  const answers = useQueries({ queries: asked.map(({ uri }) => capabilitiesQuery(uri)) })
  return answers.flatMap(({ data }) => (data === undefined ? [] : [data]))
}
