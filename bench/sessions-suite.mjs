import { plainFiles } from './plain-files.mjs'
import { sessions, TRANSFERS_OF_PAIR } from './sessions.mjs'

/** Transfers at once, and whether the short form has them too. */
const COUNTS = { 1: true, 10: true, 100: false, 1000: false }

/** More memory for each of a thousand transfers on either side, KiB; for all of them so many MB. */
const KIB_OF_TRANSFER = 64

/** The whole is measured with files so many times smaller: what they cost besides their octets shows, and it takes less time. */
const PART = 4

export const suite = {
  name: 'sessions',
  title: 'many transfers at once between two processes',
  about:
    'So many files of the same size, together as large as the file named above, each in a transfer of its own. Up to 50 are between the same two clients, ' +
    'in one session and over one connection, where they take turns. `N transfers` tells the octets: no file leaves before the last one was ' +
    'accepted, and time runs from then until the peer has confirmed the last octet; offers and hashes of the sender were before it, hash and ' +
    `names at the receiver fall into it. \`N transfers, whole\` has files of a quarter of that size and all there is, from the call of \`send\` to the last ` +
    'report: hash, offers, octets, hash, names, reports and closes. ' +
    '`1000 files, plain Node` is the floor of `1000 transfers`: as many files and connections without any protocol, in the same turns of 64 KiB, each written, ' +
    'hashed, synced, renamed and confirmed by one octet; they are hashed and open before time begins. It hashes on the thread that receives.',
  bounds:
    'Turns of 64 KiB on a shared connection, each with a chunk and an answer; the whole by the work of each offer, file and notification.',
  size: 1024,
  short: { size: 64, rounds: 1 },
  scenarios: {},
}

for (const whole of [false, true])
  for (const [count, short] of Object.entries(COUNTS)) {
    if (whole && count === '10') continue
    suite.scenarios[nameOf(count, whole)] = {
      short: short && !whole,
      ...(count !== '1' && { baseline: nameOf('1', whole) }),
      run: ({ size, file, folder }) => sessions({ source: file(whole ? size / PART : size), count: Number(count), folder, whole }),
    }
  }
const FLOOR = '1000 files, plain Node'
suite.scenarios[FLOOR] = {
  short: false,
  baseline: nameOf('1', false),
  run: ({ size, file, folder }) => plainFiles({ source: file(size), count: 1000, connections: 1000 / TRANSFERS_OF_PAIR, folder }),
}
suite.scenarios[nameOf('1000', false)].floor = FLOOR
suite.scenarios[nameOf('1000', false)].goals = [
  { figure: 'ratio', least: 0.85 },
  { figure: 'memory', above: nameOf('1', false), most: KIB_OF_TRANSFER },
]

function nameOf(count, whole) {
  return `${count === '1' ? 'one transfer' : `${count} transfers`}${whole ? ', whole' : ''}`
}
