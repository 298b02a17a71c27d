import { Button, Group } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { allowNotes, mayAskForNotes, rememberAsked } from '../model/notes.js'
import { strings } from '../strings.js'

const words = strings.shell.notes.ask
const ID = 'ask-for-notes'

/** At the first files that are received: whether the system may tell of the next ones. Asked once. */
export function askForNotes(): void {
  if (!mayAskForNotes()) return
  rememberAsked()
  const close = (): string => notifications.hide(ID)
  notifications.show({
    id: ID,
    title: words.title,
    autoClose: false,
    message: (
      <>
        {words.text}
        <Group gap="xs" mt="xs">
          <Button
            size="compact-sm"
            onClick={() => {
              close()
              void allowNotes()
            }}
          >
            {words.yes}
          </Button>
          <Button size="compact-sm" variant="default" onClick={close}>
            {words.no}
          </Button>
        </Group>
      </>
    ),
  })
}
