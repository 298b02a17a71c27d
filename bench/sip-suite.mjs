import { sipDialog } from './sip-dialogs.mjs'

/** Dialogs that live at one time: SIPp looks at its calls once a millisecond, so that fewer leave its own server idle for half the time. */
const MANY = 500
const FEW = 50

export const suite = {
  name: 'sip',
  title: 'INVITE, 180, 200, ACK, BYE, 200 against a user agent on a socket, SIPp as load',
  about:
    `${MANY} dialogs at a time keep one core of either server busy: its own by 93 %, ours wholly. With ${FEW} at a time the rate is what one SIPp caller ` +
    'offers to anybody, since it looks at its calls once a millisecond; that tells how soon we answer. SIPp has larger socket buffers than it takes by ' +
    'itself, or it loses datagrams and stands still. Our user agent sends 100 besides, and keeps dialogs, timers and finished transactions as RFC 3261 ' +
    'says; the server of SIPp plays its three answers. `node, answers` is plain Node that answers with fixed texts and the lines it has to copy, and ' +
    'keeps nothing: what of that ratio Node itself can reach on this machine.',
  unit: 'dialogs/s',
  bounds:
    'One core: over UDP a quarter of it is the kernel, a fifth garbage, the rest reading, writing and keeping seven messages. SIPp is compiled and keeps nothing.',
  needs: ['sipp'],
  scenarios: {},
}

for (const transport of ['udp', 'tcp']) {
  for (const atOnce of [MANY, FEW]) {
    const name = atOnce === MANY ? transport : `${transport}, ${FEW} at once`
    const short = atOnce === MANY ? {} : { short: false }
    suite.scenarios[`${name}, sipp`] = { ...short, run: ({ folder }) => sipDialog('sipp', transport, folder, atOnce) }
    if (atOnce === MANY)
      suite.scenarios[`${name}, node, answers`] = {
        short: false,
        baseline: `${name}, sipp`,
        run: ({ folder }) => sipDialog('node', transport, folder, atOnce),
      }
    suite.scenarios[`${name}, cpmft`] = {
      ...short,
      baseline: `${name}, sipp`,
      ...(atOnce === MANY && { floor: `${name}, node, answers` }),
      run: ({ folder }) => sipDialog('ours', transport, folder, atOnce),
      goals: [...(atOnce === MANY ? [{ figure: 'ratio', least: 1 }] : []), { figure: 'failed', most: 0 }],
    }
  }
}
