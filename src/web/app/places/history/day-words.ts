import { strings } from '../../strings.js'
import { localDay } from './history-items.js'

const DAY = 86_400_000

/** `Today`, `Yesterday`, `Friday 20 November`, and the year when it is another one. */
export function dayWords(time: number, now: number): string {
  const day = localDay(time)
  if (day === localDay(now)) return strings.history.today
  if (day === localDay(now - DAY)) return strings.history.yesterday
  const isThisYear = new Date(time).getFullYear() === new Date(now).getFullYear()
  return new Date(time).toLocaleDateString(undefined, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(!isThisYear && { year: 'numeric' }),
  })
}
