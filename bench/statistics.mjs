/** Middle of the numbers; the mean of the two middle ones when their count is even. */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Largest through smallest: 1 is perfectly steady. */
export function spread(numbers) {
  return Math.max(...numbers) / Math.min(...numbers)
}

/** Median, least and largest. */
export function range(numbers) {
  return { median: median(numbers), least: Math.min(...numbers), most: Math.max(...numbers) }
}

const GIB = 1024 ** 3

/**
 * One figure of each sample of a scenario, in the order of the rounds; undefined where the scenario does not measure it.
 * @param figure `rate` (GiB/s or operations a second), `time` (ms of one operation), `cpu` (s a GiB or µs an operation, all sides or one),
 *   `memory` (MB), `loop` (ms), or the name of a figure of its own
 */
export function figureOf(samples, figure, side) {
  const numbers = samples.map(sample => READERS[figure]?.(sample, side) ?? sample.figures?.[figure])
  return numbers.length === 0 || numbers.some(number => number === undefined || !Number.isFinite(number)) ? undefined : numbers
}

const READERS = {
  rate: sample => amountOf(sample) / sample.seconds,
  time: sample => (sample.seconds * 1000) / (sample.operations ?? 1),
  cpu: (sample, side) => {
    const cpu = sumOf(sidesOf(sample, side).map(one => one.cpu))
    return cpu === undefined ? undefined : (cpu / amountOf(sample)) * (sample.octets === undefined ? 1e6 : 1)
  },
  memory: (sample, side) => mostOf(sidesOf(sample, side).map(one => one.memory)),
  loop: (sample, side) => mostOf(sidesOf(sample, side).map(one => one.loop)),
}

/** GiB, or operations. */
function amountOf({ octets, operations = 1 }) {
  return octets === undefined ? operations : octets / GIB
}

function sidesOf({ sides = {} }, side) {
  return side === undefined ? Object.values(sides) : [sides[side] ?? {}]
}

function sumOf(numbers) {
  return numbers.length === 0 || numbers.includes(undefined) ? undefined : numbers.reduce((sum, number) => sum + number, 0)
}

function mostOf(numbers) {
  const known = numbers.filter(number => number !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

/** Quotients of two columns of the same rounds. */
export function quotients(column, other) {
  return column.map((number, round) => number / other[round])
}

/** Memory is told by its peak, everything else by its median. */
export function summaryOf(figure, numbers) {
  return figure === 'memory' || figure === 'failed' ? Math.max(...numbers) : median(numbers)
}
