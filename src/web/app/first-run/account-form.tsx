import { Button, Loader, PasswordInput, TextInput } from '@mantine/core'
import { Check } from 'lucide-react'
import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { visibleText } from '../../../trace/index.js'
import type { AccountCheckView, ErrorView } from '../../protocol/index.js'
import { announce } from '../model/announcer.js'
import { errorView, request } from '../model/server.js'
import { Failure } from '../shell/failure.js'
import { strings } from '../strings.js'
import { type AccountDraft, accountCommand, draftProblems, isSameAccount, NO_ACCOUNT } from './account-draft.js'
import styles from './first-run.module.css'
import { useAccountCheck } from './use-account-check.js'

const words = strings.firstRun
type Field = keyof AccountDraft

/** An account in three fields. Each is looked at when it is left, and the server is asked as soon as there is enough to ask it. */
export function AccountForm(): ReactNode {
  const [draft, setDraft] = useState(NO_ACCOUNT)
  const [left, setLeft] = useState<ReadonlySet<Field>>(new Set())
  const { isChecking, checked, failed, check } = useAccountCheck()
  const [isBeginning, setBeginning] = useState(false)
  const [refused, setRefused] = useState<ErrorView | undefined>()
  const command = accountCommand(draft)
  // what was found of other words says nothing of these
  const result = isSameAccount(checked?.command, command) ? checked?.result : undefined
  const errors = fieldErrors(draft, left, result)
  useEffect(() => {
    if (result !== undefined) announce(result.ok ? words.works : words.problem)
  }, [result])

  const leave = (field: Field): void => {
    setLeft(known => new Set([...known, field]))
    // a password that is still being typed would count as a wrong one
    if (command !== undefined && (draft.password !== '' || field === 'server')) void check(command)
  }
  const begin = async (isCertain: boolean): Promise<void> => {
    setLeft(new Set(['address', 'password', 'server']))
    if (command === undefined) return
    setBeginning(true)
    setRefused(undefined)
    try {
      const answer = isCertain ? undefined : await check(command)
      if (isCertain || answer?.ok === true) await request('PUT', '/api/account', command)
    } catch (error) {
      setRefused(errorView(error))
    }
    setBeginning(false)
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    void begin(false)
  }
  const change = (fields: Partial<AccountDraft>): void => setDraft({ ...draft, ...fields })

  return (
    <form className={`${styles.card} ${styles.form}`} onSubmit={submit} noValidate>
      <TextInput
        label={words.address.label}
        description={words.address.description}
        placeholder={words.address.example}
        inputMode="email"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        withAsterisk={false}
        value={draft.address}
        error={errors.address}
        onChange={event => change({ address: event.currentTarget.value })}
        onBlur={() => draft.address !== '' && leave('address')}
      />
      <PasswordInput
        label={words.password.label}
        description={words.password.description}
        autoComplete="current-password"
        visibilityToggleButtonProps={{ 'aria-label': words.password.show }}
        value={draft.password}
        error={errors.password}
        onChange={event => change({ password: event.currentTarget.value })}
        onBlur={() => leave('password')}
      />
      <TextInput
        label={
          <>
            {words.server.label} <span className={styles.optional}>{words.optional}</span>
          </>
        }
        description={words.server.description}
        placeholder={words.server.example}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={draft.server}
        error={errors.server}
        onChange={event => change({ server: event.currentTarget.value })}
        onBlur={() => draft.server !== '' && leave('server')}
      />
      {(failed ?? refused) !== undefined && <Failure error={(failed ?? refused) as ErrorView} alert />}
      <div className={styles.foot}>
        <CheckState isChecking={isChecking} result={result} />
        {result?.ok === false && (
          <Button variant="subtle" disabled={isBeginning} onClick={() => void begin(true)}>
            {words.beginAnyway}
          </Button>
        )}
        <Button type="submit" variant={result?.ok === true ? 'filled' : 'light'} loading={isBeginning}>
          {words.begin}
        </Button>
      </div>
    </form>
  )
}

function CheckState({ isChecking, result }: { readonly isChecking: boolean; readonly result: AccountCheckView | undefined }): ReactNode {
  if (isChecking) {
    return (
      <span className={styles.checking}>
        <Loader size={16} aria-hidden /> {words.checking}
      </span>
    )
  }
  if (result?.ok !== true) return null
  return (
    <span className={styles.works}>
      <Check size={16} aria-hidden /> {words.works}
    </span>
  )
}

/** What stands below each field: what can be seen here, else what the server said of it. */
function fieldErrors(
  draft: AccountDraft,
  left: ReadonlySet<Field>,
  result: AccountCheckView | undefined,
): Partial<Record<Field, ReactNode>> {
  const problems = draftProblems(draft)
  const { aor, password, proxy } = result?.fields ?? {}
  const address = left.has('address') && problems.address !== undefined ? strings.people.problems[problems.address] : threeParts(aor)
  const server = left.has('server') && problems.server !== undefined ? words.server.problem : threeParts(proxy)
  return { address, server, password: threeParts(password) }
}

/** What, why, next. */
function threeParts(error: ErrorView | undefined): ReactNode {
  if (error === undefined) return undefined
  const why = [error.detail, error.status].filter(part => part !== undefined && part !== '').join(' · ')
  return (
    <>
      {visibleText(error.text)}
      {why !== '' && <> {visibleText(why)}.</>}
      {error.hint !== undefined && error.hint !== '' && <span className={styles.next}>{visibleText(error.hint)}</span>}
    </>
  )
}
