import { Button, Group, Modal, Switch, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { formatSize } from '../../../../trace/index.js'
import type { ContactView } from '../../../protocol/index.js'
import { shortAddress } from '../../format/party.js'
import { usePage } from '../../model/page-store.js'
import { errorView } from '../../model/server.js'
import { Failure } from '../../shell/failure.js'
import { NameText } from '../../shell/name-text.js'
import { strings } from '../../strings.js'
import { isSameAddress, readAddress } from './address.js'
import { contactName } from './contact-name.js'
import { saveContact, tellDone } from './people-commands.js'
import styles from './people.module.css'

const words = strings.people

interface ContactDialogProps {
  readonly opened: boolean
  readonly close: () => void
  /** All of them, so that nobody is added twice. */
  readonly contacts: readonly ContactView[]
  /** Gets another name; else somebody is added. */
  readonly contact?: ContactView | undefined
}

/** Adds somebody, or gives somebody another name. */
export function ContactDialog({ opened, close, contacts, contact }: ContactDialogProps): ReactNode {
  const title = contact === undefined ? words.addContact : words.renameTitle(contactName(contact))
  return (
    <Modal opened={opened} onClose={close} title={title} centered closeButtonProps={{ 'aria-label': strings.common.close }}>
      <ContactForm close={close} contacts={contacts} contact={contact} />
    </Modal>
  )
}

function ContactForm({ close, contacts, contact }: Omit<ContactDialogProps, 'opened'>): ReactNode {
  const aor = usePage(view => view.account?.aor)
  const [typed, setTyped] = useState('')
  const [name, setName] = useState(contact?.name ?? '')
  const [trusted, setTrusted] = useState(false)
  const [isChecked, setChecked] = useState(false)
  const [isSaving, setSaving] = useState(false)
  const [failed, setFailed] = useState<unknown>()
  const address = contact === undefined ? readAddress(typed) : { uri: contact.uri }
  const problem = contact === undefined ? problemOf(address, contacts, aor) : undefined

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setChecked(true)
    if (problem !== undefined || address.uri === undefined) return
    setSaving(true)
    setFailed(undefined)
    const given = name.trim()
    try {
      await saveContact({
        uri: address.uri,
        ...(given !== '' && { name: given }),
        ...(contact === undefined ? { trusted } : { trusted: contact.trusted }),
      })
      if (contact === undefined) tellDone(words.added(contactName({ uri: address.uri, name: given })))
      close()
    } catch (error) {
      setFailed(error)
      setSaving(false)
    }
  }

  return (
    <form onSubmit={event => void submit(event)} noValidate className={styles.form}>
      {contact === undefined ? (
        <TextInput
          label={words.address}
          placeholder={words.addressExample}
          inputMode="email"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus
          value={typed}
          error={isChecked || (problem === 'duplicate' && typed !== '') ? problemWords(problem, address.uri, contacts) : undefined}
          onChange={event => setTyped(event.currentTarget.value)}
          onBlur={() => setChecked(isChecked || typed.trim() !== '')}
        />
      ) : (
        <div className={styles.address}>
          <NameText>{shortAddress(contact.uri)}</NameText>
        </div>
      )}
      <TextInput
        label={words.name}
        placeholder={words.nameExample}
        maxLength={200}
        autoComplete="off"
        {...(contact !== undefined && { 'data-autofocus': true })}
        value={name}
        onChange={event => setName(event.currentTarget.value)}
      />
      {contact === undefined && <TrustSwitch trusted={trusted} change={setTrusted} />}
      {failed !== undefined && <Failure error={errorView(failed)} alert />}
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={close}>
          {strings.common.cancel}
        </Button>
        <Button type="submit" loading={isSaving}>
          {contact === undefined ? words.add : words.save}
        </Button>
      </Group>
    </form>
  )
}

function TrustSwitch({ trusted, change }: { readonly trusted: boolean; readonly change: (trusted: boolean) => void }): ReactNode {
  const warnSize = usePage(view => view.limits.warnSize)
  return (
    <Switch
      label={words.trust}
      description={words.trustRule(words.them, warnSize === undefined ? undefined : formatSize(warnSize))}
      checked={trusted}
      onChange={event => change(event.currentTarget.checked)}
    />
  )
}

type Problem = keyof typeof words.problems

function problemOf(
  address: ReturnType<typeof readAddress>,
  contacts: readonly ContactView[],
  aor: string | undefined,
): Problem | undefined {
  const { uri, problem } = address
  if (uri === undefined) return problem
  if (aor !== undefined && isSameAddress(uri, aor)) return 'own'
  return contacts.some(contact => isSameAddress(contact.uri, uri)) ? 'duplicate' : undefined
}

function problemWords(problem: Problem | undefined, uri: string | undefined, contacts: readonly ContactView[]): string | undefined {
  if (problem === undefined) return undefined
  if (problem === 'duplicate') {
    const known = contacts.find(contact => uri !== undefined && isSameAddress(contact.uri, uri))
    return words.problems.duplicate(known === undefined ? '' : contactName(known))
  }
  const text = words.problems[problem]
  return typeof text === 'string' ? text : undefined
}
