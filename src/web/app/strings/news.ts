/** What is spoken and noted of what happens. */
export const news = {
  file: {
    done: {
      sent: (name: string, who: string) => `${name} delivered to ${who}.`,
      received: (name: string, who: string) => `${name} from ${who} saved.`,
    },
    failed: (name: string, why: string) => `${name} failed. ${why}`,
    declined: (name: string, who: string) => `${who} declined ${name}.`,
    cancelled: (name: string) => `${name} cancelled.`,
    paused: (name: string) => `${name} paused.`,
    displayed: (name: string, who: string) => `${who} opened ${name}.`,
    stored: (name: string, who: string) => `${name} is stored for ${who}.`,
  },
  begun: { sent: (who: string) => `Sending to ${who}.`, received: (who: string) => `Receiving from ${who}.` },
  ringing: (who: string) => `Waiting for the answer of ${who}.`,
  accepted: (who: string) => `${who} accepted.`,
  ended: {
    ok: { sent: (who: string) => `Everything delivered to ${who}.`, received: (who: string) => `Everything from ${who} saved.` },
    bad: { sent: (who: string) => `Not everything reached ${who}.`, received: (who: string) => `Not everything from ${who} arrived.` },
  },
  recipients: (who: string, tally: string) => `Ended for ${who}: ${tally}.`,
} as const

/** The guided tour of the demo. */
export const tour = {
  title: 'A tour in five steps',
  text: 'Bob, Carol and Dan live in this demo. Nothing leaves this machine.',
  hide: 'Hide the tour',
  play: 'Play',
  again: 'Play again',
  running: 'Playing…',
  done: 'Done',
  failed: 'Did not work',
  wire: 'Watch it on the wire',
  steps: {
    send: { title: 'Send', text: 'A file goes to Bob. The bar counts what Bob has confirmed.' },
    'accept-some': { title: 'Accept some', text: 'Bob offers you files. Tick those you want.' },
    decline: { title: 'Decline', text: 'Carol declines what you send. You see it, and why.' },
    group: { title: 'Group', text: 'One file for Bob, Carol and Dan at once, with a state for each.' },
    resume: { title: 'Break and resume', text: 'The network breaks in the middle. Press Resume: what has arrived is kept.' },
  } as Readonly<Record<string, { readonly title: string; readonly text: string }>>,
} as const
