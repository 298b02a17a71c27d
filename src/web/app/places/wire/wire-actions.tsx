import { ActionIcon, Button, FileButton, Popover, SegmentedControl, Tooltip } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { FolderOpen, Keyboard, Pause, Play, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import type { TraceEntry } from '../../../../trace/index.js'
import { strings } from '../../strings.js'
import { ExportMenu } from './export-menu.js'
import styles from './wire.module.css'
import type { WireStore, WireView } from './wire-store.js'

const words = strings.wire

interface WireActionsProps {
  readonly store: WireStore
  readonly view: WireView
  readonly mode: 'ladder' | 'list'
  readonly onMode: (mode: 'ladder' | 'list') => void
  readonly openFile: (file: File | null) => void
  readonly entries: (shownOnly: boolean) => readonly TraceEntry[]
  readonly isFiltered: boolean
}

/** What can be done with the whole traffic: show it otherwise, pause, clear, open, export. */
export function WireActions({ store, view, mode, onMode, openFile, entries, isFiltered }: WireActionsProps): ReactNode {
  const { model, file } = view
  const isNarrow = useMediaQuery('(max-width: 48em)') ?? false
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label={words.views.label}
        value={mode}
        onChange={onMode}
        data={[
          { value: 'ladder', label: words.views.ladder },
          { value: 'list', label: words.views.list },
        ]}
      />
      {file === undefined && (
        <>
          <PauseButton store={store} view={view} isNarrow={isNarrow} />
          <Tooltip label={words.clear}>
            <ActionIcon variant="default" size={30} aria-label={words.clear} disabled={model.size === 0} onClick={() => store.clear()}>
              <Trash2 size={15} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </>
      )}
      <FileButton onChange={openFile} accept=".jsonl,.ndjson,.json,.txt">
        {props => (
          <Tooltip label={words.openLong}>
            <ActionIcon {...props} variant="default" size={30} aria-label={words.openLong}>
              <FolderOpen size={15} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
      </FileButton>
      <Keys />
      <ExportMenu isNarrow={isNarrow} disabled={model.size === 0} isFiltered={isFiltered} entries={entries} />
    </>
  )
}

function PauseButton({
  store,
  view,
  isNarrow,
}: {
  readonly store: WireStore
  readonly view: WireView
  readonly isNarrow: boolean
}): ReactNode {
  const { paused, waiting } = view
  const icon = paused ? <Play size={15} aria-hidden /> : <Pause size={15} aria-hidden />
  const toggle = (): void => (paused ? store.goOn() : store.pause())
  if (isNarrow && !paused) {
    return (
      <ActionIcon variant="default" size={30} aria-label={words.pause} onClick={toggle}>
        {icon}
      </ActionIcon>
    )
  }
  return (
    <Button size="xs" variant={paused ? 'filled' : 'default'} leftSection={icon} onClick={toggle}>
      {paused ? words.goOn(waiting) : words.pause}
    </Button>
  )
}

function Keys(): ReactNode {
  return (
    <Popover position="bottom-end" withArrow>
      <Popover.Target>
        <ActionIcon variant="default" size={30} aria-label={words.keys.title} visibleFrom="sm">
          <Keyboard size={15} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={styles.keys}>
          {words.keys.list.map(([name, does]) => (
            <KeyLine key={name} name={name} does={does} />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}

function KeyLine({ name, does }: { readonly name: string; readonly does: string }): ReactNode {
  return (
    <>
      <kbd>{name}</kbd>
      <span>{does}</span>
    </>
  )
}
