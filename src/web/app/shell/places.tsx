import { Center, Loader } from '@mantine/core'
import { type ComponentType, lazy, type ReactNode, Suspense, useEffect, useRef } from 'react'
import { patientImport } from '../model/patient-import.js'
import { PATHS, type Path, usePlace } from '../model/route.js'
import { strings } from '../strings.js'
import { PlaceBoundary } from './place-boundary.js'

/** Each place comes when it is first looked at, or a while after the page: the Wire brings much with it. */
const LOADERS: Readonly<Record<Path, () => Promise<{ readonly default: ComponentType }>>> = {
  '/': async () => ({ default: (await import('../places/transfers/transfers.js')).Transfers }),
  '/people': async () => ({ default: (await import('../places/people/people.js')).People }),
  '/history': async () => ({ default: (await import('../places/history/history.js')).History }),
  '/wire': async () => ({ default: (await import('../places/wire/wire.js')).Wire }),
  '/doctor': async () => ({ default: (await import('../doctor/doctor.js')).Doctor }),
}

const patiently = (path: Path): ComponentType => lazy(() => patientImport(LOADERS[path]))

const PLACES: Readonly<Record<Path, ComponentType>> = {
  '/': patiently('/'),
  '/people': patiently('/people'),
  '/history': patiently('/history'),
  '/wire': patiently('/wire'),
  '/doctor': patiently('/doctor'),
}

/** Milliseconds after which the other places are brought, so that they are there even when the server is not. */
const CALM = 2_000

/** The place where we are. Its name is the title of the window, and the focus goes to its beginning. */
export function Places(): ReactNode {
  const here = usePlace()
  const before = useRef(here)
  useEffect(() => {
    document.title = `${strings.shell.places[here]} · ${strings.shell.brand}`
    if (before.current !== here) document.getElementById('content')?.focus()
    before.current = here
  }, [here])
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const path of PATHS) LOADERS[path]().catch(() => undefined)
    }, CALM)
    return () => clearTimeout(timer)
  }, [])
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
