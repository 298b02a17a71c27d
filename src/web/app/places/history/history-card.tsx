import { ActionIcon, Button, Menu } from '@mantine/core'
import { ArrowDownLeft, ArrowUpRight, ChevronDown, ChevronUp, Ellipsis, Play, RotateCcw, Send, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { HistoryRow } from '../../../protocol/index.js'
import { nameOf } from '../../format/party.js'
import { NameText } from '../../shell/name-text.js'
import { strings } from '../../strings.js'
import { startAgain } from './history-commands.js'
import { HistoryFileLine } from './history-file-line.js'
import styles from './history.module.css'
import { HistoryRecipients } from './history-recipients.js'
import { RemoveDialog } from './remove-dialog.js'

const words = strings.history
/** Files of a transfer that are shown without being asked for. */
const FIRST = 3

interface HistoryCardProps {
  readonly row: HistoryRow
  /** Of the day, as people read it. */
  readonly time: string
}

/** One transfer of the past: with whom, when, its files, and what can be done now. */
export function HistoryCard({ row, time }: HistoryCardProps): ReactNode {
  const [isUnfolded, setUnfolded] = useState(false)
  const files = isUnfolded ? row.files : row.files.slice(0, FIRST)
  const rest = row.files.length - FIRST
  return (
    <article className={styles.card}>
      <header className={styles.head}>
        <Direction row={row} />
        <time className={styles.time} dateTime={new Date(row.started).toISOString()}>
          {time}
        </time>
        <Actions row={row} />
      </header>
      <ul className={styles.files}>
        {files.map(file => (
          <HistoryFileLine key={file.index} row={row} file={file} />
        ))}
      </ul>
      <div className={styles.folds}>
        {rest > 0 && (
          <button type="button" className={styles.fold} aria-expanded={isUnfolded} onClick={() => setUnfolded(!isUnfolded)}>
            {isUnfolded ? words.fewerFiles : words.moreFiles(rest)}
            {isUnfolded ? <ChevronUp size={14} aria-hidden /> : <ChevronDown size={14} aria-hidden />}
          </button>
        )}
        {row.recipients !== undefined && row.recipients.length > 0 && <HistoryRecipients recipients={row.recipients} />}
      </div>
    </article>
  )
}

function Direction({ row }: { readonly row: HistoryRow }): ReactNode {
  const Icon = row.direction === 'sent' ? ArrowUpRight : ArrowDownLeft
  const name = titleName(row)
  return (
    <>
      <span className={styles.direction} data-direction={row.direction} aria-hidden>
        <Icon size={16} />
      </span>
      <div className={styles.who}>
        <h3 className={styles.name}>
          <NameText clip>{row.direction === 'sent' ? words.to(name) : words.from(name)}</NameText>
        </h3>
        {row.subject !== undefined && row.subject !== '' && (
          <div className={styles.subject}>
            <NameText clip>{row.subject}</NameText>
          </div>
        )}
      </div>
    </>
  )
}

const ACTIONS = {
  resume: { icon: Play, words: words.resume },
  retry: { icon: RotateCcw, words: words.retry },
  'send-again': { icon: Send, words: words.sendAgain },
} as const

function Actions({ row }: { readonly row: HistoryRow }): ReactNode {
  const [isRemoving, setRemoving] = useState(false)
  // the first stands outside where there is room, the others in the menu
  const [first] = row.actions
  const name = titleName(row)
  return (
    <div className={styles.actions}>
      {first !== undefined && (
        <Button
          visibleFrom="xs"
          size="compact-sm"
          variant={first === 'send-again' ? 'subtle' : 'light'}
          onClick={() => void startAgain(row, first)}
        >
          {ACTIONS[first].words}
        </Button>
      )}
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`${words.more}: ${row.direction === 'sent' ? words.to(name) : words.from(name)}`}
          >
            <Ellipsis size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {row.actions.map(action => {
            const { icon: Icon, words: label } = ACTIONS[action]
            return (
              <Menu.Item
                key={action}
                {...(action === first && { hiddenFrom: 'xs' })}
                leftSection={<Icon size={16} aria-hidden />}
                onClick={() => void startAgain(row, action)}
              >
                {label}
              </Menu.Item>
            )
          })}
          <Menu.Item className={styles.danger ?? ''} leftSection={<Trash2 size={16} aria-hidden />} onClick={() => setRemoving(true)}>
            {words.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <RemoveDialog row={row} opened={isRemoving} close={() => setRemoving(false)} />
    </div>
  )
}

/** Of several people without a group of their own, the names: the peer is only the server that passed it on. */
function titleName({ group, peer, peerName, recipients = [] }: HistoryRow): string {
  if (group === undefined && recipients.length > 1) return recipients.map(({ uri }) => nameOf({ uri })).join(', ')
  return nameOf({ uri: group ?? peer, displayName: peerName })
}
