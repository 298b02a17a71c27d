import { ArrowDownUp, Cable, Clock, type LucideIcon, Users } from 'lucide-react'
import type { MouseEvent, ReactNode } from 'react'
import { usePage } from '../model/page-store.js'
import { navigate, type Path, usePlace } from '../model/route.js'
import { strings } from '../strings.js'
import styles from './shell.module.css'

const PLACES: readonly { readonly path: Path; readonly icon: LucideIcon }[] = [
  { path: '/', icon: ArrowDownUp },
  { path: '/people', icon: Users },
  { path: '/history', icon: Clock },
  { path: '/wire', icon: Cable },
]

/** The ways to the four places. */
export function Navigation({ className }: { readonly className: string | undefined }): ReactNode {
  const here = usePlace()
  return (
    <nav className={className} aria-label={strings.shell.navigation}>
      {PLACES.map(({ path, icon: Icon }) => (
        <PlaceLink key={path} path={path} isHere={here === path}>
          <Icon size={19} strokeWidth={2} aria-hidden />
          <span>{strings.shell.places[path]}</span>
          {path === '/' && <Running />}
        </PlaceLink>
      ))}
    </nav>
  )
}

interface PlaceLinkProps {
  readonly path: Path
  readonly isHere: boolean
  /** Called when it is followed. */
  readonly leave?: (() => void) | undefined
  readonly children: ReactNode
}

/** A real link, so that it can be opened in another tab; without one it changes the place in this page. */
export function PlaceLink({ path, isHere, leave, children }: PlaceLinkProps): ReactNode {
  const go = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return
    event.preventDefault()
    leave?.()
    navigate(path)
  }
  return (
    <a className={styles.place} href={path} aria-current={isHere ? 'page' : undefined} onClick={go}>
      {children}
    </a>
  )
}

function Running(): ReactNode {
  const count = usePage(({ transferIds, transfers }) =>
    transferIds.reduce((sum, id) => sum + (transfers.get(id)?.phase === 'ended' ? 0 : 1), 0),
  )
  return count === 0 ? null : (
    <span className={styles.count}>
      {count}
      <span className={styles.hidden}> {strings.shell.running}</span>
    </span>
  )
}
