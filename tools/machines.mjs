#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cell, publish } from './generated.mjs'
import { CORE_ROOMS, filesBelow, ROOT } from './places.mjs'

/**
 * Draws every state table that a built room exports: docs/machines/<room>-<name>.md with a diagram and a table.
 * A state table is `state -> event -> { to, do: [] }`. Needs `npm run build`; `--check` compares only.
 */

const ROOMS_WITH_MACHINES = [...CORE_ROOMS, 'client']
const FOLDER = 'docs/machines'

const machines = []
for (const room of ROOMS_WITH_MACHINES) {
  for (const source of filesBelow(`src/${room}`, path => path.endsWith('.ts') && basename(path) !== 'index.ts')) {
    const built = join(ROOT, source.replace(/^src/, 'dist').replace(/\.ts$/, '.js'))
    if (!existsSync(built)) {
      console.error(`${source} is not built: run \`npm run build\` first`)
      process.exit(1)
    }
    for (const [exported, value] of Object.entries(await import(pathToFileURL(built).href))) {
      if (isTable(value)) machines.push({ room, name: kebab(exported), exported, source, table: value })
    }
  }
}
const documents = new Map(machines.map(machine => [`${FOLDER}/${machine.room}-${machine.name}.md`, draw(machine)]))
documents.set(`${FOLDER}/README.md`, index())
publish('npm run docs', documents, FOLDER)

function isTable(value) {
  if (!isRecord(value)) return false
  const rows = Object.values(value)
  if (rows.length < 2 || !rows.every(isRecord)) return false
  const arrows = rows.flatMap(row => Object.values(row))
  return arrows.length > 0 && arrows.every(arrow => isRecord(arrow) && typeof arrow.to === 'string' && Array.isArray(arrow.do))
}

function isRecord(value) {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** `INVITE_CLIENT_TABLE` and `inviteClientTable` -> `invite-client`. */
function kebab(exported) {
  return exported
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase()
    .replace(/-table$/, '')
}

function draw({ room, name, exported, source, table }) {
  const states = Object.keys(table)
  const arrows = states.flatMap(from => Object.entries(table[from]).map(([event, { to, do: actions }]) => ({ from, event, to, actions })))
  const node = state => `s${states.indexOf(state)}`
  for (const { to } of arrows) if (!states.includes(to)) throw new Error(`${exported}: an arrow leads to the unknown state "${to}"`)
  return `${[
    `# ${room}: ${name.replaceAll('-', ' ')}`,
    '',
    `Drawn from \`${exported}\` in [\`${source}\`](../../${source}) by \`npm run docs\`. An event that is not listed for a state is refused and changes nothing.`,
    '',
    '```mermaid',
    'stateDiagram-v2',
    ...states.map(state => `  state "${state}" as ${node(state)}`),
    `  [*] --> ${node(states[0])}`,
    ...arrows.map(({ from, event, to }) => `  ${node(from)} --> ${node(to)}: ${event.replaceAll(':', ' ')}`),
    ...states.filter(state => Object.keys(table[state]).length === 0).map(state => `  ${node(state)} --> [*]`),
    '```',
    '',
    '| State | Event | Next state | Does, in order |',
    '|---|---|---|---|',
    ...arrows.map(({ from, event, to, actions }) => `| ${cell(from)} | ${cell(event)} | ${cell(to)} | ${cell(actions.join(', '))} |`),
  ].join('\n')}\n`
}

function index() {
  const lines = machines.map(({ room, name, table }) => {
    const arrows = Object.values(table).reduce((sum, row) => sum + Object.keys(row).length, 0)
    return `- [${room}: ${name.replaceAll('-', ' ')}](${room}-${name}.md), ${Object.keys(table).length} states, ${arrows} arrows`
  })
  return `${['# State machines', '', 'Every state machine is a table in the source; these pages are drawn from the tables by `npm run docs`.', '', ...lines].join('\n')}\n`
}
