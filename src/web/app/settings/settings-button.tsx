import { Settings } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { strings } from '../strings.js'

const SettingsDialog = lazy(async () => ({ default: (await import('./settings-dialog.js')).SettingsDialog }))

/** Opens the settings; looks as its surroundings say. */
export function SettingsButton({ className }: { readonly className: string | undefined }): ReactNode {
  const [state, setState] = useState<'never' | 'open' | 'closed'>('never')
  return (
    <>
      <button type="button" className={className} aria-haspopup="dialog" onClick={() => setState('open')}>
        <Settings size={19} aria-hidden />
        <span>{strings.settings.title}</span>
      </button>
      {state !== 'never' && (
        <Suspense fallback={null}>
          <SettingsDialog opened={state === 'open'} close={() => setState('closed')} />
        </Suspense>
      )}
    </>
  )
}
