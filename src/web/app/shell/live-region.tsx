import { VisuallyHidden } from '@mantine/core'
import { type ReactNode, useSyncExternalStore } from 'react'
import { announcer } from '../model/announcer.js'

/** The one place whose changes are spoken. */
export function LiveRegion(): ReactNode {
  const words = useSyncExternalStore(announcer.subscribe, () => announcer.words)
  return (
    <VisuallyHidden role="status" aria-live="polite" aria-atomic="true">
      {words}
    </VisuallyHidden>
  )
}
