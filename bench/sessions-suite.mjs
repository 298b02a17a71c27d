import { sessions } from './sessions.mjs'

/** Transfers at once, and whether the short form has them too. */
const COUNTS = { 1: true, 10: true, 100: false, 1000: false }

/** More memory for each of a thousand transfers on either side, KiB; for all of them so many MB. */
const KIB_OF_TRANSFER = 64

export const suite = {
  name: 'sessions',
  title: 'many transfers at once between two processes',
  about:
    'So many files of the same size, together as large as the one of the first scenario, each in a transfer of its own. Up to 50 are between ' +
    'the same two clients, in one session and over one connection, where they take turns.',
  bounds: 'Turns of 64 KiB on a shared connection, and with a thousand the work of each offer, file and record.',
  size: 256,
  short: { size: 32, rounds: 1 },
  scenarios: {},
}

for (const [count, short] of Object.entries(COUNTS)) {
  const isOne = count === '1'
  suite.scenarios[isOne ? 'one transfer' : `${count} transfers`] = {
    short,
    ...(!isOne && { baseline: 'one transfer' }),
    run: ({ size, file, folder }) =>
      sessions({ source: file(Math.max(1, Math.floor(size / Number(count)))), count: Number(count), folder }),
  }
}
suite.scenarios['1000 transfers'].goals = [
  { figure: 'ratio', least: 0.85 },
  { figure: 'memory', above: 'one transfer', most: KIB_OF_TRANSFER },
]
