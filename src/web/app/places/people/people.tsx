import { Button, CloseButton, TextInput } from '@mantine/core'
import { Search, UserPlus, Users } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { ContactView, GroupView } from '../../../protocol/index.js'
import { errorView } from '../../model/server.js'
import { useContacts, useGroups } from '../../model/queries.js'
import { EmptyState } from '../../shell/empty-state.js'
import { Failure } from '../../shell/failure.js'
import { PlaceFrame } from '../../shell/place-frame.js'
import { strings } from '../../strings.js'
import { ContactDialog } from './contact-dialog.js'
import { ContactList } from './contact-list.js'
import { GroupDialog } from './group-dialog.js'
import { GroupList } from './group-list.js'
import { OwnAddress } from './own-address.js'
import styles from './people.module.css'
import { PeopleSkeleton } from './people-skeleton.js'
import { matchingContacts, matchingGroups } from './search.js'

const words = strings.people

/** Who one sends to and receives from, and how others find oneself. */
export function People(): ReactNode {
  const contacts = useContacts()
  const groups = useGroups()
  const [dialog, setDialog] = useState<'contact' | 'group' | undefined>()
  const close = (): void => setDialog(undefined)
  const failed = contacts.error ?? groups.error
  return (
    <PlaceFrame
      title={words.title}
      actions={
        <>
          <Button variant="default" leftSection={<Users size={16} aria-hidden />} onClick={() => setDialog('group')}>
            {words.group.add}
          </Button>
          <Button leftSection={<UserPlus size={16} aria-hidden />} onClick={() => setDialog('contact')}>
            {words.addContact}
          </Button>
        </>
      }
    >
      <div className={styles.place}>
        <div className={styles.lists}>
          {failed !== null ? (
            <Failure error={errorView(failed)}>
              <Button size="compact-sm" variant="default" onClick={() => void Promise.all([contacts.refetch(), groups.refetch()])}>
                {words.again}
              </Button>
            </Failure>
          ) : contacts.data === undefined || groups.data === undefined ? (
            <PeopleSkeleton />
          ) : (
            <Lists contacts={contacts.data} groups={groups.data} add={() => setDialog('contact')} addGroup={() => setDialog('group')} />
          )}
        </div>
        <OwnAddress />
      </div>
      <ContactDialog opened={dialog === 'contact'} close={close} contacts={contacts.data ?? []} />
      <GroupDialog opened={dialog === 'group'} close={close} contacts={contacts.data ?? []} groups={groups.data ?? []} />
    </PlaceFrame>
  )
}

interface ListsProps {
  readonly contacts: readonly ContactView[]
  readonly groups: readonly GroupView[]
  readonly add: () => void
  readonly addGroup: () => void
}

function Lists({ contacts, groups, add, addGroup }: ListsProps): ReactNode {
  const [text, setText] = useState('')
  if (contacts.length === 0 && groups.length === 0) {
    return (
      <section className={styles.card}>
        <EmptyState icon={UserPlus} title={words.empty.title} text={words.empty.text}>
          <Button onClick={add}>{words.empty.button}</Button>
        </EmptyState>
      </section>
    )
  }
  const foundContacts = matchingContacts(contacts, text)
  const foundGroups = matchingGroups(groups, contacts, text)
  const isSearching = text.trim() !== ''
  return (
    <>
      <TextInput
        aria-label={words.search}
        placeholder={words.search}
        leftSection={<Search size={16} aria-hidden />}
        rightSection={text === '' ? undefined : <CloseButton size="sm" aria-label={words.clear} onClick={() => setText('')} />}
        value={text}
        onChange={event => setText(event.currentTarget.value)}
        className={styles.search ?? ''}
      />
      {foundContacts.length + foundGroups.length === 0 && <p className={styles.none}>{words.noMatch(text.trim())}</p>}
      {foundContacts.length > 0 && <ContactList contacts={foundContacts} all={contacts} />}
      {foundGroups.length > 0 && <GroupList groups={foundGroups} all={groups} contacts={contacts} />}
      {!isSearching && contacts.length === 0 && <Hint text={words.empty.text} button={words.empty.button} act={add} />}
      {!isSearching && groups.length === 0 && <Hint text={words.noGroups.text} button={words.noGroups.button} act={addGroup} />}
    </>
  )
}

interface HintProps {
  readonly text: string
  readonly button: string
  readonly act: () => void
}

/** One of the two lists is empty. */
function Hint({ text, button, act }: HintProps): ReactNode {
  return (
    <div className={styles.hint}>
      <span>{text}</span>
      <Button size="compact-sm" variant="light" onClick={act}>
        {button}
      </Button>
    </div>
  )
}
