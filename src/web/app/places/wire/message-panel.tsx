import { ActionIcon, CloseButton, CopyButton, SegmentedControl, Tooltip } from '@mantine/core'
import { Check, ChevronLeft, ChevronRight, Copy, GitCompareArrows } from 'lucide-react'
import { type ReactNode, useMemo, useState } from 'react'
import { dissectMessage, formatSize, type LadderMessage, messageLabel, redactEntry, type StateMark } from '../../../../trace/index.js'
import { strings } from '../../strings.js'
import { BytesView } from './bytes-view.js'
import { DecodedTree } from './decoded-tree.js'
import { gutterTime } from './gutter-time.js'
import styles from './message.module.css'
import { readableLines } from './message-text.js'
import { RawText } from './raw-text.js'

const words = strings.wire.message
type Tab = 'decoded' | 'raw' | 'bytes'

interface MessagePanelProps {
  readonly messages: readonly LadderMessage[]
  /** Which of them is shown. */
  readonly at: number
  readonly from: string
  readonly to: string
  readonly isComparing: boolean
  readonly onStep: (at: number) => void
  readonly onCompare: () => void
  readonly onClose: () => void
}

/** The open message: part by part, as text, as bytes. */
export function MessagePanel(props: MessagePanelProps): ReactNode {
  const { messages, at, from, to } = props
  const message = messages[Math.min(at, messages.length - 1)] as LadderMessage
  const { entry, twin } = message
  const dissection = useMemo(() => dissectMessage(entry), [entry])
  const [wanted, setWanted] = useState<Tab>('decoded')
  const tab = dissection.undecodable ? 'bytes' : wanted
  return (
    <section className={styles.panel} aria-label={words.title}>
      <header className={styles.panelHead}>
        <div className={styles.panelTitle}>
          <h2 data-bad={dissection.undecodable || undefined}>{messageLabel(entry)}</h2>
          <CloseButton aria-label={words.close} onClick={props.onClose} />
        </div>
        <p className={styles.facts}>
          <bdi>{from}</bdi> → <bdi>{to}</bdi> · {entry.transport.toUpperCase()} · {gutterTime('absolute', entry.time, 0, undefined)}
          <br />
          {twin === undefined ? words.recorded(entry.party) : words.bothRecorded(entry.party, twin.party)} ·{' '}
          {entry.direction === 'out' ? `${entry.local} → ${entry.remote}` : `${entry.remote} → ${entry.local}`}
        </p>
        <div className={styles.panelBar}>
          <SegmentedControl
            size="xs"
            value={tab}
            onChange={setWanted}
            disabled={dissection.undecodable}
            data={[
              { value: 'decoded', label: words.decoded },
              { value: 'raw', label: words.raw },
              { value: 'bytes', label: words.bytes },
            ]}
          />
          {messages.length > 1 && <Steps {...props} />}
          <span className={styles.grow} />
          <Tooltip label={words.compare}>
            <ActionIcon
              variant={props.isComparing ? 'filled' : 'subtle'}
              aria-pressed={props.isComparing}
              aria-label={words.compare}
              onClick={props.onCompare}
            >
              <GitCompareArrows size={17} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <CopyMessage message={message} />
        </div>
        {props.isComparing && <p className={styles.hint}>{words.compareHint}</p>}
        {dissection.undecodable && <p className={styles.badHint}>{words.undecodable}</p>}
      </header>
      {tab === 'decoded' && <DecodedTree key={message.id} dissection={dissection} />}
      {tab === 'raw' && <RawText dissection={dissection} />}
      {tab === 'bytes' && <BytesView text={entry.text} />}
      {entry.bodyLength > 0 && <p className={styles.body}>{words.bodyOctets(entry.bodyLength, formatSize(entry.bodyLength))}</p>}
    </section>
  )
}

function Steps({ messages, at, onStep }: MessagePanelProps): ReactNode {
  return (
    <span className={styles.steps}>
      <ActionIcon size="sm" variant="subtle" color="gray" aria-label={words.previous} disabled={at === 0} onClick={() => onStep(at - 1)}>
        <ChevronLeft size={16} aria-hidden />
      </ActionIcon>
      <span>{words.of(at + 1, messages.length)}</span>
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        aria-label={words.next}
        disabled={at >= messages.length - 1}
        onClick={() => onStep(at + 1)}
      >
        <ChevronRight size={16} aria-hidden />
      </ActionIcon>
    </span>
  )
}

/** Credentials and session ids are never copied: what is copied is pasted somewhere. */
function CopyMessage({ message }: { readonly message: LadderMessage }): ReactNode {
  const redacted = redactEntry(message.entry)
  return (
    <CopyButton value={redacted.kind === 'message' ? readableLines(redacted.text) : ''}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? words.copied : words.copy}>
          <ActionIcon variant="subtle" color={copied ? 'green' : 'cobalt'} aria-label={copied ? words.copied : words.copy} onClick={copy}>
            {copied ? <Check size={17} aria-hidden /> : <Copy size={17} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  )
}

/** The open state change of a machine. */
export function StatePanel({ mark, onClose }: { readonly mark: StateMark; readonly onClose: () => void }): ReactNode {
  const { entry } = mark
  return (
    <section className={styles.panel} aria-label={words.title}>
      <header className={styles.panelHead}>
        <div className={styles.panelTitle}>
          <h2>
            <bdi>{mark.text}</bdi>
          </h2>
          <CloseButton aria-label={words.close} onClick={onClose} />
        </div>
        <p className={styles.facts}>
          {words.machines[entry.machine]} · <bdi>{entry.party}</bdi> · {gutterTime('absolute', entry.time, 0, undefined)}
        </p>
      </header>
    </section>
  )
}
