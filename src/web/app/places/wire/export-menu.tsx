import { ActionIcon, Button, Menu, Switch } from '@mantine/core'
import { Download } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { TraceEntry } from '../../../../trace/index.js'
import { announce } from '../../model/announcer.js'
import { strings } from '../../strings.js'
import { EXPORT_FORMATS, exportTrace, type ExportFormat, saveFile } from './export-trace.js'
import styles from './wire.module.css'

const words = strings.wire.export

interface ExportMenuProps {
  readonly isNarrow: boolean
  readonly disabled: boolean
  readonly isFiltered: boolean
  /** The entries to write down; `shownOnly`: those that the filter shows. */
  readonly entries: (shownOnly: boolean) => readonly TraceEntry[]
}

/** The trace as a file, fit to be shown to others unless told otherwise. */
export function ExportMenu({ isNarrow, disabled, isFiltered, entries }: ExportMenuProps): ReactNode {
  const [redact, setRedact] = useState(true)
  const [shownOnly, setShownOnly] = useState(true)
  const save = (format: ExportFormat): void => {
    const file = exportTrace(entries(isFiltered && shownOnly), format, redact, Date.now())
    saveFile(file)
    announce(words.done(file.name))
  }
  return (
    <Menu position="bottom-end" width={350} withArrow>
      <Menu.Target>
        {isNarrow ? (
          <ActionIcon size={30} variant="default" disabled={disabled} aria-label={words.button}>
            <Download size={15} aria-hidden />
          </ActionIcon>
        ) : (
          <Button size="xs" variant="default" leftSection={<Download size={15} aria-hidden />} disabled={disabled}>
            {words.button}
          </Button>
        )}
      </Menu.Target>
      <Menu.Dropdown>
        <div className={styles.exportOptions}>
          <Switch
            size="sm"
            label={words.redact}
            description={words.redactNote}
            checked={redact}
            onChange={event => setRedact(event.currentTarget.checked)}
          />
          {isFiltered && (
            <Switch size="sm" label={words.shownOnly} checked={shownOnly} onChange={event => setShownOnly(event.currentTarget.checked)} />
          )}
        </div>
        <Menu.Divider />
        {EXPORT_FORMATS.map(format => (
          <Menu.Item key={format} onClick={() => save(format)}>
            <span className={styles.exportName}>{words.formats[format].name}</span>
            <span className={styles.exportNote}>{words.formats[format].note}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
