import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, type UIEvent, useEffect, useLayoutEffect, useRef } from 'react'
import styles from './wire.module.css'

export const ROW_HEIGHT = 34
/** Rows drawn above and below those that are seen. */
const OVERSCAN = 10
/** Pixels from the end that still count as the end. */
const NEAR_END = 8

interface VirtualRowsProps {
  readonly label: string
  readonly count: number
  readonly keyAt: (index: number) => number
  /** Index of the row that the keys move, -1 for none. */
  readonly cursor: number
  readonly width: number
  readonly head: ReactNode
  /** What lies behind all rows. */
  readonly backdrop?: ReactNode
  readonly follows: boolean
  readonly onFollow: (follows: boolean) => void
  readonly onCursor: (index: number) => void
  readonly onKey: (event: KeyboardEvent) => void
  readonly rowId: (index: number) => string
  readonly renderRow: (index: number) => ReactNode
}

/** Many rows of the same height, of which only those that are seen are there. The arrow keys walk them; the newest is followed while it is in sight. */
export function VirtualRows(props: VirtualRowsProps): ReactNode {
  const { count, cursor, follows, onFollow, onCursor, renderRow, keyAt } = props
  const scroller = useRef<HTMLDivElement>(null)
  const lastTop = useRef(0)
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    getItemKey: keyAt,
    scrollPaddingStart: 64,
  })
  useLayoutEffect(() => {
    const box = scroller.current
    if (!follows || count === 0 || box === null) return
    const toEnd = (): void => {
      box.scrollTop = box.scrollHeight
    }
    toEnd()
    // a filter bar that wraps, a panel that opens, a telephone that is turned: the end stays in sight
    const sizes = new ResizeObserver(toEnd)
    sizes.observe(box)
    if (box.firstElementChild !== null) sizes.observe(box.firstElementChild)
    return () => sizes.disconnect()
  }, [follows, count])
  const previousCursor = useRef(cursor)
  useEffect(() => {
    if (cursor >= 0 && previousCursor.current !== cursor) rows.scrollToIndex(cursor, { align: 'auto' })
    previousCursor.current = cursor
  }, [cursor, rows])
  const scrolled = ({ currentTarget: box }: UIEvent<HTMLDivElement>): void => {
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight <= NEAR_END
    // Only who scrolls up stops following; the list grows below as well
    if (box.scrollTop < lastTop.current - 1 && !atEnd) onFollow(false)
    else if (atEnd && box.scrollTop > lastTop.current) onFollow(true)
    lastTop.current = box.scrollTop
  }
  const keyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 2)
    const at = cursor < 0 ? (event.key === 'ArrowUp' ? count : -1) : cursor
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: count - 1 }[event.key]
    if (to === undefined || count === 0) return props.onKey(event)
    event.preventDefault()
    onCursor(Math.max(0, Math.min(count - 1, to)))
  }
  return (
    // biome-ignore format: one element
    <div ref={scroller} className={styles.scroller} onScroll={scrolled}>
      <div className={styles.canvas} style={{ width: props.width, minWidth: '100%' }}>
        {props.head}
        {props.backdrop}
        <div
          role="listbox"
          tabIndex={0}
          aria-label={props.label}
          aria-activedescendant={cursor >= 0 && cursor < count ? props.rowId(cursor) : undefined}
          className={styles.rows}
          style={{ height: rows.getTotalSize() }}
          onKeyDown={keyDown}
          onFocus={() => cursor < 0 && count > 0 && onCursor(follows ? count - 1 : (rows.range?.startIndex ?? 0))}
        >
          {rows.getVirtualItems().map(item => (
            <div key={item.key} className={styles.slot} style={{ transform: `translateY(${item.start}px)`, height: ROW_HEIGHT }} role="presentation">
              {renderRow(item.index)}
            </div>
          ))}
        </div>
      </div>
    </div>
  )
}
