import { ActionIcon, Button, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { ChevronDown, ChevronUp, Ellipsis, Pencil, Send, Trash2, Users } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'
import type { ContactView, GroupView } from '../../../protocol/index.js'
import { shortAddress } from '../../format/party.js'
import { announce } from '../../model/announcer.js'
import { Avatar } from '../../shell/avatar.js'
import { NameText } from '../../shell/name-text.js'
import { strings } from '../../strings.js'
import { isSameAddress } from './address.js'
import { contactName } from './contact-name.js'
import { GroupDialog } from './group-dialog.js'
import { removeGroup, saveGroup, tellFailure } from './people-commands.js'
import styles from './people.module.css'
import { sendToGroup } from './send-to.js'

const words = strings.people

interface GroupRowProps {
  readonly group: GroupView
  readonly all: readonly GroupView[]
  readonly contacts: readonly ContactView[]
}

/** One group: its name, its people folded, and what can be done. */
export function GroupRow({ group, all, contacts }: GroupRowProps): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const [isEditing, setEditing] = useState(false)
  const peopleId = useId()
  return (
    <li className={styles.row}>
      <span className={styles.groupMark} aria-hidden>
        <Users size={18} />
      </span>
      <div className={styles.who}>
        <div className={styles.name}>
          <NameText clip>{group.name}</NameText>
        </div>
        {group.uri !== undefined && (
          <div className={styles.address}>
            <NameText clip>{shortAddress(group.uri)}</NameText>
          </div>
        )}
        {group.members.length > 0 && (
          <button
            type="button"
            className={styles.fold}
            aria-expanded={isOpen}
            aria-controls={isOpen ? peopleId : undefined}
            onClick={() => setOpen(!isOpen)}
          >
            {words.group.count(group.members.length)}
            {isOpen ? <ChevronUp size={14} aria-hidden /> : <ChevronDown size={14} aria-hidden />}
          </button>
        )}
      </div>
      <div className={styles.actions}>
        <Button variant="light" size="compact-md" aria-label={words.sendTo(group.name)} onClick={() => sendToGroup(group, contacts)}>
          <Send size={14} aria-hidden />
          <span className={styles.sendWords}>{words.send}</span>
        </Button>
        <Menu position="bottom-end" width={220}>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={words.more(group.name)}>
              <Ellipsis size={18} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<Pencil size={16} aria-hidden />} onClick={() => setEditing(true)}>
              {words.group.edit}
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item className={styles.danger ?? ''} leftSection={<Trash2 size={16} aria-hidden />} onClick={() => void remove(group)}>
              {words.remove}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      {isOpen && (
        <div className={styles.members} id={peopleId}>
          <Members members={group.members} contacts={contacts} />
        </div>
      )}
      <GroupDialog opened={isEditing} close={() => setEditing(false)} contacts={contacts} groups={all} group={group} />
    </li>
  )
}

function Members({ members, contacts }: { readonly members: readonly string[]; readonly contacts: readonly ContactView[] }): ReactNode {
  return (
    <ul className={styles.memberList}>
      {members.map(uri => {
        const contact = contacts.find(other => isSameAddress(other.uri, uri)) ?? { uri, name: undefined }
        return (
          <li key={uri} className={styles.member}>
            <Avatar of={{ uri: contact.uri, displayName: contact.name }} size={24} />
            <NameText clip>{contactName(contact)}</NameText>
            <span className={styles.address}>
              <NameText clip>{shortAddress(uri)}</NameText>
            </span>
          </li>
        )
      })}
    </ul>
  )
}

/** Removes at once, and offers to take it back. */
async function remove(group: GroupView): Promise<void> {
  try {
    await removeGroup(group.name)
  } catch (error) {
    tellFailure(error)
    return
  }
  const takeBack = (): void => {
    notifications.hide(id)
    saveGroup({ name: group.name, members: [...group.members], ...(group.uri !== undefined && { uri: group.uri }) }).then(
      () => announce(words.added(group.name)),
      tellFailure,
    )
  }
  const id = notifications.show({
    autoClose: 10_000,
    withBorder: true,
    message: (
      <div className={styles.undo}>
        <NameText>{words.removed(group.name)}</NameText>
        <Button size="compact-sm" variant="light" onClick={takeBack}>
          {words.undo}
        </Button>
      </div>
    ),
  })
  announce(words.removed(group.name))
}
