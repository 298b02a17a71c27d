import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core'
import { Ellipsis, Pause, Play, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { visibleText } from '../../../../trace/index.js'
import type { TransferView } from '../../../protocol/index.js'
import { strings } from '../../strings.js'
import { otherEnd } from './card-head.js'
import styles from './card-head.module.css'
import { errorText, hasProblem } from './card-status.js'
import { act, copyText } from './transfer-commands.js'

const words = strings.transfers.card

/** What can be done with a transfer now: the most likely as buttons, the rest in a menu. */
export function CardActions({ transfer }: { readonly transfer: TransferView }): ReactNode {
  const { id, actions, phase } = transfer
  const who = visibleText(otherEnd(transfer))
  const can = (action: TransferView['actions'][number]): boolean => actions.includes(action)
  return (
    <div className={styles.actions}>
      {can('resume') && (
        <Button size="xs" fz="sm" leftSection={<Play size={15} fill="currentColor" aria-hidden />} onClick={() => void act(id, 'resume')}>
          {words.actions.resume}
        </Button>
      )}
      {can('retry') && (
        <Button size="xs" fz="sm" variant={can('resume') ? 'default' : 'filled'} onClick={() => void act(id, 'retry')}>
          {transfer.files.length > 1 || transfer.recipients !== undefined ? words.actions.retry : words.actions.retryOne}
        </Button>
      )}
      {can('continue') && (
        <Button
          size="xs"
          fz="sm"
          variant="light"
          leftSection={<Play size={15} fill="currentColor" aria-hidden />}
          onClick={() => void act(id, 'continue')}
        >
          {words.actions.continue}
        </Button>
      )}
      {can('pause') && (
        <Tooltip label={words.actions.pause}>
          <ActionIcon variant="default" size="lg" aria-label={`${words.actions.pause}: ${who}`} onClick={() => void act(id, 'pause')}>
            <Pause size={17} fill="currentColor" strokeWidth={0} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
      {can('cancel') && (
        <Tooltip label={words.actions.cancel}>
          <ActionIcon variant="default" size="lg" aria-label={`${words.actions.cancel}: ${who}`} onClick={() => void act(id, 'cancel')}>
            <X size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
      {phase === 'ended' && <More transfer={transfer} who={who} />}
    </div>
  )
}

function More({ transfer, who }: { readonly transfer: TransferView; readonly who: string }): ReactNode {
  const { id, direction, files } = transfer
  const paths = files.flatMap(({ path }) => (path === undefined ? [] : [path]))
  const failed = files.filter(hasProblem).map(({ name }) => name)
  const error = errorText(transfer)
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={words.menu(who)}>
          <Ellipsis size={19} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {direction === 'sent' && <Menu.Item onClick={() => void act(id, 'send-again')}>{words.actions['send-again']}</Menu.Item>}
        {paths.length > 0 && <Menu.Item onClick={() => void copyText(paths.join('\n'))}>{words.copyPaths}</Menu.Item>}
        {failed.length > 0 && <Menu.Item onClick={() => void copyText(failed.join('\n'))}>{words.copyFailed}</Menu.Item>}
        {error !== '' && <Menu.Item onClick={() => void copyText(error)}>{words.copyError}</Menu.Item>}
        <Menu.Item onClick={() => void act(id, 'dismiss')}>{words.actions.dismiss}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
