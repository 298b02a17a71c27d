import { missing } from './commands.mjs'

/**
 * Runs every scenario of a suite once a round, in an order that turns from round to round, so that no scenario has always the same one
 * before it. Round 0 is dropped, but in the short form. A scenario that breaks is tried once more, since other programs and real sockets on a
 * busy machine are part of it; when it breaks again, it is left out of the rest of the suite.
 * @param options `{ rounds, short, size, workplace, tell }`; size in octets
 * @returns `{ samples: name -> result of each round, skipped: name -> why, broken: name -> message, retried: messages }`
 */
export async function runRounds(suite, { rounds, short, size, workplace, tell = () => {} }) {
  const folder = workplace.folder(suite.name)
  const context = { short, size, folder, file: octets => workplace.source(octets) }
  if (size !== undefined) context.source = workplace.source(size)
  const { names, skipped } = choose(suite, short)
  const [samples, broken, retried] = [{}, {}, []]
  const place = workplace.folder(`${suite.name}-place`)
  const own = await suite.setUp?.({ ...context, folder: place })
  try {
    for (let round = short ? 1 : 0; round <= rounds; round++) {
      for (const name of turned(names, round)) {
        if (broken[name] !== undefined) continue
        tell(`${suite.name}, round ${round} of ${rounds}: ${name}`)
        const once = () => runOnce(suite.scenarios[name], { ...context, own, round }, workplace)
        let outcome = await once()
        if (outcome.message !== undefined) {
          retried.push(`${name}: ${outcome.message}`)
          outcome = await once()
        }
        if (outcome.message === undefined) {
          if (round > 0) (samples[name] ??= []).push(outcome.sample)
          continue
        }
        broken[name] = outcome.message
        delete samples[name]
      }
    }
  } finally {
    await suite.tearDown?.(own)
    workplace.empty(place)
    workplace.empty(folder)
  }
  return { samples, skipped, broken, retried }
}

/** One run in an empty folder: `{ sample }`, or `{ message }` when it broke. */
async function runOnce(scenario, context, workplace) {
  try {
    return { sample: kept(await scenario.run(context)) }
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error) }
  } finally {
    workplace.empty(context.folder)
  }
}

function choose({ scenarios, needs }, short) {
  const skipped = {}
  const names = Object.keys(scenarios).filter(name => {
    const scenario = scenarios[name]
    if (short && scenario.short === false) return false
    const absent = missing([...(needs ?? []), ...(scenario.needs ?? [])])
    if (absent.length > 0) skipped[name] = `${absent.join(', ')} not installed`
    return absent.length === 0
  })
  return { names, skipped }
}

/** Without what a scenario told beside its figures: results say nothing of the folders of a machine. */
function kept({ seconds, octets, operations = octets === undefined ? 1 : undefined, idle = false, sides = {}, figures = {} }) {
  if (!(seconds > 0) || !(idle || (octets ?? operations) > 0)) throw new Error(`nothing went through: ${JSON.stringify(figures)}`)
  const figuresOfSides = Object.entries(sides).map(([side, { cpu, memory, loop }]) => [side, { cpu, memory, loop }])
  return { seconds, octets, operations, sides: Object.fromEntries(figuresOfSides), figures }
}

function turned(names, round) {
  const first = names.length === 0 ? 0 : round % names.length
  return [...names.slice(first), ...names.slice(0, first)]
}
