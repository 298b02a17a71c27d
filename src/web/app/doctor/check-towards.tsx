import { Autocomplete, Button } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { shortAddress } from '../format/party.js'
import { useContacts } from '../model/queries.js'
import { readAddress } from '../places/people/address.js'
import { strings } from '../strings.js'
import styles from './doctor.module.css'

const words = strings.doctor

interface CheckTowardsProps {
  readonly isRunning: boolean
  readonly check: (to: string) => void
}

/** Asks whether somebody can take files. */
export function CheckTowards({ isRunning, check }: CheckTowardsProps): ReactNode {
  const contacts = useContacts().data
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string | undefined>()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const address = readAddress(typed)
    setProblem(address.problem === undefined ? undefined : strings.people.problems[address.problem])
    if (address.uri !== undefined) check(address.uri)
  }
  return (
    <form className={styles.towards} onSubmit={submit} noValidate>
      <Autocomplete
        className={styles.peer ?? ''}
        label={words.to}
        description={words.toText}
        placeholder={words.toExample}
        data={[...new Set(contacts?.map(({ uri }) => shortAddress(uri)))]}
        value={typed}
        error={problem}
        onChange={value => {
          setTyped(value)
          setProblem(undefined)
        }}
        autoCapitalize="none"
        spellCheck={false}
        limit={8}
      />
      <Button type="submit" variant="default" disabled={isRunning}>
        {words.toButton}
      </Button>
    </form>
  )
}
