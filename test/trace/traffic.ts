import type { TraceEntry } from '../../src/trace/entry.js'
import { type End, msrpText, SampleTrace, sdpText, sipText } from './sample-trace.js'

/** Something that goes over the wire, to put random traffic together from. */
export type Step =
  | { readonly step: 'invite'; readonly call: number }
  | { readonly step: 'chunk'; readonly call: number; readonly chunk: number }
  | { readonly step: 'answer'; readonly call: number; readonly chunk: number }
  | { readonly step: 'report'; readonly call: number }
  | { readonly step: 'bye'; readonly call: number }
  | { readonly step: 'state'; readonly call: number }
  | { readonly step: 'noise'; readonly call: number }

export interface TrafficOptions {
  /** Who records; both ends otherwise. */
  readonly recorders?: readonly ('caller' | 'callee')[]
  /** Each says of itself that it is where the other one is. */
  readonly lies?: boolean
}

/** Writes down what `steps` put on the wire: call `n` goes from party `p(n)` to `p(n+1)` of four, each MSRP session over a connection of its own. */
export function traffic(steps: readonly Step[], options: TrafficOptions = {}): readonly TraceEntry[] {
  const trace = new SampleTrace()
  for (const step of steps) write(trace, step, options)
  return trace.entries
}

/** `count` entries of one large file after the other: mostly chunks and their answers. */
export function largeTrace(count: number): readonly TraceEntry[] {
  const steps: Step[] = []
  for (let call = 0; steps.length * 2 < count; call++) {
    steps.push({ step: 'invite', call }, { step: 'state', call })
    for (let chunk = 0; chunk < 40; chunk++) steps.push({ step: 'chunk', call, chunk }, { step: 'answer', call, chunk })
    steps.push({ step: 'report', call }, { step: 'bye', call })
  }
  return traffic(steps).slice(0, count)
}

function write(trace: SampleTrace, step: Step, { recorders = ['caller', 'callee'], lies = false }: TrafficOptions): void {
  const { call } = step
  const [from, to] = [call % 4, (call + 1) % 4] as const
  const sip = (party: number): End => [`p${party}`, `10.0.0.${party}:5060`]
  const listener: End = [`p${to}`, `10.0.0.${to}:${20_000 + call}`]
  const dialler: End = [`p${from}`, `10.0.0.${from}:${30_000 + call}`]
  const record = (source: End, target: End, text: string, isAnswer: boolean, more: object = {}): void => {
    const [first, second] = isAnswer ? (['callee', 'caller'] as const) : (['caller', 'callee'] as const)
    if (recorders.includes(first)) trace.out(source, target, text, more)
    if (recorders.includes(second)) trace.into(source, target, text, more)
  }
  const paths = [`msrp://${listener[1]}/b${call};tcp`, `msrp://${dialler[1]}/a${call};tcp`] as const
  const text = (start: string, cseq: string, speaker: number, path?: string): string => {
    const sdp = path === undefined ? {} : { sdp: sdpText(path, 9) }
    const contact = `sip:x@${sip(lies ? from + to - speaker : speaker)[1]}`
    return sipText(start, cseq, { via: sip(from)[1], contact, ...sdp }).replace('Call-ID: c1', `Call-ID: c${call}`)
  }
  switch (step.step) {
    case 'invite':
      record(sip(from), sip(to), text('INVITE sip:x SIP/2.0', '1 INVITE', from, paths[1]), false)
      record(sip(to), sip(from), text('SIP/2.0 200 OK', '1 INVITE', to, paths[0]), true)
      return
    case 'bye':
      record(sip(from), sip(to), text('BYE sip:x SIP/2.0', '2 BYE', from), false)
      return
    case 'chunk':
      record(dialler, listener, msrpText(`t${call}-${step.chunk} SEND`, paths[0], paths[1], `Message-ID: m${call}\r\n`), false, {
        bodyLength: 2048,
        flag: '+',
      })
      return
    case 'answer':
      record(listener, dialler, msrpText(`t${call}-${step.chunk} 200 OK`, paths[1], paths[0]), true, { flag: '$' })
      return
    case 'report':
      record(listener, dialler, msrpText(`r${call} REPORT`, paths[1], paths[0], `Message-ID: m${call}\r\nStatus: 000 200 OK\r\n`), true, {
        flag: '$',
      })
      return
    case 'state':
      trace.state(`p${from}`, 'file', `file ${call}`, 'sending')
      return
    case 'noise':
      record(sip(from), sip(to), `\u0001\u0002${call}`, false)
  }
}
