import { Combobox, Input, useCombobox } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { AtSign, Clock, type LucideIcon, UserRound, Users } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react'
import { visibleText } from '../../../../trace/index.js'
import type { HistoryPage } from '../../../protocol/index.js'
import { announce } from '../../model/announcer.js'
import { draft, type Recipient } from '../../model/draft.js'
import { usePage } from '../../model/page-store.js'
import { HISTORY, useContacts, useGroups } from '../../model/queries.js'
import { request } from '../../model/server.js'
import { useStore } from '../../model/store.js'
import { NameText } from '../../shell/name-text.js'
import { strings } from '../../strings.js'
import { RecipientChip } from './recipient-chip.js'
import styles from './recipients-input.module.css'
import { meantBy, readTyped, recipientProblem, type Suggestion, suggestionsFor } from './suggestions.js'

const words = strings.transfers.composer
const KINDS: Readonly<Record<Suggestion['kind'], LucideIcon>> = { contact: UserRound, group: Users, recent: Clock, typed: AtSign }
/** Transfers that are looked through for people one has to do with. */
const RECENT = 50

/** Whom the files go to: typed, or chosen from contacts, groups and people of late. */
export function RecipientsInput(): ReactNode {
  const { recipients } = useStore(draft)
  const id = useId()
  const { typed, setTyped, problem, setProblem, options, addTyped, add, remove, change } = useRecipients()
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() })
  const field = useRef<HTMLInputElement>(null)
  const choose = (key: string): void => {
    const option = options.find(other => other.key === key)
    if (option !== undefined) add(option.recipients)
    combobox.closeDropdown()
    field.current?.focus()
  }
  const keys = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Backspace' && typed === '' && recipients.length > 0) remove(recipients.at(-1)?.uri ?? '')
    if (![',', ';', 'Enter', 'Tab'].includes(event.key) || typed.trim() === '' || event.nativeEvent.isComposing) return
    // A highlighted suggestion is taken by the list itself
    if (event.key === 'Enter' && combobox.getSelectedOptionIndex() >= 0) return
    if (event.key !== 'Tab') event.preventDefault()
    addTyped()
    combobox.closeDropdown()
  }
  return (
    <Input.Wrapper label={words.to} error={problem} id={id} labelProps={{ htmlFor: id }}>
      <Combobox store={combobox} onOptionSubmit={choose} withinPortal>
        <Combobox.DropdownTarget>
          <div
            className={styles.box}
            data-error={problem !== undefined || undefined}
            onMouseDown={event => focusField(event, field.current)}
          >
            {recipients.map(recipient => (
              <RecipientChip
                key={recipient.uri}
                recipient={recipient}
                hasOthers={recipients.length > 1}
                onChange={copyControl => change(recipient.uri, copyControl)}
                onRemove={() => remove(recipient.uri)}
              />
            ))}
            <Combobox.EventsTarget>
              <input
                ref={field}
                id={id}
                className={styles.field}
                value={typed}
                placeholder={recipients.length === 0 ? words.toPlaceholder : words.toMore}
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                aria-invalid={problem !== undefined || undefined}
                aria-describedby={problem === undefined ? undefined : `${id}-error`}
                onFocus={() => combobox.openDropdown()}
                onBlur={() => {
                  combobox.closeDropdown()
                  if (typed.trim() !== '') addTyped()
                }}
                onChange={event => {
                  setTyped(event.currentTarget.value)
                  setProblem(undefined)
                  combobox.openDropdown()
                  combobox.updateSelectedOptionIndex()
                }}
                onKeyDown={keys}
              />
            </Combobox.EventsTarget>
          </div>
        </Combobox.DropdownTarget>
        <Combobox.Dropdown hidden={options.length === 0}>
          <Combobox.Options mah={300} style={{ overflowY: 'auto' }} aria-label={words.to}>
            {options.map(option => (
              <Combobox.Option key={option.key} value={option.key}>
                <Option {...option} />
              </Combobox.Option>
            ))}
          </Combobox.Options>
        </Combobox.Dropdown>
      </Combobox>
    </Input.Wrapper>
  )
}

function focusField(
  event: { readonly target: EventTarget; readonly currentTarget: EventTarget; preventDefault(): void },
  field: HTMLInputElement | null,
): void {
  if (event.target !== event.currentTarget) return
  event.preventDefault()
  field?.focus()
}

function Option({ kind, name, detail }: Suggestion): ReactNode {
  const Icon = KINDS[kind]
  return (
    <div className={styles.option}>
      <Icon size={17} aria-hidden />
      <div className={styles.optionWords}>
        <NameText clip>{name}</NameText>
        <div className={styles.about}>
          {typeof detail === 'number' ? words.group(detail) : kind === 'typed' ? words.typed : <NameText clip>{detail}</NameText>}
        </div>
      </div>
    </div>
  )
}

function useRecipients() {
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string>()
  const { recipients } = useStore(draft)
  const own = usePage(view => view.account?.aor) ?? ''
  const contacts = useContacts().data ?? []
  const groups = useGroups().data ?? []
  const recent = useQuery({
    queryKey: [HISTORY, 'recent'],
    queryFn: ({ signal }) => request<HistoryPage>('GET', `/api/history?limit=${RECENT}`, undefined, signal),
  }).data?.rows
  const options = suggestionsFor(typed, { contacts, groups, recent: recent ?? [] }, recipients, own)
  const add = (added: readonly Recipient[]): void => {
    const fresh = added.filter(({ uri }) => recipientProblem(uri, draft.get().recipients, own) === undefined)
    draft.update(now => ({ ...now, recipients: [...now.recipients, ...fresh] }))
    for (const { uri, name } of fresh) announce(words.added(visibleText(name ?? uri)))
    setTyped('')
    setProblem(undefined)
  }
  const addTyped = (): void => {
    const read = readTyped(typed, own)
    const why = read.problem ?? recipientProblem(read.uri, recipients, own)
    const meant = meantBy(typed, options)
    if (meant !== undefined) add(meant.recipients)
    else if (why !== undefined) setProblem(words.problems[why] ?? why)
    else add([{ uri: read.uri as string, name: undefined, copyControl: 'to' }])
  }
  const remove = (uri: string): void => {
    const gone = recipients.find(recipient => recipient.uri === uri)
    draft.update(now => ({ ...now, recipients: now.recipients.filter(recipient => recipient.uri !== uri) }))
    if (gone !== undefined) announce(words.removed(visibleText(gone.name ?? gone.uri)))
  }
  const change = (uri: string, copyControl: Recipient['copyControl']): void =>
    draft.update(now => ({ ...now, recipients: now.recipients.map(other => (other.uri === uri ? { ...other, copyControl } : other)) }))
  return { typed, setTyped, problem, setProblem, options, addTyped, add, remove, change }
}
