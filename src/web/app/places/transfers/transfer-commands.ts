import { notifications } from '@mantine/notifications'
import type { TransferCommand } from '../../../protocol/index.js'
import { announce } from '../../model/announcer.js'
import { errorView, request } from '../../model/server.js'
import { strings } from '../../strings.js'

/** Does something with a transfer, or with one file of it; says so when it cannot be done. */
export async function act(id: string, action: TransferCommand['action'], file?: number): Promise<void> {
  await told(request('POST', `/api/transfers/${encodeURIComponent(id)}/actions`, { action, ...(file !== undefined && { file }) }))
}

/** Opens a received file, shows where it is, or brings it into the browser's downloads. */
export async function actOnFile(id: string, file: number, action: 'open' | 'reveal' | 'download'): Promise<void> {
  const answer = await told(request<{ readonly url?: string }>('POST', `/api/history/${encodeURIComponent(id)}/files/${file}`, { action }))
  if (answer?.url === undefined) return
  const link = document.createElement('a')
  link.href = answer.url
  link.download = ''
  link.click()
}

/** Copies text, and says so. */
export async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text).catch(() => undefined)
  notifications.show({ message: strings.transfers.card.copied, autoClose: 2_000 })
  announce(strings.transfers.card.copied)
}

/** The answer; undefined after telling what went wrong. */
export async function told<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked
  } catch (error) {
    const { text, detail, hint } = errorView(error)
    notifications.show({ title: text, message: [detail, hint].filter(Boolean).join(' '), color: 'red', autoClose: 8_000 })
    announce(text)
    return undefined
  }
}
