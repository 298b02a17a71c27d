import { Button, Group, Modal, Radio, TagsInput, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import type { ContactView, GroupView } from '../../../protocol/index.js'
import { RECIPIENTS_PER_TRANSFER } from '../../../protocol/limits.js'
import { shortAddress } from '../../format/party.js'
import { usePage } from '../../model/page-store.js'
import { errorView } from '../../model/server.js'
import { Failure } from '../../shell/failure.js'
import { strings } from '../../strings.js'
import { readAddress } from './address.js'
import { GroupDraft, type GroupProblems } from './group-draft.js'
import { contactName } from './contact-name.js'
import { saveGroup, tellDone } from './people-commands.js'
import styles from './people.module.css'

const words = strings.people

interface GroupDialogProps {
  readonly opened: boolean
  readonly close: () => void
  readonly contacts: readonly ContactView[]
  readonly groups: readonly GroupView[]
  /** Is changed; else one is made. */
  readonly group?: GroupView | undefined
}

/** Makes a group or changes one. */
export function GroupDialog({ opened, close, contacts, groups, group }: GroupDialogProps): ReactNode {
  const title = group === undefined ? words.group.add : words.group.editTitle(group.name)
  return (
    <Modal opened={opened} onClose={close} title={title} centered closeButtonProps={{ 'aria-label': strings.common.close }}>
      <GroupForm close={close} contacts={contacts} groups={groups} group={group} />
    </Modal>
  )
}

function GroupForm({ close, contacts, groups, group }: Omit<GroupDialogProps, 'opened'>): ReactNode {
  const most = usePage(view => view.limits.maxGroupSize)
  const [draft, setDraft] = useState(() => GroupDraft.of(group))
  const [isChecked, setChecked] = useState(false)
  const [isSaving, setSaving] = useState(false)
  const [failed, setFailed] = useState<unknown>()
  const problems = draft.problems(groups, group, Math.min(most - 1, RECIPIENTS_PER_TRANSFER))

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setChecked(true)
    const command = draft.command(group)
    if (Object.keys(problems).length > 0 || command === undefined) return
    setSaving(true)
    setFailed(undefined)
    try {
      await saveGroup(command)
      if (group === undefined) tellDone(words.added(command.name))
      close()
    } catch (error) {
      setFailed(error)
      setSaving(false)
    }
  }

  return (
    <form onSubmit={event => void submit(event)} noValidate className={styles.form}>
      <TextInput
        label={words.name}
        placeholder={words.group.nameExample}
        maxLength={200}
        autoComplete="off"
        data-autofocus
        value={draft.name}
        error={isChecked ? problemWords(problems.name, most) : undefined}
        onChange={event => setDraft(draft.with({ name: event.currentTarget.value }))}
      />
      <Kind draft={draft} change={setDraft} />
      {draft.isAtServer && (
        <TextInput
          label={words.group.addressLabel}
          placeholder={words.group.addressExample}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={draft.address}
          error={isChecked ? problemWords(problems.address, most) : undefined}
          onChange={event => setDraft(draft.with({ address: event.currentTarget.value }))}
        />
      )}
      <MembersInput
        draft={draft}
        change={setDraft}
        contacts={contacts}
        error={isChecked ? problemWords(problems.members, most) : undefined}
      />
      {failed !== undefined && <Failure error={errorView(failed)} alert />}
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={close}>
          {strings.common.cancel}
        </Button>
        <Button type="submit" loading={isSaving}>
          {words.save}
        </Button>
      </Group>
    </form>
  )
}

interface PartProps {
  readonly draft: GroupDraft
  readonly change: (draft: GroupDraft) => void
}

function Kind({ draft, change }: PartProps): ReactNode {
  return (
    <Radio.Group
      label={words.group.kind}
      value={draft.isAtServer ? 'server' : 'list'}
      onChange={kind => change(draft.with({ isAtServer: kind === 'server' }))}
    >
      <div className={styles.kinds}>
        <Radio value="list" label={words.group.list} description={words.group.listText} />
        <Radio value="server" label={words.group.address} description={words.group.addressText} />
      </div>
    </Radio.Group>
  )
}

interface MembersInputProps extends PartProps {
  readonly contacts: readonly ContactView[]
  readonly error: string | undefined
}

/** Contacts by name, others by their address. */
function MembersInput({ draft, change, contacts, error }: MembersInputProps): ReactNode {
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string | undefined>()
  const labels = new Map(contacts.map(contact => [labelOf(contact), contact.uri]))
  const shown = draft.members.map(uri => [...labels].find(([, known]) => known === uri)?.[0] ?? shortAddress(uri))
  const take = (values: string[]): void => {
    const read = values.map(value => ({ value, uri: labels.get(value) ?? readAddress(value).uri }))
    const bad = read.find(({ uri }) => uri === undefined)
    setProblem(bad === undefined ? undefined : words.problems[readAddress(bad.value).problem ?? 'character'])
    change(draft.with({ members: [...new Set(read.flatMap(({ uri }) => (uri === undefined ? [] : [uri])))] }))
    // what could not be read stays to be mended
    setTyped(bad?.value ?? '')
  }
  return (
    <TagsInput
      label={words.group.members}
      description={draft.isAtServer ? words.group.membersNote : undefined}
      placeholder={shown.length === 0 ? words.group.membersExample : undefined}
      data={[...labels.keys()]}
      value={shown}
      onChange={take}
      searchValue={typed}
      onSearchChange={setTyped}
      splitChars={[',', ' ']}
      error={problem ?? error}
      maxDropdownHeight={200}
    />
  )
}

/** `Bob Stone (bob@example.com)`; no comma or space that would split it stays a matter of choosing it from the list. */
function labelOf(contact: ContactView): string {
  const name = contactName(contact)
  const address = shortAddress(contact.uri)
  return contact.name === undefined ? address : `${name} (${address})`
}

function problemWords(problem: GroupProblems[keyof GroupProblems], most: number): string | undefined {
  if (problem === undefined) return undefined
  if (problem === 'too-many') return words.problems['too-many'](most - 1)
  return words.problems[problem]
}
