/** What one suite gave, for people, as lines. */
export function linesOf(result, { short = false } = {}) {
  const size = result.size === undefined ? '' : `, ${sizeText(result.size)}`
  const lines = [`${result.name}: ${result.title}${size}, ${counted(result.rounds, 'round')}, ${result.seconds.toFixed(0)} s`]
  lines.push(...align(tableOf(result)))
  for (const [name, why] of Object.entries(result.skipped)) lines.push(`  skipped     ${name}: ${why}`)
  for (const message of result.retried) lines.push(`  once more   ${message.split('\n', 1)[0]}`)
  for (const [name, message] of Object.entries(result.broken)) lines.push(`  BROKEN      ${name}: ${message.split('\n', 1)[0]}`)
  for (const goal of result.goals) lines.push(`  ${goalText(goal, short)}`)
  return lines
}

/** Head and rows of the table of one suite, without columns that no scenario has anything to say in. */
export function tableOf(result) {
  const rows = Object.entries(result.scenarios).map(([name, scenario]) => rowOf(name, scenario, result))
  const kept = headOf(result).map((_, column) => rows.some(row => row[column] !== ''))
  return [headOf(result), ...rows].map(row => row.filter((_, column) => kept[column]))
}

function headOf({ measure }) {
  return [
    'scenario',
    measure === 'time' ? 'time' : 'rate',
    'ratio (lowest to highest)',
    'to its floor',
    'CPU',
    'x CPU',
    'peak memory',
    'loop p99',
    'more',
  ]
}

/** Texts of one line: name, rate, ratio, ratio to the floor, CPU and how many times that of the baseline, memory, event loop, more figures. */
function rowOf(name, { baseline, floor, rate, time, ratio, floorRatio, cpuRatio, sides, figures }, { measure, unit }) {
  const all = Object.values(sides)
  const cpus = all.map(side => side.cpu).filter(number => number !== undefined)
  const perOctet = unit === 'GiB/s'
  const memories = all.map(side => side.memory).filter(number => number !== undefined)
  const loops = all.map(side => side.loop).filter(number => number !== undefined)
  return [
    name,
    rate === 0 ? '' : measure === 'time' ? `${digits(time)} ms` : `${digits(rate)} ${unit}`,
    ratio === undefined ? '' : ratioText(ratio, baseline),
    floorRatio === undefined ? '' : ratioText(floorRatio, floor),
    cpus.length === 0 ? '' : `${cpus.map(cpu => cpuText(cpu, perOctet)).join(' + ')} ${perOctet ? 's/GiB' : 'µs'}`,
    cpuRatio === undefined ? '' : digits(cpuRatio),
    memories.length === 0 ? '' : `${memories.map(memory => memory.toFixed(0)).join(' + ')} MB`,
    loops.length === 0 ? '' : `${loops.map(loop => digits(loop)).join(' + ')} ms`,
    Object.entries(figures)
      .map(([figure, number]) => `${figure} ${digits(number)}`)
      .join(', '),
  ]
}

/** Verdict, goal, value, and what has to be said about the way to the verdict. */
export function goalText(goal, short = false) {
  if (short && !goal.hard)
    return `${goal.scenario}: ${goal.text}; ${goal.value === undefined ? 'not measured' : `measured ${digits(goal.value)}`}`
  return `${goal.verdict.padEnd(12)}${withoutVerdict(goal)}`
}

export function withoutVerdict({ scenario, text, value, by, aim, unsteady, cpu, floor }) {
  const notes = []
  if (unsteady !== undefined) notes.push(`its baseline differs by a factor of ${digits(unsteady)}`)
  if (by === 'CPU time') notes.push(`judged by CPU time: ${digits(cpu)}`)
  if (by === 'every round') notes.push('but every round says so')
  if (by.startsWith('nothing') && unsteady === undefined) notes.push(by.slice('nothing: '.length))
  if (aim !== undefined) notes.push(`the aim beyond it: ${aim}`)
  if (floor !== undefined) notes.push(`its floor ${floor.name}: ${digits(floor.value)}`)
  const measured = value === undefined ? '' : `; measured ${digits(value)}`
  return `${scenario}: ${text}${measured}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`
}

/** Three digits or so: `0.55`, `12.3`, `410`, `74,203`. */
export function digits(number) {
  const size = Math.abs(number)
  if (size >= 100) return Math.round(number).toLocaleString('en')
  return number.toFixed(size >= 10 ? 1 : 2)
}

export function sizeText(octets) {
  for (const [unit, factor] of Object.entries({ GiB: 1024 ** 3, MiB: 1024 ** 2, KiB: 1024 }))
    if (octets >= factor) return `${Number((octets / factor).toFixed(2))} ${unit}`
  return `${octets} octets`
}

export function ratioText({ median, least, most }, baseline) {
  const range = least === most ? '' : ` (${digits(least)} to ${digits(most)})`
  return `${digits(median)} x ${baseline}${range}`
}

function cpuText(cpu, perOctet) {
  return perOctet ? cpu.toFixed(2) : digits(cpu)
}

function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Rows of cells as lines with columns of one width each. */
function align(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  return rows.map(row => `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('  ')}`.trimEnd())
}
