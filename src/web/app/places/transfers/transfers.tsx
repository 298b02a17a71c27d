import { Button } from '@mantine/core'
import { FilePlus2, FolderInput } from 'lucide-react'
import { type ReactNode, useEffect, useMemo, useRef } from 'react'
import { addFiles, draft } from '../../model/draft.js'
import { outbox } from '../../model/outbox.js'
import { usePage } from '../../model/page-store.js'
import type { PageView } from '../../model/page-view.js'
import { navigate, useQueryWord } from '../../model/route.js'
import { useStore } from '../../model/store.js'
import { EmptyState } from '../../shell/empty-state.js'
import { PlaceFrame } from '../../shell/place-frame.js'
import { strings } from '../../strings.js'
import { Composer } from './composer.js'
import { OutboxCard } from './outbox-card.js'
import { TourPanel } from './tour-panel.js'
import { act } from './transfer-commands.js'
import { TransferCard } from './transfer-card.js'
import styles from './transfers.module.css'
import { WaitingOffers } from './waiting-offers.js'

const words = strings.transfers

/** The place where files come and go. */
export function Transfers(): ReactNode {
  const isComposing = useStore(draft, ({ isOpen }) => isOpen)
  const jobs = useStore(outbox)
  const running = useIds(isRunning)
  const ended = useIds(isEnded)
  const { field, pick } = usePicker()
  useWantedRecipient()
  const isEmpty = !isComposing && jobs.length === 0 && running.length === 0 && ended.length === 0
  return (
    <PlaceFrame
      title={words.title}
      actions={
        !isComposing && (
          <Button leftSection={<FilePlus2 size={17} aria-hidden />} onClick={pick}>
            {words.new}
          </Button>
        )
      }
    >
      {field}
      <div className={styles.column}>
        <TourPanel />
        <WaitingOffers />
        {isComposing && <Composer onPick={pick} />}
        {isEmpty && <Nothing onPick={pick} />}
        {(jobs.length > 0 || running.length > 0) && (
          <section className={styles.section}>
            <SectionHead title={words.sections.running} />
            {jobs.map(job => (
              <OutboxCard key={job.id} job={job} />
            ))}
            {running.map(id => (
              <TransferCard key={id} id={id} />
            ))}
          </section>
        )}
        {ended.length > 0 && (
          <section className={styles.section}>
            <SectionHead title={words.sections.ended}>
              <Button variant="subtle" color="gray" size="compact-sm" onClick={() => void Promise.all(ended.map(id => act(id, 'dismiss')))}>
                {words.clear}
              </Button>
            </SectionHead>
            {ended.map(id => (
              <TransferCard key={id} id={id} />
            ))}
          </section>
        )}
      </div>
    </PlaceFrame>
  )
}

function SectionHead({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactNode {
  return (
    <div className={styles.head}>
      <h2 className={styles.title}>{title}</h2>
      {children}
    </div>
  )
}

function Nothing({ onPick }: { readonly onPick: () => void }): ReactNode {
  return (
    <div className={styles.nothing}>
      <EmptyState icon={FolderInput} title={words.empty.title} text={words.empty.text}>
        <Button size="md" onClick={onPick}>
          {words.empty.button}
        </Button>
      </EmptyState>
    </div>
  )
}

const isRunning = ({ phase }: { readonly phase: string }): boolean => phase !== 'ended'
const isEnded = ({ phase }: { readonly phase: string }): boolean => phase === 'ended'

/** Ids of the transfers that fit, newest first; the same array until they are others, whatever moves inside of them. */
function useIds(fits: (transfer: { readonly phase: string }) => boolean): readonly string[] {
  const joined = usePage(({ transferIds, transfers }: PageView) =>
    transferIds
      .filter(id => {
        const transfer = transfers.get(id)
        return transfer !== undefined && fits(transfer)
      })
      .join(' '),
  )
  return useMemo(() => (joined === '' ? [] : joined.split(' ')), [joined])
}

/** A field for files that nobody sees, and a way to open it. */
function usePicker(): { readonly field: ReactNode; readonly pick: () => void } {
  const input = useRef<HTMLInputElement>(null)
  const field = (
    <input
      ref={input}
      type="file"
      multiple
      hidden
      aria-label={words.empty.button}
      data-testid="file-field"
      onChange={event => {
        addFiles([...(event.currentTarget.files ?? [])])
        event.currentTarget.value = ''
      }}
    />
  )
  return { field, pick: () => input.current?.click() }
}

/** `/?to=sip:bob@example.com`: another place wants files to go there. */
function useWantedRecipient(): void {
  const uri = useQueryWord('to')
  const name = useQueryWord('name')
  useEffect(() => {
    if (uri === undefined) return
    const recipient = { uri, name, copyControl: 'to' as const }
    draft.update(now => ({ ...now, isOpen: true, recipients: [...now.recipients.filter(other => other.uri !== uri), recipient] }))
    navigate('/')
  }, [uri, name])
}
