/** Milliseconds of a clock that never runs backwards. The global `performance` has the same, but brings along seven modules of Node. */
export function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}
