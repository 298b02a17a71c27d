import type { ReactNode } from 'react'
import type { ContactView } from '../../../protocol/index.js'
import { strings } from '../../strings.js'
import { ContactRow } from './contact-row.js'
import styles from './people.module.css'

interface ContactListProps {
  readonly contacts: readonly ContactView[]
  /** Found or not: for the check of duplicates. */
  readonly all: readonly ContactView[]
}

/** The contacts, each with what can be done with them. */
export function ContactList({ contacts, all }: ContactListProps): ReactNode {
  return (
    <section aria-labelledby="contacts-title">
      <h2 id="contacts-title" className={styles.heading}>
        {strings.people.contacts} <span className={styles.count}>{contacts.length}</span>
      </h2>
      <ul className={`${styles.card} ${styles.list}`}>
        {contacts.map(contact => (
          <ContactRow key={contact.uri} contact={contact} all={all} />
        ))}
      </ul>
    </section>
  )
}
