import { Minus, Plus } from 'lucide-react'
import { memo, type ReactNode } from 'react'
import { strings } from '../../strings.js'
import { DIALOG_COLOURS, type LadderRowProps } from './ladder-row.js'
import styles from './wire.module.css'

interface ListRowProps extends Omit<LadderRowProps, 'layout' | 'isPart'> {
  readonly fromName: string
  readonly toName: string
}

/** One row of the list: the same as in the ladder, in words. */
export const ListRow = memo(function ListRow(props: ListRowProps): ReactNode {
  const { id, index, kind, dialog, folded, canFold } = props
  const colour = kind === 'bad' ? styles.bad : dialog === undefined ? styles.outside : styles[`dialog${(dialog - 1) % DIALOG_COLOURS}`]
  return (
    <div
      id={id}
      role="option"
      aria-selected={props.isCursor}
      aria-setsize={props.count}
      aria-posinset={index + 1}
      aria-label={props.sentence}
      className={`${styles.row} ${styles.listRow} ${colour}`}
      data-cursor={props.isCursor || undefined}
      data-mark={props.mark}
      data-kind={kind}
      onClick={event => props.onOpen(index, event)}
    >
      <span className={styles.listTime}>{props.time}</span>
      <span className={styles.listDialog}>{dialog !== undefined && <span className={styles.chip}>{dialog}</span>}</span>
      <bdi className={styles.listEnd}>{props.fromName}</bdi>
      <bdi className={styles.listEnd}>{kind === 'state' ? '' : props.toName}</bdi>
      <span className={styles.listLabel}>
        <bdi title={props.label}>{props.label}</bdi>
        {(folded > 1 || canFold) && (
          <span
            className={styles.foldWords}
            aria-hidden
            onClick={event => {
              event.stopPropagation()
              props.onFold(index)
            }}
          >
            {canFold ? <Minus size={11} /> : <Plus size={11} />}
            <span className={styles.foldText}>{canFold ? strings.wire.fold : strings.wire.unfold(folded)}</span>
          </span>
        )}
      </span>
    </div>
  )
})
