import { UserRound } from 'lucide-react'
import type { ReactNode } from 'react'
import { hueOf, initialsOf, type Named, nameOf } from '../format/party.js'
import styles from './avatar.module.css'

/** Colours that there are in `avatar.module.css`. */
const HUES = 6

interface AvatarProps {
  readonly of: Named
  /** Pixels. */
  readonly size?: number
}

/** Somebody's initials in a colour of their own; the name stands beside it, so that nobody has to hear this. */
export function Avatar({ of, size = 36 }: AvatarProps): ReactNode {
  const isNobody = of.identity === 'anonymous' || of.uri.endsWith('@anonymous.invalid')
  const initials = isNobody ? '' : initialsOf(nameOf(of))
  return (
    <span
      className={styles.avatar}
      data-hue={isNobody ? undefined : hueOf(of.uri, HUES)}
      style={{ width: size, height: size, fontSize: size * 0.38 }}
      aria-hidden
    >
      {initials === '' ? <UserRound size={size * 0.5} /> : initials}
    </span>
  )
}
