import { lazy, type ReactNode, Suspense, useRef, useSyncExternalStore } from 'react'
import { settingsDoor } from './settings-door.js'

const SettingsDialog = lazy(async () => ({ default: (await import('./settings-dialog.js')).SettingsDialog }))

/** Where the settings come up, whoever opened them; they are loaded when they are first wanted. */
export function SettingsHost(): ReactNode {
  const isOpen = useSyncExternalStore(settingsDoor.subscribe, () => settingsDoor.isOpen)
  const wasOpen = useRef(false)
  if (isOpen) wasOpen.current = true
  if (!wasOpen.current) return null
  return (
    <Suspense fallback={null}>
      <SettingsDialog opened={isOpen} close={() => settingsDoor.set(false)} />
    </Suspense>
  )
}
