import type { ReactNode } from 'react'
import type { ContactView, GroupView } from '../../../protocol/index.js'
import { strings } from '../../strings.js'
import { GroupRow } from './group-row.js'
import styles from './people.module.css'

interface GroupListProps {
  readonly groups: readonly GroupView[]
  readonly all: readonly GroupView[]
  readonly contacts: readonly ContactView[]
}

/** The groups of the own address book. */
export function GroupList({ groups, all, contacts }: GroupListProps): ReactNode {
  return (
    <section aria-labelledby="groups-title">
      <h2 id="groups-title" className={styles.heading}>
        {strings.people.groups} <span className={styles.count}>{groups.length}</span>
      </h2>
      <ul className={`${styles.card} ${styles.list}`}>
        {groups.map(group => (
          <GroupRow key={group.name} group={group} all={all} contacts={contacts} />
        ))}
      </ul>
    </section>
  )
}
