import { hasKamailioDatabase } from './kamailio-database.mjs'
import { serverLoad } from './server.mjs'

export const suite = {
  name: 'server',
  title: 'registrations and calls with digest through the server, SIPp as both ends',
  about:
    'A registration is REGISTER, 401, REGISTER with digest, 200; a call is INVITE, 407, INVITE with digest, 180, 200, ACK, BYE, 200 to a ' +
    'registered callee, each request by Record-Route; 50 at a time. CPU is that of the measured program alone, with all processes of Kamailio. ' +
    '`kamailio` has password and bindings in memory; `kamailio, database` reads passwords from SQLite and writes each binding there before it ' +
    'answers, as the server does. `node, answers` is plain Node that looks for the lines it has to copy, checks the digest and keeps bindings in a ' +
    'Map: no checks, no transactions, nothing written. What it takes is the least of any registrar in Node.',
  unit: 'a second',
  bounds:
    'One core. A registration through the server makes some 70 KiB of short-lived objects, so that a fifth is garbage collection; no part of the ' +
    'rest has more than a tenth. Kamailio keeps its bindings in memory and uses both cores.',
  needs: ['sipp', 'kamailio'],
  scenarios: {},
}

/** The goal of REGISTER; INVITE has none. */
const CPU = 1.5

for (const load of ['register', 'invite']) {
  for (const transport of ['udp', 'tcp']) {
    const baseline = `${load} ${transport}, kamailio`
    const run = who => context => serverLoad(who, { load, transport, folder: context.folder, form: context.short ? 'short' : 'full' })
    suite.scenarios[baseline] = { run: run('kamailio') }
    if (load === 'register') {
      const needs = hasKamailioDatabase() ? [] : ['kamailio with SQLite']
      suite.scenarios[`${baseline}, database`] = { baseline, needs, short: false, run: run('kamailio, database') }
      suite.scenarios[`${load} ${transport}, node, answers`] = { baseline, short: false, run: run('node') }
    }
    suite.scenarios[`${load} ${transport}, cpmft`] = {
      baseline,
      run: run('cpmft'),
      ...(load === 'register' && { floor: `${load} ${transport}, node, answers`, goals: [{ figure: 'cpu', most: CPU, of: baseline }] }),
    }
  }
}
