import { Alert, Button, FileButton } from '@mantine/core'
import { ArrowDownToLine, FolderOpen, Waypoints } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { NO_FILTER, RowFilter, type TraceEntry } from '../../../../trace/index.js'
import { pageStore } from '../../model/page-store.js'
import { EmptyState } from '../../shell/empty-state.js'
import { PlaceFrame } from '../../shell/place-frame.js'
import { strings } from '../../strings.js'
import { displayRows } from './display-rows.js'
import { FilterBar } from './filter-bar.js'
import { nextTimeMode, type TimeMode } from './gutter-time.js'
import { OpenMessage } from './open-message.js'
import { useOpenedFile } from './use-opened-file.js'
import { useSelection } from './use-selection.js'
import styles from './wire.module.css'
import { WireActions } from './wire-actions.js'
import { WireRows } from './wire-rows.js'
import { WireStore } from './wire-store.js'

const words = strings.wire

/** One for the page: the place is left and entered again without reading everything anew. */
const store = new WireStore()

/** SIP, SDP and MSRP of this client on one ladder, live or from a recording. */
export function Wire(): ReactNode {
  const view = useSyncExternalStore(store.subscribe, store.view)
  useEffect(() => pageStore.onTrace(store.last, page => store.receive(page)), [])
  const [filter, setFilter] = useState(NO_FILTER)
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set())
  const [mode, setMode] = useState<'ladder' | 'list'>('ladder')
  const [timeMode, setTimeMode] = useState<TimeMode>('relative')
  const [follows, setFollows] = useState(true)
  const textInput = useRef<HTMLInputElement>(null)
  const split = useRef<HTMLDivElement>(null)
  const { model, version } = view
  // biome-ignore lint/correctness/useExhaustiveDependencies: what a filter remembers belongs to one model
  const rowFilter = useMemo(() => new RowFilter(filter), [filter, model])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the model says by its version that it changed
  const display = useMemo(() => displayRows(model.rows, model.lanes, rowFilter, unfolded), [model, version, rowFilter, unfolded])
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const dialogs = useMemo(() => dialogsOf(model.rows), [model, version])
  const selection = useSelection(display)
  const files = useOpenedFile(store)
  const fold = (index: number): void => {
    const row = display[index]
    if (row === undefined || row.kind === 'state') return
    setUnfolded(before => {
      const after = new Set(before)
      if (!after.delete(row.row.id)) after.add(row.row.id)
      return after
    })
  }
  const closeByButton = (): void => {
    selection.close()
    // the button goes away, and with it the focus
    split.current?.querySelector<HTMLElement>('[role="listbox"]')?.focus({ preventScroll: true })
  }
  const key = (event: KeyboardEvent): void => {
    const row = display[selection.cursor]
    const isUnfolded = row !== undefined && row.kind === 'part'
    const does: Record<string, () => unknown> = {
      Enter: () => selection.open(selection.cursor),
      ArrowRight: () => row?.kind === 'arrow' && row.row.messages.length > 1 && fold(selection.cursor),
      ArrowLeft: () => isUnfolded && fold(selection.cursor),
      d: () => selection.compare(selection.cursor),
      f: () => textInput.current?.focus(),
      ' ': () => view.file === undefined && (view.paused ? store.goOn() : store.pause()),
      Escape: () => selection.close(),
    }
    const action = does[event.key.length === 1 ? event.key.toLowerCase() : event.key]
    if (action === undefined) return
    event.preventDefault()
    action()
  }
  const entries = (shownOnly: boolean): readonly TraceEntry[] =>
    shownOnly
      ? display.flatMap(row => (row.kind === 'state' ? [row.row.entry] : row.kind === 'arrow' ? row.row.entries : both(row.message)))
      : model.entries
  return (
    <PlaceFrame
      title={words.title}
      fill
      actions={
        <WireActions
          store={store}
          view={view}
          mode={mode}
          onMode={setMode}
          openFile={files.open}
          entries={entries}
          isFiltered={!rowFilter.isOpen}
        />
      }
    >
      <div className={styles.place} {...files.dropTarget}>
        {files.problem !== undefined && (
          <Alert color="red" variant="light" withCloseButton onClose={files.dismiss} closeButtonLabel={strings.common.close}>
            {files.problem}
          </Alert>
        )}
        {view.file !== undefined && (
          <div className={styles.file}>
            <bdi className={styles.fileName}>{view.file.name}</bdi>
            <span>{words.file.counts(view.file.entries, view.file.bad)}</span>
            <Button size="compact-xs" variant="light" ml="auto" onClick={() => store.closeFile()}>
              {words.file.live}
            </Button>
          </div>
        )}
        {model.size > 0 && (
          <FilterBar
            filter={filter}
            lanes={model.lanes}
            dialogs={dialogs}
            shown={display.length}
            all={model.rows.length}
            textInput={textInput}
            onFilter={setFilter}
          />
        )}
        {model.size === 0 ? (
          <div className={styles.nothing}>
            <EmptyState icon={Waypoints} title={words.empty.title} text={words.empty.text}>
              <FileButton onChange={files.open} accept=".jsonl,.ndjson,.json,.txt">
                {props => (
                  <Button {...props} leftSection={<FolderOpen size={16} aria-hidden />}>
                    {words.empty.open}
                  </Button>
                )}
              </FileButton>
            </EmptyState>
          </div>
        ) : display.length === 0 ? (
          <div className={styles.nothing}>
            <EmptyState icon={Waypoints} title={words.filteredOut.title} text={words.filteredOut.text}>
              <Button onClick={() => setFilter(NO_FILTER)}>{words.filteredOut.button}</Button>
            </EmptyState>
          </div>
        ) : (
          <div ref={split} className={styles.split}>
            <WireRows
              key={view.file?.name ?? ''}
              view={mode}
              display={display}
              lanes={model.lanes}
              timeMode={timeMode}
              cursor={selection.cursor}
              openKey={selection.openKey}
              comparedKey={selection.comparedKey}
              follows={follows && view.file === undefined}
              onFollow={setFollows}
              onTimeMode={() => setTimeMode(nextTimeMode(timeMode))}
              onCursor={selection.moveTo}
              onOpen={(index, compare) => (compare || selection.isComparing ? selection.compare(index) : selection.open(index))}
              onFold={fold}
              onKey={key}
            >
              {!follows && view.file === undefined && (
                <Button
                  className={styles.newest ?? ''}
                  size="xs"
                  leftSection={<ArrowDownToLine size={15} aria-hidden />}
                  onClick={() => setFollows(true)}
                >
                  {words.newest}
                </Button>
              )}
            </WireRows>
            <OpenMessage selection={selection} lanes={model.lanes} onClose={closeByButton} />
          </div>
        )}
        {files.isOver && <div className={styles.dropping}>{words.dropHere}</div>}
      </div>
    </PlaceFrame>
  )
}

function both({ entry, twin }: { readonly entry: TraceEntry; readonly twin: TraceEntry | undefined }): readonly TraceEntry[] {
  return twin === undefined ? [entry] : [entry, twin]
}

function dialogsOf(rows: readonly { readonly kind: string; readonly dialog?: number | undefined }[]): readonly number[] {
  return [...new Set(rows.flatMap(row => (row.dialog === undefined ? [] : [row.dialog])))]
}
