import { CpmftError, type Transfer } from '../client/index.js'
import { LiveDemo, TOUR_STEPS, type TourStep } from '../demo/index.js'
import type { TraceEntry } from '../trace/index.js'
import type { BegunTransfer, PageWorld, Tour } from './page-world.js'
import type { TourStepView, TourView } from './protocol/index.js'
import { ValueStream } from './value-stream.js'

/** The demo as the page shows it: Alice has the page, a tour plays what the others do. */
export async function demoWorld(signal: AbortSignal): Promise<PageWorld> {
  const entries = new ValueStream<TraceEntry>()
  const begun = new ValueStream<BegunTransfer>()
  const box: { tour?: DemoTour } = {}
  const demo = await LiveDemo.open({
    signal,
    onTrace: entry => entries.push(entry),
    onTransfer: (transfer: Transfer, subject) => begun.push({ transfer, direction: 'sent', subject }),
    onNote: note => box.tour?.note(note),
  })
  const tour = new DemoTour(demo)
  box.tour = tour
  return {
    client: demo.alice,
    displayName: 'Alice',
    proxy: demo.proxy,
    profile: 'open',
    into: demo.inbox,
    traces: [entries],
    begun,
    tour,
    close: async () => {
      await demo[Symbol.asyncDispose]()
      entries.end()
      begun.end()
    },
  }
}

class DemoTour implements Tour {
  readonly #states = new Map<TourStep, TourStepView['state']>(TOUR_STEPS.map(step => [step, 'open']))
  #note: string | undefined
  #onChange = (): void => {}

  constructor(private readonly demo: LiveDemo) {}

  view(): TourView {
    return { steps: [...this.#states].map(([id, state]) => ({ id, state })), note: this.#note }
  }

  onChange(listener: () => void): void {
    this.#onChange = listener
  }

  note(note: string | undefined): void {
    this.#note = note
    this.#onChange()
  }

  async play(id: string): Promise<void> {
    const step = TOUR_STEPS.find(each => each === id)
    if (step === undefined) throw new CpmftError('internal', 'The tour has no such step.')
    if ([...this.#states.values()].includes('running')) throw new CpmftError('busy', 'A step is playing.')
    this.#state(step, 'running')
    void this.demo.play(step).then(
      good => this.#end(step, good),
      () => this.#end(step, false),
    )
  }

  #end(step: TourStep, good: boolean): void {
    this.#note = undefined
    this.#state(step, good ? 'done' : 'failed')
  }

  #state(step: TourStep, state: TourStepView['state']): void {
    this.#states.set(step, state)
    this.#onChange()
  }
}
