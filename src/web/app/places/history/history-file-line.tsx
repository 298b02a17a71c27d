import { ActionIcon, Button, FileButton, Tooltip } from '@mantine/core'
import {
  Ban,
  Check,
  CheckCheck,
  CircleAlert,
  CirclePause,
  Clock,
  Download,
  Eye,
  FileQuestion,
  FolderOpen,
  type LucideIcon,
  SquareArrowOutUpRight,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { formatSize, visibleText } from '../../../../trace/index.js'
import type { HistoryFile, HistoryRow } from '../../../protocol/index.js'
import { sizeWords } from '../../format/size.js'
import { FileIcon } from '../../shell/file-icon.js'
import { FileName } from '../../shell/file-name.js'
import { strings } from '../../strings.js'
import { actOnFile, download, locate } from './history-commands.js'
import styles from './history.module.css'

const words = strings.history

interface LineProps {
  readonly row: HistoryRow
  readonly file: HistoryFile
}

/** One file of a transfer of the past. */
export function HistoryFileLine({ row, file }: LineProps): ReactNode {
  const isMissing = !file.here && hasPlace(row, file)
  return (
    <li className={styles.file} data-missing={isMissing}>
      <span className={styles.fileIcon} aria-hidden>
        {isMissing ? <FileQuestion size={18} /> : <FileIcon type={file.type} size={30} />}
      </span>
      <div className={styles.fileWords}>
        <div className={styles.fileName}>
          <FileName>{file.name}</FileName>
        </div>
        <div className={styles.facts}>
          <span>{isWhole(file) ? sizeWords(file.size) : words.ofSize(formatSize(file.bytes), sizeWords(file.size))}</span>
          <StateWords file={file} />
          {isMissing && <span>{words.missing}</span>}
        </div>
        {file.error !== undefined && (
          <div className={styles.why}>
            {visibleText(file.error.text)} {file.error.hint !== undefined && visibleText(file.error.hint)}
          </div>
        )}
      </div>
      <FileActions row={row} file={file} isMissing={isMissing} />
    </li>
  )
}

/** A received file that is complete, and every sent one, was somewhere on this disk. */
function hasPlace(row: HistoryRow, file: HistoryFile): boolean {
  return row.direction === 'sent' || file.state === 'done'
}

function isWhole({ state, bytes, size }: HistoryFile): boolean {
  return state === 'done' || bytes === 0 || size === undefined || bytes >= size
}

const MARKS: Readonly<Record<string, { readonly icon: LucideIcon; readonly tone: string }>> = {
  done: { icon: Check, tone: 'good' },
  failed: { icon: CircleAlert, tone: 'bad' },
  declined: { icon: Ban, tone: 'quiet' },
  cancelled: { icon: Ban, tone: 'quiet' },
  interrupted: { icon: CirclePause, tone: 'warn' },
  paused: { icon: CirclePause, tone: 'warn' },
}

const NOTICES: Readonly<Record<string, { readonly icon: LucideIcon; readonly tone: string }>> = {
  delivered: { icon: CheckCheck, tone: 'good' },
  displayed: { icon: Eye, tone: 'good' },
  failed: { icon: CircleAlert, tone: 'bad' },
  stored: { icon: Clock, tone: 'warn' },
}

/** How it ended, or what a notice told since: the later word says it all. */
function StateWords({ file }: { readonly file: HistoryFile }): ReactNode {
  const notice = file.state === 'done' && file.notice !== undefined ? file.notice : undefined
  const { icon: Icon, tone } = (notice === undefined ? MARKS[file.state] : NOTICES[notice]) ?? { icon: Clock, tone: 'info' }
  return (
    <span className={styles.mark} data-tone={tone}>
      <Icon size={14} aria-hidden />
      {notice === undefined ? (words.states[file.state] ?? file.state) : words.notices[notice]}
    </span>
  )
}

function FileActions({ row, file, isMissing }: LineProps & { readonly isMissing: boolean }): ReactNode {
  if (isMissing) {
    return row.direction === 'received' ? null : (
      <FileButton onChange={chosen => chosen !== null && void locate(row, file, chosen)}>
        {props => (
          <Button {...props} size="compact-sm" variant="default" aria-label={`${words.locate}: ${visibleText(file.name)}`}>
            {words.locate}
          </Button>
        )}
      </FileButton>
    )
  }
  if (!file.here || !hasPlace(row, file)) return null
  return (
    <div className={styles.fileActions}>
      <Act icon={SquareArrowOutUpRight} label={words.open} file={file} act={() => actOnFile(row, file, { action: 'open' })} />
      <Act icon={FolderOpen} label={words.reveal} file={file} act={() => actOnFile(row, file, { action: 'reveal' })} />
      {row.direction === 'received' && <Act icon={Download} label={words.download} file={file} act={() => void download(row, file)} />}
    </div>
  )
}

interface ActProps {
  readonly icon: LucideIcon
  readonly label: string
  readonly file: HistoryFile
  readonly act: () => void
}

function Act({ icon: Icon, label, file, act }: ActProps): ReactNode {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" aria-label={`${label}: ${visibleText(file.name)}`} onClick={act}>
        <Icon size={17} aria-hidden />
      </ActionIcon>
    </Tooltip>
  )
}
