import { CloseButton, Switch } from '@mantine/core'
import { type ReactNode, useMemo, useState } from 'react'
import { type DiffRow, type DiffSide, diffMessages, type LadderMessage, messageLabel } from '../../../../trace/index.js'
import { strings } from '../../strings.js'
import { gutterTime } from './gutter-time.js'
import styles from './message.module.css'
import { readableText } from './message-text.js'

const words = strings.wire.diff

interface DiffPanelProps {
  readonly left: LadderMessage
  readonly right: LadderMessage
  readonly onClose: () => void
}

const SIGNS: Readonly<Record<DiffRow['kind'], string>> = { same: '', changed: '≠', removed: '−', added: '+' }

/** Two messages side by side: headers with headers of their name, lines with lines of their kind. */
export function DiffPanel({ left, right, onClose }: DiffPanelProps): ReactNode {
  const rows = useMemo(() => diffMessages(left.entry, right.entry), [left.entry, right.entry])
  const [onlyChanges, setOnlyChanges] = useState(false)
  const count = (kind: DiffRow['kind']): number => rows.filter(row => row.kind === kind).length
  const differs = rows.some(({ kind }) => kind !== 'same')
  return (
    <section className={`${styles.panel} ${styles.diffPanel}`} aria-label={words.title}>
      <header className={styles.panelHead}>
        <div className={styles.panelTitle}>
          <h2>{words.title}</h2>
          <CloseButton aria-label={words.close} onClick={onClose} />
        </div>
        <div className={styles.panelBar}>
          <span className={styles.facts}>{differs ? words.counts(count('changed'), count('removed'), count('added')) : words.same}</span>
          <span className={styles.grow} />
          <Switch
            size="xs"
            label={words.onlyChanges}
            checked={onlyChanges}
            onChange={event => setOnlyChanges(event.currentTarget.checked)}
          />
        </div>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <div className={styles.diff} tabIndex={0}>
        <table className={styles.diffTable}>
          <thead>
            <tr>
              <td />
              <th scope="col">{headOf(left)}</th>
              <th scope="col">{headOf(right)}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => {
              if (onlyChanges && row.kind === 'same') return null
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: lines of one comparison never move
                <tr key={index} data-kind={row.kind}>
                  <td className={styles.sign} title={words.kinds[row.kind]}>
                    <span aria-hidden>{SIGNS[row.kind]}</span>
                    <span className={styles.unseen}>{words.kinds[row.kind]}</span>
                  </td>
                  <Side side={row.left} />
                  <Side side={row.right} />
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function headOf({ entry }: LadderMessage): ReactNode {
  return (
    <>
      {messageLabel(entry)} <span className={styles.diffTime}>{gutterTime('absolute', entry.time, 0, undefined)}</span>
    </>
  )
}

function Side({ side }: { readonly side: DiffSide | undefined }): ReactNode {
  if (side === undefined) return <td className={styles.absent} />
  const { text, from, to } = side
  return (
    <td>
      <bdi>
        {readableText(text.slice(0, from))}
        {to > from && <mark>{readableText(text.slice(from, to))}</mark>}
        {readableText(text.slice(to))}
      </bdi>
    </td>
  )
}
