#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import { CORE_ROOMS, filesBelow, ROOT } from './places.mjs'

/**
 * Checks the walls of the house: who imports whom, how large files are and what they are called.
 * The compiler checks the direction of arrows too, through project references; this also watches those references.
 * `node tools/layers.mjs [ROOT]` prints one line per offence and exits with 1 when there is one.
 */

/** Room -> rooms it may import. Arrows point down only. */
const ROOMS = {
  wire: [],
  sdp: ['wire'],
  msrp: ['wire'],
  sip: ['wire'],
  cpim: ['wire'],
  trace: ['wire'],
  cpm: ['wire', 'sdp', 'msrp', 'sip', 'cpim'],
  focus: ['wire', 'sdp', 'msrp', 'sip', 'cpim', 'cpm'],
  client: ['wire', 'sdp', 'msrp', 'sip', 'cpim', 'trace', 'cpm', 'focus'],
  node: ['wire', 'sdp', 'msrp', 'sip', 'cpim', 'trace', 'cpm', 'focus', 'client'],
  browser: ['wire', 'sdp', 'msrp', 'sip', 'cpim', 'trace', 'cpm', 'focus', 'client'],
  testkit: ['wire', 'sdp', 'msrp', 'sip', 'cpim', 'trace', 'cpm', 'client', 'focus'],
  server: ['wire', 'sdp', 'msrp', 'sip', 'cpim', 'trace', 'cpm', 'client', 'focus', 'node'],
  demo: ['wire', 'sdp', 'msrp', 'sip', 'cpim', 'trace', 'cpm', 'client', 'focus', 'node', 'server'],
  'web/protocol': [],
  // the page itself runs in a browser: what it shares with the rest is the trace model and the words it speaks with its server
  'web/app': ['wire', 'trace', 'web/protocol'],
  web: ['wire', 'sdp', 'msrp', 'sip', 'cpim', 'trace', 'cpm', 'client', 'focus', 'node', 'server', 'demo', 'web/protocol'],
  cli: ['wire', 'sdp', 'msrp', 'sip', 'cpim', 'trace', 'cpm', 'client', 'focus', 'node', 'server', 'demo', 'web', 'web/protocol'],
}
/** Rooms inside a room, with walls of their own. */
const SUB_ROOMS = ['web/app', 'web/protocol']
/** Rooms that take the platform as an argument: neither packages nor `node:` modules. */
const PURE_ROOMS = [...CORE_ROOMS, 'client', 'testkit']
/** The one file that may import a package although its room is pure: it hides that package from the rest. */
const DOORS = { 'src/wire/xml.ts': 'saxes' }
/** Ways into a room beside its index.js: the page takes plain numbers without the schemas, which would come along with a large package. */
const SIDE_ENTRANCES = { 'web/app': ['src/web/protocol/limits.js'] }
/** Of these only types are taken: what they are checked with would come along. */
const TYPES_ONLY = { 'web/app': ['src/web/protocol/index.js'] }
const LONGEST_FILE = 500
/** `import … from 'x'`, `export … from 'x'`, the last line of one over several lines; `import 'x'`; `import('x')`. */
const IMPORTS = [/^\s*(?:import|export|\}).*\bfrom ['"]([^'"]+)['"]\s*$/, /^\s*import ['"]([^'"]+)['"]/, /\bimport\(\s*['"]([^'"]+)['"]/]
/** Names that say nothing about the content. */
const VAGUE_NAMES = /(^|-)(utils?|helpers?|common|misc|managers?|handlers?)(-|$)/

const root = process.argv[2] ?? ROOT
const offences = []
const offend = (place, what) => offences.push(`${place}: ${what}`)

for (const path of filesBelow('src', path => /\.(m?[jt]sx?)$/.test(path), root)) checkFile(path)
for (const path of filesBelow('src', path => basename(path) === 'tsconfig.json', root)) checkReferences(path)
for (const folder of ['src', 'test', 'tools', 'bench', 'docs', 'examples']) {
  for (const path of filesBelow(folder, path => /\.(ts|mjs|json|md|sh)$/.test(path), root)) checkMachinePaths(path)
}
for (const offence of offences) console.error(offence)
if (offences.length > 0) process.exitCode = 1
else console.log('walls: in order')

function checkFile(path) {
  const text = readFileSync(join(root, path), 'utf8')
  const lines = text.split('\n')
  const room = roomOf(path)
  if (!Object.hasOwn(ROOMS, room)) offend(path, `unknown room "${room}"; add it to tools/layers.mjs with its arrows`)
  if (lines.length - 1 > LONGEST_FILE) offend(path, `${lines.length - 1} lines, ${LONGEST_FILE} are allowed`)
  const stem = basename(path).replace(/\..*$/, '')
  if (VAGUE_NAMES.test(stem)) offend(path, 'the name says nothing about the content')
  if (stem !== stem.toLowerCase() || stem.includes('_')) offend(path, 'file names are kebab-case')
  const plain = withoutComments(lines)
  for (const [index, line] of plain.entries()) {
    checkLine(path, room, index + 1, line)
    checkTypesOnly(path, room, plain, index)
  }
}

function checkTypesOnly(path, room, lines, index) {
  const target = targetOf(lines[index])
  if (target === undefined || TYPES_ONLY[room]?.includes(posix.join(dirname(path), target)) !== true) return
  const first = lines.slice(0, index + 1).findLast(line => /^(import|export) /.test(line))
  if (!/^(import|export) type /.test(first)) offend(`${path}:${index + 1}`, `only types may be imported from ${target}`)
}

function checkLine(path, room, number, line) {
  const place = `${path}:${number}`
  const target = targetOf(line)
  if (target !== undefined) checkImport(place, path, room, target)
  if (basename(path) !== 'index.ts' && /^export (type )?(\*|\{[^}]*\}) .*from ['"]/.test(line)) offend(place, 'only index.ts re-exports')
  if (PURE_ROOMS.includes(room) && /\bnew Date\(\s*\)/.test(line)) offend(place, 'new Date() reads the clock, which is an argument here')
}

/** What a line imports, if it does. */
function targetOf(line) {
  return IMPORTS.map(form => form.exec(line)?.[1]).find(found => found !== undefined)
}

function checkImport(place, path, room, target) {
  if (!target.startsWith('.')) {
    if (PURE_ROOMS.includes(room) && DOORS[path] !== target) offend(place, `"${room}" must not import "${target}"`)
    return
  }
  const resolved = posix.normalize(posix.join(dirname(path), target))
  if (!resolved.startsWith('src/')) return offend(place, `imports from outside src: ${target}`)
  const other = roomOf(resolved)
  if (other === room) return
  if (!ROOMS[room]?.includes(other)) offend(place, `"${room}" must not import "${other}"`)
  else if (resolved !== `src/${other}/index.js` && SIDE_ENTRANCES[room]?.includes(resolved) !== true)
    offend(place, `enter "${other}" through its index.js, not ${target}`)
}

/** The room of a path below `src`; a few rooms have rooms of their own inside. */
function roomOf(path) {
  const [, room, inner] = path.split('/')
  const sub = `${room}/${inner}`
  return SUB_ROOMS.includes(sub) ? sub : room
}

/** A reference that the table does not allow would let the compiler accept an upward arrow. */
function checkReferences(path) {
  const room = roomOf(path)
  const { references = [] } = JSON.parse(readFileSync(join(root, path), 'utf8'))
  for (const { path: target } of references) {
    const other = roomOf(posix.normalize(posix.join(dirname(path), target)))
    if (!ROOMS[room]?.includes(other)) offend(path, `"${room}" must not refer to "${other}"`)
  }
}

function checkMachinePaths(path) {
  const lines = readFileSync(join(root, path), 'utf8').split('\n')
  for (const [index, line] of lines.entries()) {
    if (/(^|[\s'"`(=])\/((work|farm|root)\b|(home|Users)\/\w)/.test(line)) offend(`${path}:${index + 1}`, 'path of one machine')
  }
}

/** The lines with comments blanked; good enough for source that the formatter has passed. */
function withoutComments(lines) {
  let inside = false
  return lines.map(line => {
    if (inside) {
      if (line.includes('*/')) inside = false
      return ''
    }
    if (/^\s*\/\*/.test(line)) {
      inside = !line.includes('*/')
      return ''
    }
    return line.replace(/(^|\s)\/\/.*$/, '')
  })
}
