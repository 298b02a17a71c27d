import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core'
import { Ellipsis, Pause, Play, X } from 'lucide-react'
import { memo, type ReactNode } from 'react'
import { formatSize, visibleText } from '../../../../trace/index.js'
import type { FileView, TransferAction, TransferView } from '../../../protocol/index.js'
import { formatDuration } from '../../format/duration.js'
import { formatRate } from '../../format/rate.js'
import { percentOf, sizeWords } from '../../format/size.js'
import { Failure } from '../../shell/failure.js'
import { FileIcon } from '../../shell/file-icon.js'
import { FileName } from '../../shell/file-name.js'
import { ProgressBar } from '../../shell/progress-bar.js'
import { StatusPill } from '../../shell/status-pill.js'
import { strings } from '../../strings.js'
import { fileStatus, isMoving, isOver } from './card-status.js'
import styles from './file-row.module.css'
import { act, actOnFile } from './transfer-commands.js'

const words = strings.transfers.card

interface FileRowProps {
  readonly transfer: string
  readonly direction: TransferView['direction']
  readonly file: FileView
  /** What can be done with the whole transfer now. */
  readonly actions: readonly TransferAction[]
  /** Number in the grid of recipients. */
  readonly number?: number | undefined
  /** The error of the whole transfer says it already. */
  readonly quiet?: boolean
  /** The buttons of the transfer do the same. */
  readonly isOnly?: boolean
}

/** One file of a transfer: its name, how far it is, and what can be done with it. */
export const FileRow = memo(function FileRow({
  transfer,
  direction,
  file,
  actions,
  number,
  quiet = false,
  isOnly = false,
}: FileRowProps): ReactNode {
  const { name, type, size, error } = file
  const showsBar = isMoving(file) || (!isOver(file) && file.bytes > 0)
  return (
    <li className={styles.row}>
      {number === undefined ? <FileIcon type={type} size={32} /> : <span className={styles.number}>{number}</span>}
      <div className={styles.middle}>
        <div className={styles.line}>
          <div className={styles.name}>
            <FileName>{name}</FileName>
          </div>
          {!showsBar && <span className={styles.size}>{sizeWords(size)}</span>}
          <StatusPill {...fileStatus(file, direction)} plain />
        </div>
        {showsBar && (
          <>
            <ProgressBar
              label={words.progress(visibleText(name))}
              value={file.bytes}
              max={size}
              tone={file.state === 'paused' ? 'warn' : file.state === 'hashing' ? 'quiet' : 'info'}
            />
            <Numbers file={file} />
          </>
        )}
        <Remark file={file} />
        {error !== undefined && !quiet && file.state === 'failed' && (
          <Failure error={error}>
            <WayOut transfer={transfer} file={file} actions={actions} />
          </Failure>
        )}
      </div>
      {(!isOnly || file.path !== undefined) && <FileButtons transfer={transfer} file={file} actions={actions} />}
    </li>
  )
})

function Numbers({ file: { bytes, size, rate, eta, state } }: { readonly file: FileView }): ReactNode {
  const percent = percentOf(bytes, size)
  return (
    <div className={styles.numbers}>
      {percent !== undefined && <strong className={styles.percent}>{percent} %</strong>}
      <span>{size === undefined ? formatSize(bytes) : words.of(formatSize(bytes), formatSize(size))}</span>
      {rate !== undefined && state !== 'paused' && <span>{formatRate(rate)}</span>}
      {eta !== undefined && state !== 'paused' && <span>{words.left(formatDuration(eta))}</span>}
    </div>
  )
}

function Remark({ file: { state, confirmed, stored, notice, resumedAt, path } }: { readonly file: FileView }): ReactNode {
  const remarks: string[] = []
  if (resumedAt > 0) remarks.push(words.resumed(formatSize(resumedAt)))
  if (state === 'done' && !confirmed) remarks.push(words.unconfirmed)
  if (state === 'done' && stored && notice === undefined) remarks.push(words.storedAbout)
  if (state === 'done' && path !== undefined) remarks.push(words.saved(visibleText(path)))
  return remarks.length === 0 ? null : <div className={styles.remark}>{remarks.join(' · ')}</div>
}

/** What can be done about a file that failed. */
function WayOut({ transfer, file, actions }: Pick<FileRowProps, 'transfer' | 'file' | 'actions'>): ReactNode {
  const action = actions.includes('resume') ? 'resume' : actions.includes('retry') ? 'retry' : undefined
  if (action === undefined) return null
  return (
    <Button size="compact-sm" variant="default" onClick={() => void act(transfer, action, file.index)}>
      {words.fileActions[action]}
    </Button>
  )
}

function FileButtons({ transfer, file, actions }: Pick<FileRowProps, 'transfer' | 'file' | 'actions'>): ReactNode {
  const { index, state, path } = file
  const name = visibleText(file.name)
  if (state === 'done' && path !== undefined) {
    return (
      <div className={styles.buttons}>
        <Button
          variant="default"
          size="compact-sm"
          onClick={() => void actOnFile(transfer, index, 'open')}
          aria-label={`${words.open} ${name}`}
        >
          {words.open}
        </Button>
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={words.fileMenu(name)}>
              <Ellipsis size={18} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => void actOnFile(transfer, index, 'reveal')}>{words.reveal}</Menu.Item>
            <Menu.Item onClick={() => void actOnFile(transfer, index, 'download')}>{words.download}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
    )
  }
  if (isOver(file)) return null
  const isPaused = state === 'paused'
  const canPause = isPaused ? actions.includes('continue') : actions.includes('pause') && (state === 'sending' || state === 'receiving')
  return (
    <div className={styles.buttons}>
      {canPause && (
        <Tooltip label={isPaused ? words.actions.continue : words.actions.pause}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={isPaused ? words.continueFile(name) : words.pauseFile(name)}
            onClick={() => void act(transfer, isPaused ? 'continue' : 'pause', index)}
          >
            {isPaused ? (
              <Play size={16} fill="currentColor" aria-hidden />
            ) : (
              <Pause size={16} fill="currentColor" strokeWidth={0} aria-hidden />
            )}
          </ActionIcon>
        </Tooltip>
      )}
      {actions.includes('cancel') && (
        <Tooltip label={words.actions.cancel}>
          <ActionIcon variant="subtle" color="gray" aria-label={words.cancelFile(name)} onClick={() => void act(transfer, 'cancel', index)}>
            <X size={17} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
    </div>
  )
}
