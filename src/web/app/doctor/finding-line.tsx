import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { CircleCheck, CircleX, TriangleAlert, Wrench } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { visibleText } from '../../../trace/index.js'
import type { ErrorView, FindingView } from '../../protocol/index.js'
import { errorView, request } from '../model/server.js'
import { Failure } from '../shell/failure.js'
import { strings } from '../strings.js'
import styles from './doctor.module.css'

const words = strings.doctor
const SIGNS = {
  ok: { icon: CircleCheck, tone: 'good' },
  warn: { icon: TriangleAlert, tone: 'warn' },
  fail: { icon: CircleX, tone: 'bad' },
} as const

interface FindingLineProps {
  readonly finding: FindingView
  /** Checks again, after something was mended. */
  readonly again: () => void
}

/** One thing that was looked at: how it is, and what to do. */
export function FindingLine({ finding, again }: FindingLineProps): ReactNode {
  const { check, status, text, fix, action } = finding
  const { icon: Icon, tone } = SIGNS[status]
  return (
    <li className={styles.finding}>
      <span className={styles.sign} data-tone={tone} aria-hidden>
        <Icon size={20} />
      </span>
      <div className={styles.words}>
        <div className={styles.check}>
          <span className={styles.checkName}>{words.checks[check] ?? visibleText(check)}</span>
          <span className={styles.status} data-tone={tone}>
            {words.statuses[status]}
          </span>
        </div>
        <div className={styles.text}>{visibleText(text)}</div>
        {fix !== undefined && (
          <div className={styles.fix}>
            <Wrench size={14} aria-hidden />
            <span>{words.fix(visibleText(fix))}</span>
          </div>
        )}
        {action !== undefined && <FixButton action={action} again={again} />}
      </div>
    </li>
  )
}

interface FixButtonProps {
  readonly action: NonNullable<FindingView['action']>
  readonly again: () => void
}

function FixButton({ action, again }: FixButtonProps): ReactNode {
  const [isFixing, setFixing] = useState(false)
  const [failed, setFailed] = useState<ErrorView | undefined>()
  const fix = async (): Promise<void> => {
    setFixing(true)
    setFailed(undefined)
    try {
      await request('POST', '/api/doctor/fix', { action })
      notifications.show({ message: words.fixed, withBorder: true, autoClose: 4_000 })
      again()
    } catch (error) {
      setFailed(errorView(error))
      setFixing(false)
    }
  }
  return (
    <div className={styles.mend}>
      <Button size="compact-md" variant="light" loading={isFixing} onClick={() => void fix()}>
        {words.actions[action]}
      </Button>
      {failed !== undefined && <Failure error={failed} alert />}
    </div>
  )
}
