import { ChevronDown, ChevronUp } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { HistoryRow } from '../../../protocol/index.js'
import { nameOf } from '../../format/party.js'
import { useContacts } from '../../model/queries.js'
import { Avatar } from '../../shell/avatar.js'
import { NameText } from '../../shell/name-text.js'
import { strings } from '../../strings.js'
import styles from './history.module.css'

const words = strings.history
/** States of those who have the files, or will have them without more ado. */
const REACHED = new Set(['delivered', 'displayed', 'stored'])

/** Who a transfer went to, folded to a count. */
export function HistoryRecipients({ recipients }: { readonly recipients: NonNullable<HistoryRow['recipients']> }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const contacts = useContacts().data
  const reached = recipients.filter(({ state }) => REACHED.has(state)).length
  return (
    <>
      <button type="button" className={styles.fold} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {words.recipients(reached, recipients.length)}
        {isOpen ? <ChevronUp size={14} aria-hidden /> : <ChevronDown size={14} aria-hidden />}
      </button>
      {isOpen && (
        <ul className={styles.recipients}>
          {recipients.map(({ uri, state }) => {
            const who = { uri, displayName: contacts?.find(contact => contact.uri === uri)?.name }
            return (
              <li key={uri} className={styles.recipient}>
                <Avatar of={who} size={22} />
                <NameText clip>{nameOf(who)}</NameText>
                <span className={styles.recipientState} data-reached={REACHED.has(state)}>
                  {strings.common.recipientStates[state] ?? state}
                </span>
              </li>
            )
          })}
        </ul>
      )}
    </>
  )
}
