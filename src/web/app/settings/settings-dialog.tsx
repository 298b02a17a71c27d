import { Anchor, Button, Modal, Text, TextInput } from '@mantine/core'
import { BellRing } from 'lucide-react'
import { type FormEvent, type ReactNode, useState } from 'react'
import { formatSize } from '../../../trace/index.js'
import type { ErrorView } from '../../protocol/index.js'
import { announce } from '../model/announcer.js'
import { usePage } from '../model/page-store.js'
import { errorView, request } from '../model/server.js'
import { ColorScheme } from '../shell/color-scheme.js'
import { Failure } from '../shell/failure.js'
import { strings } from '../strings.js'
import styles from './settings-dialog.module.css'

const words = strings.settings

interface SettingsDialogProps {
  readonly opened: boolean
  readonly close: () => void
}

/** The few things one may want otherwise. */
export function SettingsDialog({ opened, close }: SettingsDialogProps): ReactNode {
  const version = usePage(view => view.version)
  return (
    <Modal opened={opened} onClose={close} title={words.title} centered closeButtonProps={{ 'aria-label': strings.common.close }}>
      <div className={styles.settings}>
        <Folder />
        <div>
          <div className={styles.label}>{words.colours}</div>
          <ColorScheme />
        </div>
        <NotificationConsent />
        <div className={styles.about}>
          {words.about(version)} ·{' '}
          <Anchor href="/THIRD-PARTY-LICENSES.txt" target="_blank" inherit underline="always">
            {words.licences}
          </Anchor>
        </div>
      </div>
    </Modal>
  )
}

function Folder(): ReactNode {
  const folder = usePage(view => view.folder)
  const [path, setPath] = useState(folder.path)
  const [isSaving, setSaving] = useState(false)
  const [failed, setFailed] = useState<ErrorView | undefined>()
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setSaving(true)
    setFailed(undefined)
    try {
      await request('PUT', '/api/settings', { into: path.trim() })
      announce(words.folder.saved)
    } catch (error) {
      setFailed(errorView(error))
    }
    setSaving(false)
  }
  const isChanged = path.trim() !== '' && path.trim() !== folder.path
  return (
    <form onSubmit={event => void save(event)} noValidate>
      <div className={styles.folder}>
        <TextInput
          className={styles.path ?? ''}
          label={words.folder.label}
          description={folder.free === undefined ? undefined : words.folder.free(formatSize(folder.free))}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="none"
          value={path}
          onChange={event => setPath(event.currentTarget.value)}
        />
        <Button type="submit" variant={isChanged ? 'filled' : 'default'} disabled={!isChanged} loading={isSaving}>
          {words.folder.save}
        </Button>
      </div>
      {failed !== undefined && (
        <div className={styles.failed}>
          <Failure error={failed} alert />
        </div>
      )}
    </form>
  )
}

/** Whether the system may show what happens here while one looks elsewhere. */
function NotificationConsent(): ReactNode {
  const [permission, setPermission] = useState(() => ('Notification' in window ? Notification.permission : 'unsupported'))
  const text = { granted: words.notes.on, denied: words.notes.blocked, default: words.notes.text, unsupported: words.notes.unsupported }[
    permission
  ]
  return (
    <div>
      <div className={styles.label}>{words.notes.label}</div>
      <Text size="sm" c="dimmed">
        {text}
      </Text>
      {permission === 'default' && (
        <Button
          mt="xs"
          variant="light"
          leftSection={<BellRing size={16} aria-hidden />}
          onClick={() => void Notification.requestPermission().then(setPermission)}
        >
          {words.notes.allow}
        </Button>
      )}
    </div>
  )
}
