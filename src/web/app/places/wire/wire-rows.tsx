import { UnstyledButton } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { type KeyboardEvent, type MouseEvent, type ReactNode, useCallback, useMemo, useRef } from 'react'
import { strings } from '../../strings.js'
import { type DisplayRow, messagesOf } from './display-rows.js'
import { gutterTime, type TimeMode } from './gutter-time.js'
import { LadderRow } from './ladder-row.js'
import { layOutLanes } from './lane-layout.js'
import { ListRow } from './list-row.js'
import { rowLabel, rowSentence } from './row-words.js'
import { VirtualRows } from './virtual-rows.js'
import styles from './wire.module.css'

const words = strings.wire
/** Pixels for a time and the number of a dialog. */
const GUTTER: Readonly<Record<TimeMode, number>> = { relative: 98, absolute: 138, delta: 98 }

export interface WireRowsProps {
  readonly view: 'ladder' | 'list'
  readonly display: readonly DisplayRow[]
  readonly lanes: readonly string[]
  readonly timeMode: TimeMode
  readonly cursor: number
  /** Keys of the rows of the open message and of the one it is compared with. */
  readonly openKey: number | undefined
  readonly comparedKey: number | undefined
  readonly follows: boolean
  readonly onFollow: (follows: boolean) => void
  readonly onTimeMode: () => void
  readonly onCursor: (index: number) => void
  readonly onOpen: (index: number, compare: boolean) => void
  readonly onFold: (index: number) => void
  readonly onKey: (event: KeyboardEvent) => void
  /** What floats above the rows. */
  readonly children?: ReactNode
}

/** The traffic as a ladder or as a list. */
export function WireRows(props: WireRowsProps): ReactNode {
  const { view, display, lanes, timeMode, cursor } = props
  const { ref, width: room } = useElementSize()
  const layout = useMemo(() => layOutLanes(lanes.length, room, GUTTER[timeMode]), [lanes.length, room, timeMode])
  const latest = useRef(props)
  latest.current = props
  const open = useCallback((index: number, event: MouseEvent) => {
    latest.current.onOpen(index, event.ctrlKey || event.metaKey || event.shiftKey)
  }, [])
  const fold = useCallback((index: number) => latest.current.onFold(index), [])
  const first = display[0]?.time ?? 0
  const renderRow = (index: number): ReactNode => {
    const row = display[index]
    if (row === undefined) return null
    const time = gutterTime(timeMode, row.time, first, display[index - 1]?.time)
    const mark = row.key === props.openKey ? 'open' : row.key === props.comparedKey ? 'compared' : undefined
    const [from, to] = row.kind === 'state' ? [row.row.lane, row.row.lane] : [row.row.from, row.row.to]
    const common = {
      id: rowId(row),
      index,
      count: display.length,
      sentence: rowSentence(row, lanes, time, mark === 'compared'),
      time,
      label: rowLabel(row),
      kind: row.kind === 'state' ? 'state' : row.row.undecodable ? 'bad' : row.row.protocol,
      from,
      to,
      dialog: row.kind === 'state' ? undefined : row.row.dialog,
      folded: row.kind === 'arrow' ? messagesOf(row).length : 0,
      canFold: row.kind === 'part' && row.isFirst,
      isCursor: index === cursor,
      mark,
      onOpen: open,
      onFold: fold,
    } as const
    if (view === 'ladder') return <LadderRow {...common} layout={layout} isPart={row.kind === 'part'} />
    return <ListRow {...common} fromName={lanes[from] ?? ''} toName={lanes[to] ?? ''} />
  }
  return (
    <div ref={ref} className={styles.ladder}>
      <VirtualRows
        label={words.rows}
        count={display.length}
        keyAt={index => display[index]?.key ?? index}
        cursor={cursor}
        width={view === 'ladder' ? layout.width : 0}
        head={view === 'ladder' ? <LaneHeads {...props} layout={layout} /> : <ListHead {...props} />}
        backdrop={view === 'ladder' && <LaneLines lanes={layout.lanes} />}
        follows={props.follows}
        onFollow={props.onFollow}
        onCursor={props.onCursor}
        onKey={props.onKey}
        rowId={index => rowId(display[index] as DisplayRow)}
        renderRow={renderRow}
      />
      {props.children}
    </div>
  )
}

function rowId({ kind, key }: DisplayRow): string {
  return `wire-${kind}-${key}`
}

function TimeButton({ timeMode, onTimeMode }: WireRowsProps): ReactNode {
  const name = `${words.time.label}: ${words.time[timeMode]}`
  return (
    <UnstyledButton className={styles.timeHead} onClick={onTimeMode} title={words.time.hint} aria-label={`${name}. ${words.time.hint}`}>
      <span>{words.time.label}</span>
      <span className={styles.timeMode}>{words.time[timeMode]}</span>
    </UnstyledButton>
  )
}

function LaneHeads(props: WireRowsProps & { readonly layout: ReturnType<typeof layOutLanes> }): ReactNode {
  const { lanes, layout } = props
  return (
    <div className={styles.heads}>
      <div className={styles.headGutter} style={{ width: layout.gutter }}>
        <TimeButton {...props} />
      </div>
      {lanes.map((name, lane) => (
        // Lanes have no name of their own when two ends are called the same
        <bdi key={`${lane} ${name}`} className={styles.head} style={{ left: layout.lanes[lane], maxWidth: layout.gap - 12 }} title={name}>
          {name}
        </bdi>
      ))}
    </div>
  )
}

function LaneLines({ lanes }: { readonly lanes: readonly number[] }): ReactNode {
  return (
    <div className={styles.lines} aria-hidden>
      {lanes.map((left, lane) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a lane is its place
        <span key={lane} className={styles.lane} style={{ left }} />
      ))}
    </div>
  )
}

function ListHead(props: WireRowsProps): ReactNode {
  return (
    <div className={`${styles.heads} ${styles.listHead}`}>
      <TimeButton {...props} />
      <span />
      <span>{words.list.from}</span>
      <span>{words.list.to}</span>
      <span>{words.list.message}</span>
    </div>
  )
}
