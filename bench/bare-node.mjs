import { playRole, startMeter, startRole } from './processes.mjs'

/** A process of Node that does nothing for as long as a short transfer takes: what its memory is measured by. `idle`: that nothing went through is no failure. */
const WAIT = 300

export async function bareNode() {
  const process = startRole(import.meta.url, 'idler', {})
  try {
    return { seconds: WAIT / 1000, octets: 0, idle: true, sides: { process: await process.next() } }
  } finally {
    await process.end()
  }
}

async function idle() {
  const meter = startMeter()
  await new Promise(resolve => setTimeout(resolve, WAIT))
  process.send(meter.stop())
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ idler: idle })
