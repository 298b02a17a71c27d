import { Menu, VisuallyHidden } from '@mantine/core'
import { Check, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { visibleText } from '../../../../trace/index.js'
import { nameOf, shortAddress } from '../../format/party.js'
import type { CopyControl, Recipient } from '../../model/draft.js'
import { Avatar } from '../../shell/avatar.js'
import { NameText } from '../../shell/name-text.js'
import { strings } from '../../strings.js'
import styles from './recipients-input.module.css'

const words = strings.transfers.composer
const KINDS: readonly CopyControl[] = ['to', 'cc', 'bcc']

interface RecipientChipProps {
  readonly recipient: Recipient
  /** With one recipient there is nobody to hide anything from. */
  readonly hasOthers: boolean
  readonly onChange: (copyControl: CopyControl) => void
  readonly onRemove: () => void
}

/** Somebody chosen: their name, and how the others see them. */
export function RecipientChip({ recipient, hasOthers, onChange, onRemove }: RecipientChipProps): ReactNode {
  const { uri, name, copyControl, group } = recipient
  const shown = nameOf({ uri, displayName: name })
  const canCopy = group === undefined && hasOthers
  const kind = words.copyShort[copyControl]
  return (
    <Menu position="bottom-start" withinPortal width={270}>
      <Menu.Target>
        <button type="button" className={styles.chip} title={visibleText(shortAddress(uri))}>
          <Avatar of={{ uri, displayName: name }} size={22} />
          {kind !== '' && <span className={styles.kind}>{kind}</span>}
          <span className={styles.chipName}>
            <NameText clip>{shown}</NameText>
          </span>
          {group !== undefined && <span className={styles.members}>{words.group(group.members.length)}</span>}
          <VisuallyHidden>{words.options}</VisuallyHidden>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <NameText>{shortAddress(uri)}</NameText>
        </Menu.Label>
        {canCopy &&
          KINDS.map(each => (
            <Menu.Item
              key={each}
              leftSection={<Check size={16} opacity={each === copyControl ? 1 : 0} aria-hidden />}
              onClick={() => onChange(each)}
            >
              {words.copyControl[each]}
              <div className={styles.about}>{words.copyAbout[each]}</div>
            </Menu.Item>
          ))}
        {canCopy && <Menu.Divider />}
        <Menu.Item leftSection={<X size={16} aria-hidden />} onClick={onRemove}>
          {words.remove}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
