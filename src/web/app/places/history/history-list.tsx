import { Loader } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { clockTime } from '../../format/time.js'
import { useNow } from '../../model/use-now.js'
import { strings } from '../../strings.js'
import { dayWords } from './day-words.js'
import type { HistoryItem } from './history-items.js'
import styles from './history.module.css'
import { HistoryCard } from './history-card.js'

/** Pixels, until an item has been measured. */
const DAY = 46
const CARD = 108
/** Items that are kept ready beyond what is seen. */
const OVERSCAN = 6
/** The next page is asked for when this many items are left. */
const AHEAD = 30

interface HistoryListProps {
  readonly items: readonly HistoryItem[]
  readonly hasMore: boolean
  readonly isFetching: boolean
  readonly fetchMore: () => void
}

/** The transfers by day. Only what is seen is drawn, so that ten thousand scroll as easily as ten. */
export function HistoryList({ items, hasMore, isFetching, fetchMore }: HistoryListProps): ReactNode {
  const list = useRef<HTMLDivElement>(null)
  const { scroller, margin } = useScroller(list)
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller,
    estimateSize: index => (items[index]?.kind === 'day' ? DAY : CARD),
    getItemKey: index => items[index]?.key ?? index,
    overscan: OVERSCAN,
    scrollMargin: margin,
  })
  const shown = virtualizer.getVirtualItems()
  const last = shown.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && !isFetching && last >= items.length - AHEAD) fetchMore()
  }, [hasMore, isFetching, last, items.length, fetchMore])
  const now = useNow(60_000)
  return (
    <>
      <div ref={list} className={styles.list} role="list" aria-label={strings.history.list} style={{ height: virtualizer.getTotalSize() }}>
        {shown.map(({ index, key, start }) => (
          <div
            key={key}
            ref={virtualizer.measureElement}
            data-index={index}
            role="listitem"
            aria-setsize={hasMore ? -1 : items.length}
            aria-posinset={index + 1}
            className={styles.item}
            style={{ transform: `translateY(${start - margin}px)` }}
          >
            <Item item={items[index] as HistoryItem} now={now} />
          </div>
        ))}
      </div>
      {isFetching && (
        <div className={styles.fetching}>
          <Loader size="sm" aria-label={strings.shell.loading} />
        </div>
      )}
    </>
  )
}

function Item({ item, now }: { readonly item: HistoryItem; readonly now: number }): ReactNode {
  if (item.kind === 'day') return <h2 className={styles.day}>{dayWords(item.time, now)}</h2>
  return <HistoryCard row={item.row} time={clockTime(item.row.started)} />
}

/** The element that scrolls the place, and how far below its top the list begins. */
function useScroller(list: RefObject<HTMLDivElement | null>): { readonly scroller: HTMLElement | null; readonly margin: number } {
  const [found, setFound] = useState<{ readonly scroller: HTMLElement | null; readonly margin: number }>({ scroller: null, margin: 0 })
  useLayoutEffect(() => {
    const element = list.current
    let scroller = element?.parentElement ?? null
    while (scroller !== null && !/auto|scroll/.test(getComputedStyle(scroller).overflowY)) scroller = scroller.parentElement
    if (element === null || scroller === null) return
    const place = scroller
    const measure = (): void => {
      const margin = Math.round(element.getBoundingClientRect().top - place.getBoundingClientRect().top + place.scrollTop)
      setFound(known => (known.scroller === place && known.margin === margin ? known : { scroller: place, margin }))
    }
    measure()
    const watch = new ResizeObserver(measure)
    watch.observe(place)
    return () => watch.disconnect()
  }, [list])
  return found
}
