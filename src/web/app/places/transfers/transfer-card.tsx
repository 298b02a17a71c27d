import { memo, type ReactNode, useState } from 'react'
import { visibleText } from '../../../../trace/index.js'
import type { TransferView } from '../../../protocol/index.js'
import { usePage } from '../../model/page-store.js'
import { Failure } from '../../shell/failure.js'
import { ProgressBar } from '../../shell/progress-bar.js'
import { strings } from '../../strings.js'
import { CardActions } from './card-actions.js'
import { CardFacts, CardHead } from './card-head.js'
import { hasProblem, isOver, progressOf } from './card-status.js'
import { FileRow } from './file-row.js'
import { RecipientBoard } from './recipient-board.js'
import styles from './transfer-card.module.css'

const words = strings.transfers.card
/** Files shown of a transfer of many. */
const FEW = 5

/** One transfer. It looks at its own part of the state, so that it alone renders again when something happens to it. */
export const TransferCard = memo(function TransferCard({ id }: { readonly id: string }): ReactNode {
  const transfer = usePage(view => view.transfers.get(id))
  if (transfer === undefined) return null
  const { phase, files, error, recipients, warnings } = transfer
  const isLive = phase === 'running' || phase === 'preparing'
  return (
    <article className={styles.card} data-phase={phase} aria-labelledby={`transfer-${id}`}>
      <div className={styles.top}>
        <CardHead transfer={transfer} />
        <CardActions transfer={transfer} />
        <CardFacts transfer={transfer} />
      </div>
      {isLive && files.length > 1 && <Overall transfer={transfer} />}
      {error !== undefined && error.code !== 'cancelled' && <Failure error={error} />}
      {warnings.length > 0 && (
        <ul className={styles.warnings} aria-label={words.warnings}>
          {warnings.map(({ code, text }) => (
            <li key={code}>{visibleText(text)}</li>
          ))}
        </ul>
      )}
      <Files transfer={transfer} />
      {recipients !== undefined && recipients.length > 0 && <RecipientBoard recipients={recipients} files={files} />}
    </article>
  )
})

function Overall({ transfer: { files } }: { readonly transfer: TransferView }): ReactNode {
  const { bytes, total } = progressOf(files)
  return <ProgressBar label={words.overall} value={bytes} max={total} />
}

function Files({ transfer }: { readonly transfer: TransferView }): ReactNode {
  const { files, id, direction, actions, error, recipients } = transfer
  const [isOpen, setOpen] = useState(false)
  const [onlyFailed, setOnlyFailed] = useState(false)
  const failed = files.filter(hasProblem)
  const isNumbered = recipients !== undefined && recipients.length > 0 && files.length > 1
  const wanted = onlyFailed && failed.length > 0 ? failed : files
  const shown = isOpen || wanted.length <= FEW + 1 ? wanted : fewOf(wanted)
  const hidden = wanted.length - shown.length
  return (
    <div>
      <ul className={styles.files} aria-label={strings.transfers.group.files}>
        {shown.map(file => (
          <FileRow
            key={file.index}
            transfer={id}
            direction={direction}
            file={file}
            actions={actions}
            number={isNumbered ? file.index + 1 : undefined}
            isOnly={files.length === 1}
            quiet={error !== undefined && error.code === file.error?.code}
          />
        ))}
      </ul>
      <div className={styles.more}>
        {(hidden > 0 || isOpen) && wanted.length > FEW + 1 && (
          <button type="button" className={styles.link} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? words.lessFiles : words.moreFiles(hidden)}
          </button>
        )}
        {failed.length > 0 && files.length > FEW && failed.length < files.length && (
          <button type="button" className={styles.link} aria-pressed={onlyFailed} onClick={() => setOnlyFailed(!onlyFailed)}>
            {onlyFailed ? words.allFiles : words.onlyFailed(failed.length)}
          </button>
        )}
      </div>
    </div>
  )
}

/** The few files that say most: those that move, then those that wait, in their own order. */
function fewOf(files: TransferView['files']): TransferView['files'] {
  const active = files.filter(file => !isOver(file) && (file.bytes > 0 || file.state === 'sending' || file.state === 'receiving'))
  const chosen = new Set([...active, ...files.filter(file => !isOver(file)), ...files].slice(0, FEW))
  return files.filter(file => chosen.has(file))
}
