import { sipDialog } from './sip-dialogs.mjs'

export const suite = {
  name: 'sip',
  title: 'INVITE, 180, 200, ACK, BYE, 200 against a user agent on a socket, SIPp as load',
  unit: 'dialogs/s',
  bounds: 'One core: SIPp as caller needs the other one.',
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
