/**
 * A sample of a function that works in this process: how often it ran in about so many milliseconds.
 * @param run does one operation and returns a number, which is added up so that no work can be left out
 */
export function timed(run, milliseconds) {
  let sum = 0
  let count = 0
  let batch = 1
  let passed = 0
  const start = performance.now()
  while (passed < milliseconds) {
    for (let turn = 0; turn < batch; turn++) sum += run()
    count += batch
    passed = performance.now() - start
    if (passed * 20 < milliseconds) batch *= 2
  }
  if (!Number.isFinite(sum)) throw new Error('a function did not return a number')
  return { operations: count, seconds: passed / 1000 }
}
