import { Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { visibleText } from '../../../../trace/index.js'
import { nameOf } from '../../format/party.js'
import { percentOf, sizeWords } from '../../format/size.js'
import { dropJob, type OutgoingJob, retryJob } from '../../model/outbox.js'
import { Failure } from '../../shell/failure.js'
import { FileName } from '../../shell/file-name.js'
import { NameText } from '../../shell/name-text.js'
import { ProgressBar } from '../../shell/progress-bar.js'
import { StatusPill } from '../../shell/status-pill.js'
import { strings } from '../../strings.js'
import styles from './outbox-card.module.css'
import card from './transfer-card.module.css'

const words = strings.transfers.outbox
const FEW = 4
/** Refusals after which files may still be sent to each one alone. */
const GROUP_REFUSALS: ReadonlySet<string> = new Set(['no-group-service', 'group-not-supported', 'group-too-large'])

/** Files on their way from the browser into the program: a phase of its own, before anybody else is asked. */
export function OutboxCard({ job }: { readonly job: OutgoingJob }): ReactNode {
  const { id, files, phase, error, recipients } = job
  const [isOpen, setOpen] = useState(false)
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const total = files.reduce((sum, { file }) => sum + file.size, 0)
  const who = recipients.map(({ uri, name }) => nameOf({ uri, displayName: name })).join(', ')
  const shown = isOpen ? files : files.filter(({ upload }) => upload === undefined).slice(0, FEW)
  return (
    <article className={card.card} aria-label={words.title(visibleText(who))}>
      <div className={styles.head}>
        <h3 className={styles.who}>
          <NameText clip>{words.title(who)}</NameText>
        </h3>
        <StatusPill text={phase === 'calling' ? words.calling : words.copying} tone="info" />
        <Button variant="default" size="xs" fz="sm" ml="auto" onClick={() => dropJob(id)}>
          {phase === 'failed' ? words.discard : words.cancel}
        </Button>
      </div>
      {error !== undefined && (
        <Failure error={error} alert>
          {GROUP_REFUSALS.has(error.code) && recipients.length > 1 ? (
            <Button size="compact-sm" onClick={() => retryJob(id, { oneByOne: true })}>
              {words.oneByOne}
            </Button>
          ) : (
            <Button size="compact-sm" onClick={() => retryJob(id)}>
              {words.again}
            </Button>
          )}
        </Failure>
      )}
      <ProgressBar label={words.copying} value={bytes} max={phase === 'calling' ? undefined : total} tone="quiet" />
      <div className={styles.facts}>
        <span>{strings.transfers.card.of(sizeWords(bytes), sizeWords(total))}</span>
        <span>{words.about}</span>
      </div>
      <ul className={styles.files}>
        {shown.map(({ file, bytes: copied, upload }, index) => (
          <li key={`${index} ${file.name}`} className={styles.file}>
            <span className={styles.name}>
              <FileName>{file.name}</FileName>
            </span>
            <span>{upload !== undefined ? words.copied : copied === 0 ? words.waiting : `${percentOf(copied, file.size)} %`}</span>
          </li>
        ))}
      </ul>
      {files.length > FEW && (
        <button type="button" className={card.link} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? strings.transfers.card.lessFiles : strings.transfers.card.moreFiles(files.length - shown.length)}
        </button>
      )}
    </article>
  )
}
