import { type InfiniteData, keepPreviousData, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { HistoryPage } from '../../../protocol/index.js'
import { pageStore } from '../../model/page-store.js'
import { queryClient } from '../../model/queries.js'
import { request } from '../../model/server.js'
import { type HistoryFilter, historyPath } from './history-filter.js'
import { withNewest, withoutRow } from './history-items.js'

/** Rows that are read at once. */
const PAGE = 100
/** News of the history wait for one another this long, milliseconds. */
const PATIENCE = 300
/** Not the key that `followChanges` invalidates: that would read every page again for each transfer. */
const KEY = 'history-pages'

type Pages = InfiniteData<HistoryPage, number | undefined>

/** The history, page by page as it is scrolled; what is new comes on top by itself. */
export function useHistory(filter: HistoryFilter): UseInfiniteQueryResult<InfiniteData<HistoryPage>> {
  const query = useInfiniteQuery({
    queryKey: [KEY, filter],
    queryFn: ({ pageParam, signal }) => request<HistoryPage>('GET', historyPath(filter, pageParam, PAGE), undefined, signal),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: page => page.before,
    placeholderData: keepPreviousData,
    // looked at again: what happened meanwhile was not followed
    refetchOnMount: 'always',
    gcTime: 0,
  })
  useEffect(() => followHistory(filter), [filter])
  return query
}

function followHistory(filter: HistoryFilter): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const read = async (): Promise<void> => {
    timer = undefined
    // without an answer the list stays as it is; the next news reads again
    const newest = await request<HistoryPage>('GET', historyPath(filter, undefined, PAGE)).catch(() => undefined)
    if (newest === undefined) return
    queryClient.setQueryData<Pages>([KEY, filter], known => {
      if (known === undefined) return known
      const pages = withNewest(known.pages, newest)
      return { pages, pageParams: [undefined, ...pages.slice(0, -1).map(page => page.before)] }
    })
  }
  const stop = pageStore.onChanges(changes => {
    if (changes.some(({ type }) => type === 'history' || type === 'notice')) timer ??= setTimeout(() => void read(), PATIENCE)
  })
  return () => {
    stop()
    clearTimeout(timer)
  }
}

/** Takes a transfer from the list at once. */
export function dropRow(id: string): void {
  queryClient.setQueriesData<Pages>({ queryKey: [KEY] }, known => known && { ...known, pages: withoutRow(known.pages, id) })
}

/** Reads everything again that is shown: for changes that are not at the top. */
export async function rereadHistory(): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: [KEY] })
}
