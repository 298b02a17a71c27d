/**
 * How the command line is divided into files. All that a transfer needs is one file, since each file costs a look-up, a read and a list of what it
 * gives to others. Code that most runs do not need is in files of its own, each loaded when something of it is used for the first time:
 * to read a function and to take it in costs time, whether it runs or not.
 */

/** Modules of a late file, as `room/module`. None may be needed while another module is loaded: nothing of them is extended elsewhere. */
const LATE = {
  groups: [
    'client/(?:conference-watch|group-plan|recipient-[a-z]+|serving-transfer|single-sends)\\.',
    'focus/(?!limits|index)',
    'sip/(?:event-type|notifier|subscriber|subscription-state)\\.',
  ],
  notices: ['cpim/(?:decode-imdn|encode-imdn|message|notification|unwrapper)\\.', 'cpm/notify-order\\.'],
  receive: [
    'client/(?:incoming-[a-z]+|offer-group|older-parts|original-sender|pulled-transfer|stream-sink)\\.',
    'cpm/(?:empty-file|incoming-file|match-shared|outcome|read-offer|refusal|verify|whole-message)\\.',
    'msrp/(?:incoming-message|response-template)\\.',
    'node/(?:accepted-socket|blob-source|downloaded-mark|file-sink|follower|icon|part-file|safe-name|scan|shared-run|sweep-parts)\\.',
    'node/(?:sequential-writes|written-ranges)\\.',
    'sdp/(?:file-icon|file-identity|file-range)\\.',
    'sip/(?:admission|build-response|incoming-invite|malformed-message|reason-phrase)\\.',
  ],
  registered: [
    'client/(?:capabilities|registrar|relay-access)\\.',
    'msrp/(?:authorization|relay-[a-z]+)\\.',
    'node/(?:config-accounts|config-password|config-value|dev-certificates|hash-thread|look-up|preview-invite|private-file)\\.',
    'node/(?:sqlite-database|store|store-migrations)\\.',
    'sip/(?:accept-contact|challenge|digest|feature-set|registration|service-records|tel-uri)\\.',
    'trace/(?:encode-entry|message-head|message-label|redact)\\.',
  ],
  toml: ['node_modules/smol-toml/'],
  types: ['node_modules/mime/dist/types/other\\.'],
  web: ['node/web-socket-'],
  xml: ['wire/(?:encode-xml|multipart|xml)\\.', 'node_modules/(?:saxes|xmlchars)/'],
}

/** Modules of a transfer, without the few that a help text needs, and without those that come with a package of their own (`kysely`). */
const TRANSFER = [
  '(?:wire|sdp|msrp|sip|cpim|cpm)/',
  'client/(?!errors|host)',
  'node/(?!hash-worker|prepared|sqlite|store)',
  'focus/limits\\.',
  'cli/(?:account-options|next-step|pause-keys|recipients|send-command|tell-[a-z]+|trace-recorder|watch-transfer|with-client)\\.',
]

/** For the bundler. The first that fits counts. */
export const FILES = [
  // every command needs these, and few need the rest of their room
  {
    name: 'errors',
    test: testOf(['client/(?:errors|host)\\.', 'trace/visible-text\\.', 'cli/(?:exit-code|size|terminal-text|usage-error|view)\\.']),
  },
  ...Object.entries(LATE).map(([name, modules]) => ({ name: `late-${name}`, test: testOf(modules) })),
  { name: 'transfer', test: testOf(TRANSFER) },
].map(file => ({ ...file, includeDependenciesRecursively: false }))

/** For the bundler: makes files late, and what they give to others cheap. */
export const LATE_FILES = {
  name: 'late-files',
  renderChunk: code => plainExports(plainDefaults(lateFiles(code))),
}

function testOf(modules) {
  const paths = modules.map(module => (module.startsWith('node_modules') ? module : `dist/${module}`))
  return new RegExp(`[\\\\/](?:${paths.map(path => path.replaceAll('/', '[\\\\/]')).join('|')})`)
}

/** `const require_late_x = require('…')` runs when it is used. */
function lateFiles(code) {
  const names = []
  const text = code.replace(/^const (require_late_\w+) = (require\(.*\));$/gm, (_, name, file) => {
    names.push(name)
    return `let ${name}_file;\nfunction ${name}() { return ${name}_file ??= ${file}; }`
  })
  if (names.length === 0) return code
  const use = new RegExp(`(?<![\\w$])(new )?(${names.join('|')})\\.([\\w$]+)`, 'g')
  return text.replace(use, (_, made, name, key) => (made === undefined ? `${name}().${key}` : `new (${name}().${key})`))
}

/** A module of Node has all its names and no `default`; copies of them, one by one, are not needed. */
function plainDefaults(code) {
  return code.replace(/^(node_\w+) = [\w.]*__toESM\(\1, 1\);$/gm, '$1 = Object.create($1, { default: { value: $1 } });')
}

/** A function that reads a name is made only for names that may get another value. */
function plainExports(code) {
  const fixed = new Set(
    [...code.matchAll(/^(?:const|(?:async )?function\*?|var) ([\w$]+)(?: = class\b| = |\()/gm)].flatMap(([whole, name]) =>
      whole.startsWith('var ') && !whole.endsWith('class') ? [] : [name],
    ),
  )
  return code.replace(
    /^Object\.defineProperty\(exports, ("[^"]+"), \{\s*enumerable: true,\s*get: function \(\) \{\s*return ([\w$]+);\s*\}\s*\}\);$/gm,
    (whole, key, name) => (fixed.has(name) ? `exports[${key}] = ${name};` : whole),
  )
}
