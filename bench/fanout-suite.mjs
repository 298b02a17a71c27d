import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fanout } from './fanout.mjs'
import { fanoutFocus } from './fanout-focus.mjs'

/** Octets delivered in all are kept below this by a shorter file for many legs, so that a round takes seconds. */
const DELIVERED = 4 * 1024 ** 3
/** Legs, and whether the short form has them too. */
const COUNTS = { 1: true, 2: false, 10: true, 50: false, 100: false }

export const suite = {
  name: 'fanout',
  title: 'one file to many at once, through one switch whose CPU and memory are told',
  about:
    '`raw` is plain Node that passes what it receives on in shared blocks, `passage` the data path of the group server in its place with ' +
    'SHA-1, `service` everything: clients, SIP, conference and MSRP. The legs throw away what they get. A slow leg reads 30 MB a second and ' +
    'is not waited for. `raw 9, written` has nine legs and a file to which each block is written besides: what the tenth leg costs the others at the least ' +
    'when it is so slow that its octets have to wait on a disk.',
  bounds: 'The copy of every octet into the socket of each leg.',
  size: 128,
  short: { size: 16 },
  setUp: ({ source }) => ({ sha1: createHash('sha1').update(readFileSync(source)).digest('hex') }),
  scenarios: {},
}

for (const [legs, short] of Object.entries(COUNTS)) {
  for (const how of ['raw', 'passage']) suite.scenarios[`${how} ${legs}`] = { short, ...through(how, Number(legs)) }
  if (Number(legs) * suite.size * 1024 ** 2 <= DELIVERED) suite.scenarios[`service ${legs}`] = { short, ...service(Number(legs)) }
}
for (const how of ['raw', 'passage']) suite.scenarios[`${how} 10, one slow`] = through(how, 10, { slow: 1 })
suite.scenarios['raw 9, written'] = through('raw', 9, { written: true })
suite.scenarios['passage 100'].goals = [
  { figure: 'rate', of: 'passage 1', least: 2 },
  { figure: 'cpu', of: 'passage 1', most: 0.65 },
  { figure: 'memory', above: 'passage 1', most: 40 },
]
suite.scenarios['passage 10'].goals = [{ figure: 'MiB on disk', most: 0 }]
suite.scenarios['passage 10, one slow'].goals = [
  { figure: 'ms for a MiB at each leg', of: 'passage 10', most: 1.1, floor: 'raw 9, written', floorOf: 'raw 10' },
]

function through(how, legs, { slow = 0, written = false } = {}) {
  return {
    baseline: written ? 'raw 10' : how === 'raw' ? undefined : `raw ${legs}${slow > 0 ? ', one slow' : ''}`,
    async run({ source, size, folder }) {
      // in plain Node all wait for the slow one, so that a part of the file is enough
      const most = how === 'raw' && slow > 0 ? size / 4 : size
      const part = Math.min(most, Math.ceil(DELIVERED / legs))
      return sampleOf(await fanout({ source, size: part, legs, how, slow, written, folder }), legs - slow)
    },
  }
}

function service(legs) {
  return {
    baseline: `raw ${legs}`,
    run: async ({ source, own, folder }) => sampleOf(await fanoutFocus({ source, sha1: own.sha1, legs, folder }), legs),
  }
}

function sampleOf({ seconds, octets, cpu, memory, spooled }, legs) {
  const figures = { 'ms for a MiB at each leg': (seconds * 1000) / (octets / legs / 1024 ** 2) }
  if (spooled !== undefined) figures['MiB on disk'] = spooled / 1024 ** 2
  return { seconds, octets, sides: { switch: { cpu, memory } }, figures }
}
