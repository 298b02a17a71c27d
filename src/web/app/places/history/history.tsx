import { Button, CloseButton, SegmentedControl, Select, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Clock, Search, SearchX } from 'lucide-react'
import { type ReactNode, useMemo, useState } from 'react'
import { navigate } from '../../model/route.js'
import { errorView } from '../../model/server.js'
import { EmptyState } from '../../shell/empty-state.js'
import { Failure } from '../../shell/failure.js'
import { PlaceFrame } from '../../shell/place-frame.js'
import { strings } from '../../strings.js'
import { EVERYTHING, type HistoryFilter, isEverything } from './history-filter.js'
import { historyItems } from './history-items.js'
import { HistoryList } from './history-list.js'
import { HistorySkeleton } from './history-skeleton.js'
import styles from './history.module.css'
import { useHistory } from './use-history.js'

const words = strings.history
/** Typing may pause this long before it is searched for, milliseconds. */
const PAUSE = 250

/** What was sent and received before, newest first. */
export function History(): ReactNode {
  const [filter, setFilter] = useState(EVERYTHING)
  const [asked] = useDebouncedValue(filter, PAUSE)
  const { data, error, isFetchingNextPage, hasNextPage, fetchNextPage, refetch, isPlaceholderData } = useHistory(asked)
  const items = useMemo(() => historyItems(data?.pages.flatMap(page => page.rows) ?? []), [data])
  const isNew = items.length === 0 && isEverything(asked) && !isPlaceholderData
  return (
    <PlaceFrame title={words.title}>
      {!(isNew && data !== undefined) && <Filters filter={filter} change={setFilter} />}
      {error !== null ? (
        <Failure error={errorView(error)}>
          <Button size="compact-sm" variant="default" onClick={() => void refetch()}>
            {words.again}
          </Button>
        </Failure>
      ) : data === undefined ? (
        <HistorySkeleton />
      ) : isNew ? (
        <EmptyState icon={Clock} title={words.empty.title} text={words.empty.text}>
          <Button onClick={() => navigate('/')}>{words.empty.button}</Button>
        </EmptyState>
      ) : items.length === 0 ? (
        <EmptyState icon={SearchX} title={words.noMatch.title} text={words.noMatch.text}>
          <Button variant="default" onClick={() => setFilter(EVERYTHING)}>
            {words.noMatch.button}
          </Button>
        </EmptyState>
      ) : (
        <HistoryList items={items} hasMore={hasNextPage} isFetching={isFetchingNextPage} fetchMore={() => void fetchNextPage()} />
      )}
    </PlaceFrame>
  )
}

interface FiltersProps {
  readonly filter: HistoryFilter
  readonly change: (filter: HistoryFilter) => void
}

function Filters({ filter, change }: FiltersProps): ReactNode {
  const { all, sent, received } = words.direction
  const { label, ...states } = words.state
  return (
    <div className={styles.filters} role="search">
      <TextInput
        className={styles.search ?? ''}
        aria-label={words.search}
        placeholder={words.search}
        leftSection={<Search size={16} aria-hidden />}
        rightSection={
          filter.text === '' ? undefined : (
            <CloseButton size="sm" aria-label={words.clear} onClick={() => change({ ...filter, text: '' })} />
          )
        }
        maxLength={200}
        value={filter.text}
        onChange={event => change({ ...filter, text: event.currentTarget.value })}
      />
      <SegmentedControl
        className={styles.direction ?? ''}
        aria-label={words.direction.label}
        data={[
          { value: 'all', label: all },
          { value: 'sent', label: sent },
          { value: 'received', label: received },
        ]}
        value={filter.direction}
        onChange={direction => change({ ...filter, direction })}
      />
      <Select
        className={styles.state ?? ''}
        aria-label={label}
        data={Object.entries(states).map(([value, name]) => ({ value, label: name }))}
        value={filter.state}
        onChange={state => change({ ...filter, state: state ?? 'all' })}
        allowDeselect={false}
      />
    </div>
  )
}
