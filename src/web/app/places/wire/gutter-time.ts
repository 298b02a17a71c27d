import { formatElapsed } from '../../../../trace/index.js'

/** What the times at the left edge say. */
export type TimeMode = 'relative' | 'absolute' | 'delta'

export const TIME_MODES: readonly TimeMode[] = ['relative', 'absolute', 'delta']

export function nextTimeMode(mode: TimeMode): TimeMode {
  return TIME_MODES[(TIME_MODES.indexOf(mode) + 1) % TIME_MODES.length] as TimeMode
}

/**
 * `02.310` seconds since the first row, `14:30:02.310` of the day here, `+0.004` seconds since the row before.
 * @param first time of the first row, `before` that of the row before; milliseconds since 1970
 */
export function gutterTime(mode: TimeMode, time: number, first: number, before: number | undefined): string {
  if (mode === 'relative') return formatElapsed(Math.max(0, time - first))
  if (mode === 'delta') return before === undefined ? '' : `+${((time - before) / 1000).toFixed(3)}`
  const date = new Date(time)
  const two = (value: number): string => `${value}`.padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${`${date.getMilliseconds()}`.padStart(3, '0')}`
}
