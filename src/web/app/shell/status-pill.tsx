import { Ban, Check, CircleAlert, Clock, Eye, Inbox, type LucideIcon, Pause } from 'lucide-react'
import type { ReactNode } from 'react'
import styles from './status-pill.module.css'

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'quiet'
export type Sign = 'check' | 'alert' | 'ban' | 'clock' | 'eye' | 'inbox' | 'pause'

const SIGNS: Readonly<Record<Sign, LucideIcon>> = {
  check: Check,
  alert: CircleAlert,
  ban: Ban,
  clock: Clock,
  eye: Eye,
  inbox: Inbox,
  pause: Pause,
}

export interface Status {
  readonly text: string
  readonly tone: Tone
  readonly sign?: Sign | undefined
}

interface StatusPillProps extends Status {
  /** Without a ground of its own: for rows. */
  readonly plain?: boolean
}

/** A state in a word, with a sign and a colour that say the same. */
export function StatusPill({ text, tone, sign, plain = false }: StatusPillProps): ReactNode {
  const Icon = sign === undefined ? undefined : SIGNS[sign]
  return (
    <span className={styles.pill} data-tone={tone} data-plain={plain || undefined}>
      {Icon !== undefined && <Icon size={14} strokeWidth={2.25} fill={sign === 'pause' ? 'currentColor' : 'none'} aria-hidden />}
      {text}
    </span>
  )
}
