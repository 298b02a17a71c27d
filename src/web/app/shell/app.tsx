import { lazy, type ReactNode, Suspense } from 'react'
import { useConnection, useIsOpen, usePage } from '../model/page-store.js'
import { LiveRegion } from './live-region.js'
import { LockedOut } from './locked-out.js'
import { OfflineBanner } from './offline-banner.js'
import { Places, Waiting } from './places.js'
import { Shell } from './shell.js'

const FirstRun = lazy(async () => ({ default: (await import('../first-run/first-run.js')).FirstRun }))

/** The whole page, by what is known of the server. */
export function App(): ReactNode {
  const { state } = useConnection()
  const isOpen = useIsOpen()
  return (
    <>
      <LiveRegion />
      {state === 'unauthorized' ? <LockedOut /> : isOpen ? <Opened /> : <Opening />}
    </>
  )
}

function Opening(): ReactNode {
  return (
    <>
      <OfflineBanner />
      <Waiting />
    </>
  )
}

function Opened(): ReactNode {
  const mode = usePage(view => view.mode)
  if (mode === 'first-run') {
    return (
      <>
        <OfflineBanner />
        <Suspense fallback={<Waiting />}>
          <FirstRun />
        </Suspense>
      </>
    )
  }
  return (
    <Shell>
      <Places />
    </Shell>
  )
}
