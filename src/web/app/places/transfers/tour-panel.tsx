import { ActionIcon, Button, Loader } from '@mantine/core'
import { Cable, Check, CircleAlert, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { visibleText } from '../../../../trace/index.js'
import type { TourStepView } from '../../../protocol/index.js'
import { usePage } from '../../model/page-store.js'
import { navigate } from '../../model/route.js'
import { request } from '../../model/server.js'
import { strings } from '../../strings.js'
import { told } from './transfer-commands.js'
import styles from './tour-panel.module.css'

const words = strings.tour

/** The guided tour of the demo: each step plays at a push of its button. */
export function TourPanel(): ReactNode {
  const tour = usePage(view => view.tour)
  const [isHidden, setHidden] = useState(false)
  if (tour === undefined || isHidden) return null
  const next = tour.steps.find(({ state }) => state === 'open')?.id
  const isBusy = tour.steps.some(({ state }) => state === 'running')
  return (
    <section className={styles.panel} aria-label={words.title}>
      <div className={styles.head}>
        <div>
          <h2 className={styles.title}>{words.title}</h2>
          <p className={styles.text}>{words.text}</p>
        </div>
        <div className={styles.headButtons}>
          <Button variant="default" size="xs" fz="sm" leftSection={<Cable size={16} aria-hidden />} onClick={() => navigate('/wire')}>
            {words.wire}
          </Button>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={words.hide} onClick={() => setHidden(true)}>
            <X size={18} aria-hidden />
          </ActionIcon>
        </div>
      </div>
      <ol className={styles.steps}>
        {tour.steps.map((step, index) => (
          <Step key={step.id} step={step} number={index + 1} isNext={step.id === next} isBusy={isBusy} />
        ))}
      </ol>
      {tour.note !== undefined && <p className={styles.note}>{visibleText(tour.note)}</p>}
    </section>
  )
}

interface StepProps {
  readonly step: TourStepView
  readonly number: number
  readonly isNext: boolean
  readonly isBusy: boolean
}

function Step({ step: { id, state }, number, isNext, isBusy }: StepProps): ReactNode {
  const { title, text } = words.steps[id] ?? { title: id, text: '' }
  const play = (): void => void told(request('POST', '/api/tour', { step: id }))
  return (
    <li className={styles.step} data-state={state}>
      <span className={styles.sign} aria-hidden>
        {state === 'done' ? <Check size={15} strokeWidth={3} /> : state === 'failed' ? <CircleAlert size={16} /> : number}
      </span>
      <div className={styles.words}>
        <strong>{title}</strong>
        <span className={styles.text}>{text}</span>
      </div>
      {state === 'running' ? (
        <span className={styles.running}>
          <Loader size={14} aria-hidden /> {words.running}
        </span>
      ) : (
        <Button
          size="compact-sm"
          variant={isNext && !isBusy ? 'filled' : 'default'}
          disabled={isBusy}
          onClick={play}
          aria-label={`${state === 'open' ? words.play : words.again}: ${title}`}
        >
          {state === 'open' ? words.play : words.again}
        </Button>
      )}
    </li>
  )
}
