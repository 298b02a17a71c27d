import { serverLoad } from './server.mjs'

export const suite = {
  name: 'server',
  title: 'registrations and calls with digest through the server, SIPp as both ends',
  about:
    'A registration is REGISTER, 401, REGISTER with digest, 200; a call is INVITE, 407, INVITE with digest, 180, 200, ACK, BYE, 200 to a ' +
    'registered callee, each request by Record-Route; 50 at a time. CPU is that of the measured program alone, with all processes of Kamailio.',
  unit: 'a second',
  bounds:
    'One core; two thirds of it are SIP, digest and garbage, a fifth SQLite. Kamailio keeps its bindings in memory and uses both cores.',
  needs: ['sipp', 'kamailio'],
  scenarios: {},
}

for (const load of ['register', 'invite']) {
  for (const transport of ['udp', 'tcp']) {
    for (const who of ['kamailio', 'cpmft']) {
      suite.scenarios[`${load} ${transport}, ${who}`] = {
        ...(who === 'cpmft' && { baseline: `${load} ${transport}, kamailio` }),
        run: ({ folder, short }) => serverLoad(who, { load, transport, folder, form: short ? 'short' : 'full' }),
      }
    }
  }
}
