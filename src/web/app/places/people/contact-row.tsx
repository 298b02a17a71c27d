import { ActionIcon, Badge, Button, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { Ellipsis, Pencil, Send, ShieldCheck, ShieldOff, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { formatSize } from '../../../../trace/index.js'
import type { ContactView } from '../../../protocol/index.js'
import { shortAddress } from '../../format/party.js'
import { announce } from '../../model/announcer.js'
import { usePage } from '../../model/page-store.js'
import { Avatar } from '../../shell/avatar.js'
import { NameText } from '../../shell/name-text.js'
import { strings } from '../../strings.js'
import { ContactDialog } from './contact-dialog.js'
import { contactName } from './contact-name.js'
import { removeContact, saveContact, tellDone, tellFailure } from './people-commands.js'
import styles from './people.module.css'
import { sendToContact } from './send-to.js'

const words = strings.people

interface ContactRowProps {
  readonly contact: ContactView
  readonly all: readonly ContactView[]
}

/** One contact: who, the rule for what they send, and what can be done. */
export function ContactRow({ contact, all }: ContactRowProps): ReactNode {
  const [isRenaming, setRenaming] = useState(false)
  const name = contactName(contact)
  return (
    <li className={styles.row}>
      <Avatar of={{ uri: contact.uri, displayName: contact.name }} size={40} />
      <div className={styles.who}>
        <div className={styles.nameLine}>
          <span className={styles.name}>
            <NameText clip>{name}</NameText>
          </span>
          {contact.trusted && (
            <Badge
              variant="light"
              color="teal"
              size="sm"
              radius="sm"
              className={styles.trusted ?? ''}
              leftSection={<ShieldCheck size={12} aria-hidden />}
            >
              {words.trusted}
            </Badge>
          )}
        </div>
        <div className={styles.address}>
          <NameText clip>{shortAddress(contact.uri)}</NameText>
        </div>
      </div>
      <div className={styles.actions}>
        <Button variant="light" size="compact-md" aria-label={words.sendTo(name)} onClick={() => sendToContact(contact)}>
          <Send size={14} aria-hidden />
          <span className={styles.sendWords}>{words.send}</span>
        </Button>
        <ContactMenu contact={contact} name={name} rename={() => setRenaming(true)} />
      </div>
      {contact.trusted && <TrustRule name={name} />}
      <ContactDialog opened={isRenaming} close={() => setRenaming(false)} contacts={all} contact={contact} />
    </li>
  )
}

/** What trusting somebody means, in words. */
function TrustRule({ name }: { readonly name: string }): ReactNode {
  const warnSize = usePage(view => view.limits.warnSize)
  return <div className={styles.rule}>{words.trustRule(name, warnSize === undefined ? undefined : formatSize(warnSize))}</div>
}

interface ContactMenuProps {
  readonly contact: ContactView
  readonly name: string
  readonly rename: () => void
}

function ContactMenu({ contact, name, rename }: ContactMenuProps): ReactNode {
  const warnSize = usePage(view => view.limits.warnSize)
  const size = warnSize === undefined ? undefined : formatSize(warnSize)
  return (
    <Menu position="bottom-end" width={300} withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={words.more(name)}>
          <Ellipsis size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={contact.trusted ? <ShieldOff size={16} aria-hidden /> : <ShieldCheck size={16} aria-hidden />}
          onClick={() => void trust(contact, name)}
        >
          {contact.trusted ? words.untrust : words.trust}
          <div className={styles.explained}>{contact.trusted ? words.askRule(name) : words.trustRule(name, size)}</div>
        </Menu.Item>
        <Menu.Item leftSection={<Pencil size={16} aria-hidden />} onClick={rename}>
          {words.rename}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          className={styles.danger ?? ''}
          leftSection={<Trash2 size={16} aria-hidden />}
          onClick={() => void remove(contact, name)}
        >
          {words.remove}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

async function trust(contact: ContactView, name: string): Promise<void> {
  try {
    await saveContact({ uri: contact.uri, ...(contact.name !== undefined && { name: contact.name }), trusted: !contact.trusted })
    tellDone(contact.trusted ? words.askNow(name) : words.trustNow(name))
  } catch (error) {
    tellFailure(error)
  }
}

/** Removes at once, and offers to take it back. */
async function remove(contact: ContactView, name: string): Promise<void> {
  try {
    await removeContact(contact.uri)
  } catch (error) {
    tellFailure(error)
    return
  }
  const takeBack = (): void => {
    notifications.hide(id)
    saveContact({ uri: contact.uri, trusted: contact.trusted, ...(contact.name !== undefined && { name: contact.name }) }).then(
      () => announce(words.added(name)),
      tellFailure,
    )
  }
  const id = notifications.show({
    autoClose: 10_000,
    withBorder: true,
    message: (
      <div className={styles.undo}>
        <span>
          <NameText>{words.removed(name)}</NameText>
        </span>
        <Button size="compact-sm" variant="light" onClick={takeBack}>
          {words.undo}
        </Button>
      </div>
    ),
  })
  announce(words.removed(name))
}
