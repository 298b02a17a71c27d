import { Minus, Plus } from 'lucide-react'
import { type MouseEvent, memo, type ReactNode } from 'react'
import { strings } from '../../strings.js'
import type { LaneLayout } from './lane-layout.js'
import { spanOf } from './lane-layout.js'
import styles from './wire.module.css'

const words = strings.wire

/** How many colours dialogs have; then they come again. */
export const DIALOG_COLOURS = 8

export interface LadderRowProps {
  readonly id: string
  readonly index: number
  readonly count: number
  readonly sentence: string
  readonly time: string
  readonly label: string
  readonly layout: LaneLayout
  readonly kind: 'state' | 'sip' | 'msrp' | 'bad'
  readonly from: number
  readonly to: number
  readonly dialog: number | undefined
  /** Messages that are folded into it. */
  readonly folded: number
  readonly isPart: boolean
  readonly canFold: boolean
  readonly isCursor: boolean
  readonly mark: 'open' | 'compared' | undefined
  readonly onOpen: (index: number, event: MouseEvent) => void
  readonly onFold: (index: number) => void
}

/** One row of the ladder: the time, and an arrow between two lanes or a state on one. */
export const LadderRow = memo(function LadderRow(props: LadderRowProps): ReactNode {
  const { id, index, kind, dialog } = props
  const colour = kind === 'bad' ? styles.bad : dialog === undefined ? styles.outside : styles[`dialog${(dialog - 1) % DIALOG_COLOURS}`]
  return (
    <div
      id={id}
      role="option"
      aria-selected={props.isCursor}
      aria-setsize={props.count}
      aria-posinset={index + 1}
      aria-label={props.sentence}
      className={`${styles.row} ${colour}`}
      data-cursor={props.isCursor || undefined}
      data-mark={props.mark}
      data-kind={kind}
      onClick={event => props.onOpen(index, event)}
    >
      <span className={styles.gutter} style={{ width: props.layout.gutter }}>
        <span className={styles.time}>{props.time}</span>
        {dialog !== undefined && (
          <span className={styles.chip} title={words.dialog(dialog)}>
            {dialog}
          </span>
        )}
      </span>
      {kind === 'state' ? <State {...props} /> : <Arrow {...props} />}
    </div>
  )
})

function State({ layout, from, label }: LadderRowProps): ReactNode {
  const { left, width } = spanOf(layout, from, from)
  return (
    <>
      <span className={styles.dot} style={{ left }} />
      <bdi className={styles.state} style={{ left: left + 12, maxWidth: width - 24 }} title={label}>
        {label}
      </bdi>
    </>
  )
}

function Arrow(props: LadderRowProps): ReactNode {
  const { layout, from, to, kind, label } = props
  const { left, width } = spanOf(layout, from, to)
  if (from === to) {
    return (
      <bdi className={styles.loop} style={{ left: left + 6, maxWidth: width - 16 }} title={label}>
        ↺ {label}
      </bdi>
    )
  }
  return (
    <span className={styles.span} style={{ left, width }}>
      <span
        className={styles.line}
        data-back={to < from || undefined}
        data-thick={kind === 'msrp' || undefined}
        data-part={props.isPart || undefined}
      />
      <span className={styles.labels} data-back={to < from || undefined}>
        <bdi className={styles.label} title={label}>
          {label}
        </bdi>
        {(props.folded > 1 || props.canFold) && <FoldButton {...props} />}
      </span>
    </span>
  )
}

/** For the mouse; the keys left and right do the same, since a row is one thing to the keyboard and to screen readers. */
function FoldButton({ index, folded, canFold, onFold }: LadderRowProps): ReactNode {
  return (
    <span
      className={styles.fold}
      title={canFold ? words.fold : words.unfold(folded)}
      aria-hidden
      onClick={event => {
        event.stopPropagation()
        onFold(index)
      }}
    >
      {canFold ? <Minus size={11} aria-hidden /> : <Plus size={11} aria-hidden />}
    </span>
  )
}
