import { Settings } from 'lucide-react'
import type { ReactNode } from 'react'
import { strings } from '../strings.js'
import { settingsDoor } from './settings-door.js'

interface SettingsButtonProps {
  /** It looks as its surroundings say. */
  readonly className: string | undefined
  /** Called as they open. */
  readonly opening?: (() => void) | undefined
}

/** Opens the settings. */
export function SettingsButton({ className, opening }: SettingsButtonProps): ReactNode {
  const open = (): void => {
    opening?.()
    settingsDoor.set(true)
  }
  return (
    <button type="button" className={className} aria-haspopup="dialog" onClick={open}>
      <Settings size={19} aria-hidden />
      <span>{strings.settings.title}</span>
    </button>
  )
}
