import { sipDialog } from './sip-dialogs.mjs'

export const suite = {
  name: 'sip',
  title: 'INVITE, 180, 200, ACK, BYE, 200 against a user agent on a socket, SIPp as load',
  about:
    'With 50 dialogs at a time the rate is what one SIPp caller offers: it looks at its calls once a millisecond, so that each takes some eight of ' +
    'them however fast the answers are. With 200 at a time the server is the limit; SIPp then loses datagrams, so that it is told over TCP alone. ' +
    'Our user agent sends 100 besides, and keeps dialogs, timers and finished transactions as RFC 3261 says; the server of SIPp plays its three answers.',
  unit: 'dialogs/s',
  bounds: 'One core, and half of that reading and writing messages. At 50 at a time the timer of SIPp.',
  needs: ['sipp'],
  scenarios: {},
}

for (const transport of ['udp', 'tcp']) {
  suite.scenarios[`${transport}, sipp`] = { run: ({ folder }) => sipDialog('sipp', transport, folder) }
  suite.scenarios[`${transport}, cpmft`] = {
    baseline: `${transport}, sipp`,
    run: ({ folder }) => sipDialog('ours', transport, folder),
    goals: [
      { figure: 'ratio', least: 1 },
      { figure: 'failed', most: 0 },
    ],
  }
}
suite.scenarios['tcp, 200 at once, sipp'] = { short: false, run: ({ folder }) => sipDialog('sipp', 'tcp', folder, 200) }
suite.scenarios['tcp, 200 at once, cpmft'] = {
  short: false,
  baseline: 'tcp, 200 at once, sipp',
  run: ({ folder }) => sipDialog('ours', 'tcp', folder, 200),
  goals: [{ figure: 'failed', most: 0 }],
}
