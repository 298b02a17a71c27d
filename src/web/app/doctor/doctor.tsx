import { Button, CopyButton, Loader } from '@mantine/core'
import { Check, CircleCheck, CircleX, ClipboardCopy, RefreshCw, TriangleAlert } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { visibleText } from '../../../trace/index.js'
import type { FindingView } from '../../protocol/index.js'
import { announce } from '../model/announcer.js'
import { usePage } from '../model/page-store.js'
import { Failure } from '../shell/failure.js'
import { PlaceFrame } from '../shell/place-frame.js'
import { strings } from '../strings.js'
import { CheckTowards } from './check-towards.js'
import styles from './doctor.module.css'
import { FindingLine } from './finding-line.js'
import { reportText } from './report.js'
import { useFindings } from './use-findings.js'

const words = strings.doctor

/** The same checks as `cpmft doctor`: what may keep files from getting through, and what to do about it. */
export function Doctor(): ReactNode {
  const { findings, isRunning, failed, start } = useFindings()
  const [peer, setPeer] = useState<string | undefined>()
  const again = (): void => start(peer)
  return (
    <PlaceFrame
      title={words.title}
      actions={
        <>
          <CopyReport findings={findings} />
          <Button leftSection={<RefreshCw size={16} aria-hidden />} onClick={again} loading={isRunning}>
            {words.again}
          </Button>
        </>
      }
    >
      <p className={styles.lead}>{words.lead}</p>
      <Sum findings={findings} isRunning={isRunning} />
      {findings.length > 0 && (
        <ul className={styles.findings} aria-label={words.findings}>
          {findings.map((finding, index) => (
            // findings only ever come at the end
            <FindingLine key={`${finding.check} ${index}`} finding={finding} again={again} />
          ))}
        </ul>
      )}
      {failed !== undefined && <Failure error={failed} alert />}
      <CheckTowards
        isRunning={isRunning}
        check={to => {
          setPeer(to)
          start(to)
        }}
      />
    </PlaceFrame>
  )
}

/** All of it in one line. */
function Sum({ findings, isRunning }: { readonly findings: readonly FindingView[]; readonly isRunning: boolean }): ReactNode {
  const fails = findings.filter(({ status }) => status === 'fail').length
  const warnings = findings.filter(({ status }) => status === 'warn').length
  const text = isRunning ? words.running : fails > 0 ? words.sum.fail(fails) : warnings > 0 ? words.sum.warn(warnings) : words.sum.fine
  const isOver = !isRunning && findings.length > 0
  useEffect(() => {
    if (isOver) announce(text)
  }, [isOver, text])
  if (!isRunning && findings.length === 0) return null
  const tone = isRunning ? 'quiet' : fails > 0 ? 'bad' : warnings > 0 ? 'warn' : 'good'
  const Icon = fails > 0 ? CircleX : warnings > 0 ? TriangleAlert : CircleCheck
  return (
    <div className={styles.sum} data-tone={tone}>
      {isRunning ? <Loader size={20} aria-hidden /> : <Icon size={22} aria-hidden />}
      {text}
    </div>
  )
}

function CopyReport({ findings }: { readonly findings: readonly FindingView[] }): ReactNode {
  const version = usePage(view => view.version)
  const account = usePage(view => view.account)
  const registration = usePage(view => view.registration)
  return (
    <CopyButton value={visibleLines(reportText(findings, { version, account, registration }))}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          leftSection={copied ? <Check size={16} aria-hidden /> : <ClipboardCopy size={16} aria-hidden />}
          onClick={() => {
            copy()
            announce(words.copied)
          }}
          disabled={findings.length === 0}
          title={words.copyText}
        >
          {copied ? words.copied : words.copy}
        </Button>
      )}
    </CopyButton>
  )
}

function visibleLines(text: string): string {
  return text.split('\n').map(visibleText).join('\n')
}
