import { Center, Loader } from '@mantine/core'
import { type ComponentType, lazy, type ReactNode, Suspense, useEffect, useRef } from 'react'
import { type Path, usePlace } from '../model/route.js'
import { strings } from '../strings.js'
import { PlaceBoundary } from './place-boundary.js'

/** Each place comes when it is first looked at: the Wire brings much with it. */
const PLACES: Readonly<Record<Path, ComponentType>> = {
  '/': lazy(async () => ({ default: (await import('../places/transfers/transfers.js')).Transfers })),
  '/people': lazy(async () => ({ default: (await import('../places/people/people.js')).People })),
  '/history': lazy(async () => ({ default: (await import('../places/history/history.js')).History })),
  '/wire': lazy(async () => ({ default: (await import('../places/wire/wire.js')).Wire })),
  '/doctor': lazy(async () => ({ default: (await import('../doctor/doctor.js')).Doctor })),
}

/** The place where we are. Its name is the title of the window, and the focus goes to its beginning. */
export function Places(): ReactNode {
  const here = usePlace()
  const before = useRef(here)
  useEffect(() => {
    document.title = `${strings.shell.places[here]} · ${strings.shell.brand}`
    if (before.current !== here) document.getElementById('content')?.focus()
    before.current = here
  }, [here])
  const Place = PLACES[here]
  return (
    <PlaceBoundary place={here}>
      <Suspense fallback={<Waiting />}>
        <Place />
      </Suspense>
    </PlaceBoundary>
  )
}

/** While something is not here yet. */
export function Waiting(): ReactNode {
  return (
    <Center h="100%" mih={200}>
      <Loader size="sm" aria-label={strings.shell.loading} />
    </Center>
  )
}
