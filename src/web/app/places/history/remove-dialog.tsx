import { Button, Group, Modal, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { HistoryRow } from '../../../protocol/index.js'
import { strings } from '../../strings.js'
import { removeRow } from './history-commands.js'

const words = strings.history

interface RemoveDialogProps {
  readonly row: HistoryRow
  readonly opened: boolean
  readonly close: () => void
}

/** Asks before a transfer leaves the list: that cannot be taken back. */
export function RemoveDialog({ row, opened, close }: RemoveDialogProps): ReactNode {
  const remove = (): void => {
    close()
    void removeRow(row)
  }
  return (
    <Modal opened={opened} onClose={close} title={words.removeTitle} centered closeButtonProps={{ 'aria-label': strings.common.close }}>
      <Text mb="lg">{words.removeText}</Text>
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={close} data-autofocus>
          {strings.common.cancel}
        </Button>
        <Button color="red.8" onClick={remove}>
          {words.remove}
        </Button>
      </Group>
    </Modal>
  )
}
