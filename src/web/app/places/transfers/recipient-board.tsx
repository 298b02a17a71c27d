import { SegmentedControl } from '@mantine/core'
import { memo, type ReactNode, useState } from 'react'
import { visibleText } from '../../../../trace/index.js'
import type { FileView, RecipientView } from '../../../protocol/index.js'
import { nameOf, shortAddress } from '../../format/party.js'
import { percentOf } from '../../format/size.js'
import { Avatar } from '../../shell/avatar.js'
import { NameText } from '../../shell/name-text.js'
import { ProgressBar } from '../../shell/progress-bar.js'
import { StatusPill } from '../../shell/status-pill.js'
import { strings } from '../../strings.js'
import { isRecipientOver, isRecipientProblem, recipientStatus } from './card-status.js'
import styles from './recipient-board.module.css'

const words = strings.transfers.group
/** Recipients shown of many. */
const FEW = 6

type Filter = 'all' | 'open' | 'problems'
const FILTERS: Readonly<Record<Filter, (recipient: RecipientView) => boolean>> = {
  all: () => true,
  open: recipient => !isRecipientOver(recipient),
  problems: isRecipientProblem,
}

interface RecipientBoardProps {
  readonly recipients: readonly RecipientView[]
  readonly files: readonly FileView[]
}

/** Who of several has what: one line each, and of several files one mark for each file. */
export function RecipientBoard({ recipients, files }: RecipientBoardProps): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const [filter, setFilter] = useState<Filter>('all')
  const fitting = recipients.filter(FILTERS[filter])
  const isMany = recipients.length > FEW + 1
  const shown = isOpen || !isMany ? fitting : problemsFirst(fitting).slice(0, FEW)
  const hasGrid = files.length > 1
  return (
    <section className={styles.board} aria-label={words.title}>
      {isMany && <Filters recipients={recipients} filter={filter} onChange={setFilter} />}
      <div
        className={styles.scroll}
        tabIndex={hasGrid ? 0 : undefined}
        role={hasGrid ? 'region' : undefined}
        aria-label={hasGrid ? words.grid : undefined}
      >
        <table className={styles.table}>
          <caption className={styles.hidden}>{hasGrid ? words.grid : words.title}</caption>
          <thead className={hasGrid ? '' : styles.hidden}>
            <tr>
              <th scope="col">{words.recipient}</th>
              <th scope="col">{words.state}</th>
              {hasGrid &&
                files.map(({ index, name }) => (
                  <th key={index} scope="col" className={styles.number} title={visibleText(name)}>
                    {index + 1}
                  </th>
                ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(recipient => (
              <RecipientLine key={recipient.uri} recipient={recipient} files={hasGrid ? files : NONE} />
            ))}
          </tbody>
        </table>
        {fitting.length === 0 && <p className={styles.none}>{words.none}</p>}
      </div>
      {isMany && fitting.length > FEW && (
        <button type="button" className={styles.link} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? words.hide : words.show(fitting.length)}
        </button>
      )}
    </section>
  )
}

const NONE: readonly FileView[] = []

interface FiltersProps {
  readonly recipients: readonly RecipientView[]
  readonly filter: Filter
  readonly onChange: (filter: Filter) => void
}

function Filters({ recipients, filter, onChange }: FiltersProps): ReactNode {
  const count = (which: Filter): number => recipients.filter(FILTERS[which]).length
  const data = [
    { value: 'all', label: words.all(recipients.length) },
    { value: 'open', label: words.open(count('open')) },
    { value: 'problems', label: words.problems(count('problems')) },
  ]
  return (
    <SegmentedControl
      size="xs"
      aria-label={words.filter}
      data={data}
      value={filter}
      onChange={value => onChange(value as Filter)}
      className={styles.filters ?? ''}
    />
  )
}

/** Those with problems first, then those still under way. */
function problemsFirst(recipients: readonly RecipientView[]): readonly RecipientView[] {
  const rank = (recipient: RecipientView): number => (isRecipientProblem(recipient) ? 0 : isRecipientOver(recipient) ? 2 : 1)
  return [...recipients].sort((one, other) => rank(one) - rank(other))
}

interface RecipientLineProps {
  readonly recipient: RecipientView
  readonly files: readonly FileView[]
}

const RecipientLine = memo(function RecipientLine({ recipient, files }: RecipientLineProps): ReactNode {
  const { uri, copyControl, bytes, total, state, error } = recipient
  const name = nameOf(recipient)
  const places = new Map(recipient.files.map(file => [file.index, file]))
  const percent = percentOf(bytes, total)
  return (
    <tr>
      <th scope="row">
        <div className={styles.who}>
          <Avatar of={recipient} size={26} />
          <span className={styles.name} title={visibleText(shortAddress(uri))}>
            <NameText clip>{name}</NameText>
          </span>
          {copyControl !== 'to' && <span className={styles.copy}>{strings.transfers.composer.copyShort[copyControl]}</span>}
        </div>
      </th>
      <td>
        <div className={styles.state}>
          <StatusPill {...recipientStatus(state)} plain />
          {state === 'sending' && (
            <>
              <span className={styles.bar}>
                <ProgressBar label={strings.transfers.card.progress(visibleText(name))} value={bytes} max={total} />
              </span>
              {percent !== undefined && <span className={styles.percent}>{percent} %</span>}
            </>
          )}
          {error !== undefined && (
            <span className={styles.why} title={[error.detail, error.hint].filter(Boolean).join(' ')}>
              {visibleText(error.text)}
              {error.status === undefined ? '' : ` (${error.status})`}
            </span>
          )}
        </div>
      </td>
      {files.map(({ index, name: file, size }) => {
        const place = places.get(index)
        return <Cell key={index} file={file} state={place?.state ?? 'unknown'} bytes={place?.bytes ?? 0} size={size} />
      })}
    </tr>
  )
})

/** What stands in a cell: the sign alone tells it, without its colour. */
const MARKS: Readonly<Record<string, string>> = {
  delivered: '✓',
  displayed: '✓',
  stored: '↧',
  declined: '–',
  unreachable: '×',
  failed: '×',
  left: '×',
  unknown: '?',
}

interface CellProps {
  readonly file: string
  readonly state: string
  readonly bytes: number
  readonly size: number | undefined
}

const Cell = memo(function Cell({ file, state, bytes, size }: CellProps): ReactNode {
  const { text, tone } = recipientStatus(state)
  const percent = state === 'sending' ? percentOf(bytes, size) : undefined
  const full = words.cell(visibleText(file), percent === undefined ? text : `${text} ${percent} %`)
  return (
    <td className={styles.cell} title={full}>
      <span className={styles.mark} data-tone={tone} data-state={state}>
        <span aria-hidden>{MARKS[state] ?? ''}</span>
        {percent !== undefined && <span className={styles.fill} style={{ height: `${percent}%` }} aria-hidden />}
        <span className={styles.hidden}>{text}</span>
      </span>
    </td>
  )
})
