/**
 * Operations a second of each function, in rounds whose order turns; round 0 is dropped.
 * @param functions name -> function that does one operation and returns a number, which is added up so that no work can be left out
 * @param milliseconds of each function in each round
 */
export function timedRounds(functions, { rounds, milliseconds }) {
  const names = Object.keys(functions)
  const rates = Object.fromEntries(names.map(name => [name, []]))
  let sum = 0
  for (let round = 0; round <= rounds; round++) {
    const first = round % names.length
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const run = functions[name]
      let count = 0
      let batch = 1
      const start = performance.now()
      let passed = 0
      while (passed < milliseconds) {
        for (let turn = 0; turn < batch; turn++) sum += run()
        count += batch
        passed = performance.now() - start
        if (passed * 20 < milliseconds) batch *= 2
      }
      if (round > 0) rates[name].push((count / passed) * 1000)
    }
  }
  if (!Number.isFinite(sum)) throw new Error('a function did not return a number')
  return rates
}

/** Median, least and largest of the ratios of two columns of the same rounds. */
export function ratioOf(rates, anchor) {
  const ratios = rates.map((rate, round) => rate / anchor[round]).sort((a, b) => a - b)
  return { median: median(ratios), least: ratios[0], most: ratios[ratios.length - 1] }
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
