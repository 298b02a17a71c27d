import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { HistoryFile, HistoryFileCommand, HistoryRow } from '../../../protocol/index.js'
import { announce } from '../../model/announcer.js'
import { navigate } from '../../model/route.js'
import { errorView, request } from '../../model/server.js'
import { uploadFile } from '../../model/upload-file.js'
import { strings } from '../../strings.js'
import { dropRow, rereadHistory } from './use-history.js'
import styles from './history.module.css'

const words = strings.history

/** Opens a file, or shows it in its folder. */
export function actOnFile(row: HistoryRow, file: HistoryFile, command: HistoryFileCommand): void {
  void request('POST', pathOf(row, file), command).catch(tellFailure)
}

/** Gets a file into the browser's own downloads, by a link that works once. */
export async function download(row: HistoryRow, file: HistoryFile): Promise<void> {
  try {
    const { url } = await request<{ readonly url: string }>('POST', pathOf(row, file), { action: 'download' })
    const link = document.createElement('a')
    link.href = url
    link.download = file.name
    link.click()
  } catch (error) {
    tellFailure(error)
  }
}

/** Tells the server where a sent file is now, by giving it again. */
export async function locate(row: HistoryRow, file: HistoryFile, chosen: File): Promise<void> {
  try {
    const { id } = await uploadFile(chosen, () => {}, new AbortController().signal)
    await request('POST', pathOf(row, file), { action: 'locate', upload: id })
    await rereadHistory()
    tell(words.located(file.name))
  } catch (error) {
    tellFailure(error)
  }
}

/** Sends again, goes on, or retries; says so, with a way to where it can be seen. */
export async function startAgain(row: HistoryRow, action: 'resume' | 'retry' | 'send-again'): Promise<void> {
  try {
    await request<{ readonly id: string }>('POST', `/api/transfers/${encodeURIComponent(row.id)}/actions`, { action })
  } catch (error) {
    tellFailure(error)
    return
  }
  const id = notifications.show({
    withBorder: true,
    autoClose: 8_000,
    message: (
      <div className={styles.told}>
        <span>{words.started[action]}</span>
        <Button
          size="compact-sm"
          variant="light"
          onClick={() => {
            notifications.hide(id)
            navigate('/')
          }}
        >
          {words.see}
        </Button>
      </div>
    ),
  })
  announce(words.started[action])
}

/** Takes a transfer from the list; its files stay. */
export async function removeRow(row: HistoryRow): Promise<void> {
  try {
    await request('DELETE', `/api/history/${encodeURIComponent(row.id)}`)
    dropRow(row.id)
    tell(words.removed)
  } catch (error) {
    tellFailure(error)
  }
}

function pathOf(row: HistoryRow, file: HistoryFile): string {
  return `/api/history/${encodeURIComponent(row.id)}/files/${file.index}`
}

function tell(text: string): void {
  notifications.show({ message: text, withBorder: true, autoClose: 4_000 })
  announce(text)
}

function tellFailure(error: unknown): void {
  const { text, hint } = errorView(error)
  notifications.show({ title: text, message: hint ?? '', color: 'red', withBorder: true, autoClose: 8_000 })
  announce(text)
}
