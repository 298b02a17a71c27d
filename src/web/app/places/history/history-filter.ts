/** What is looked for in the history. */
export interface HistoryFilter {
  readonly text: string
  readonly direction: 'all' | 'sent' | 'received'
  /** One of `FileState`, or `all`. */
  readonly state: string
}

export const EVERYTHING: HistoryFilter = { text: '', direction: 'all', state: 'all' }

export function isEverything({ text, direction, state }: HistoryFilter): boolean {
  return text.trim() === '' && direction === 'all' && state === 'all'
}

/** The address of a page of it: the newest one, or the one `before` a time. */
export function historyPath({ text, direction, state }: HistoryFilter, before: number | undefined, limit: number): string {
  const query = new URLSearchParams({ limit: String(limit) })
  if (text.trim() !== '') query.set('text', text.trim())
  if (direction !== 'all') query.set('direction', direction)
  if (state !== 'all') query.set('state', state)
  if (before !== undefined) query.set('before', String(before))
  return `/api/history?${query}`
}
