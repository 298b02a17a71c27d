import { Button, CloseButton, MultiSelect, TextInput } from '@mantine/core'
import { Search } from 'lucide-react'
import type { ReactNode, RefObject } from 'react'
import { NO_FILTER, type TraceFilter } from '../../../../trace/index.js'
import { strings } from '../../strings.js'
import styles from './wire.module.css'

const words = strings.wire.filter
type Kind = 'sip' | 'msrp' | 'state'
const KINDS: readonly Kind[] = ['sip', 'msrp', 'state']

/** Values that are listed at once; typing finds the others. */
const MOST_CHOICES = 60

interface FilterBarProps {
  readonly filter: TraceFilter
  readonly lanes: readonly string[]
  /** Numbers of the dialogs there are. */
  readonly dialogs: readonly number[]
  readonly shown: number
  readonly all: number
  readonly textInput: RefObject<HTMLInputElement | null>
  readonly onFilter: (filter: TraceFilter) => void
}

/** What to show: text, protocols, parties, dialogs. */
export function FilterBar(props: FilterBarProps): ReactNode {
  const { filter, onFilter, shown, all } = props
  const isOpen = filter.kinds.size + filter.parties.size + filter.dialogs.size + filter.text.length === 0
  return (
    <search className={styles.bar} aria-label={words.label}>
      <TextInput
        ref={props.textInput}
        className={styles.search ?? ''}
        size="xs"
        leftSection={<Search size={15} aria-hidden />}
        placeholder={words.text}
        aria-label={words.text}
        value={filter.text}
        maxLength={200}
        onChange={event => onFilter({ ...filter, text: event.currentTarget.value })}
        onKeyDown={event => event.key === 'Escape' && event.currentTarget.blur()}
        rightSection={
          filter.text === '' ? null : (
            <CloseButton size="xs" aria-label={words.clearText} onClick={() => onFilter({ ...filter, text: '' })} />
          )
        }
      />
      <Kinds {...props} />
      <Choice
        label={words.party}
        any={words.anyParty}
        values={[...new Set(props.lanes)]}
        chosen={props.lanes.filter(lane => filter.parties.has(lane.toLowerCase()))}
        onChoose={chosen => onFilter({ ...filter, parties: new Set(chosen.map(lane => lane.toLowerCase())) })}
      />
      {props.dialogs.length > 1 && (
        <Choice
          label={words.dialog}
          any={words.anyDialog}
          values={props.dialogs.map(String)}
          chosen={[...filter.dialogs].map(String)}
          onChoose={chosen => onFilter({ ...filter, dialogs: new Set(chosen.map(Number)) })}
        />
      )}
      {!isOpen && (
        <Button size="xs" variant="subtle" onClick={() => onFilter(NO_FILTER)}>
          {words.reset}
        </Button>
      )}
      <output className={styles.counts}>{isOpen ? words.rows(all) : words.shown(shown, all)}</output>
    </search>
  )
}

function Kinds({ filter, onFilter }: FilterBarProps): ReactNode {
  const toggle = (kind: Kind): void => {
    const isOn = filter.kinds.size === 0 || filter.kinds.has(kind)
    const on = KINDS.filter(other => (other === kind ? !isOn : filter.kinds.size === 0 || filter.kinds.has(other)))
    onFilter({ ...filter, kinds: new Set(on.length === KINDS.length || on.length === 0 ? [] : on) })
  }
  return (
    <Button.Group aria-label={words.kindsLabel}>
      {KINDS.map(kind => {
        const isOn = filter.kinds.size === 0 || filter.kinds.has(kind)
        return (
          <Button key={kind} size="xs" variant={isOn ? 'light' : 'default'} aria-pressed={isOn} onClick={() => toggle(kind)}>
            {words.kinds[kind]}
          </Button>
        )
      })}
    </Button.Group>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly any: string
  readonly values: readonly string[]
  readonly chosen: readonly string[]
  readonly onChoose: (chosen: readonly string[]) => void
}

function Choice({ label, any, values, chosen, onChoose }: ChoiceProps): ReactNode {
  return (
    <MultiSelect
      size="xs"
      className={styles.choice ?? ''}
      aria-label={label}
      placeholder={chosen.length === 0 ? any : ''}
      data={[...values]}
      value={[...chosen]}
      onChange={onChoose}
      clearable
      searchable
      limit={MOST_CHOICES}
      comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
    />
  )
}
