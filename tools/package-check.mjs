#!/usr/bin/env node
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './places.mjs'

/**
 * Packs the package as npm would publish it, installs it into an empty project and uses it as a stranger:
 * every subpath is imported, its declarations are there, and the command answers `--version`. Needs `npm run build`.
 */

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const stranger = mkdtempSync(join(tmpdir(), 'cpmft-package-'))
try {
  const [packed] = JSON.parse(run(ROOT, 'npm', 'pack', '--json', '--pack-destination', stranger))
  const shipped = new Set(packed.files.map(file => file.path))
  for (const path of shipped) {
    if (/(^|\/)(test|src|node_modules)\/|\.tsbuildinfo$|\.map$/.test(path)) offend(`${path} must not be shipped`)
  }
  const promised = [...Object.values(manifest.exports).flatMap(Object.values), ...Object.values(manifest.bin), 'LICENSE', 'README.md']
  for (const path of promised) if (!shipped.has(path.replace(/^\.\//, ''))) offend(`${path} is promised but not shipped`)

  writeFileSync(join(stranger, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }\n')
  run(stranger, 'npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--omit=dev', packed.filename)
  const subpaths = Object.keys(manifest.exports).map(subpath => subpath.replace(/^\./, manifest.name))
  writeFileSync(join(stranger, 'import.mjs'), subpaths.map(subpath => `await import('${subpath}')\n`).join(''))
  run(stranger, process.execPath, 'import.mjs')
  for (const command of Object.keys(manifest.bin)) {
    const version = run(stranger, join(stranger, 'node_modules/.bin', command), '--version').trim()
    if (!version.includes(manifest.version)) offend(`${command} --version says "${version}", not ${manifest.version}`)
  }
  if (process.exitCode === undefined)
    console.log(`package: ${shipped.size} files, ${Math.round(packed.size / 1024)} KiB packed, all ${subpaths.length} entries load`)
} finally {
  rmSync(stranger, { recursive: true, force: true })
}

function run(cwd, command, ...options) {
  const { status, stdout, stderr, error } = spawnSync(command, options, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${options.join(' ')}: ${error?.message ?? stderr}`)
  return stdout
}

function offend(what) {
  console.error(what)
  process.exitCode = 1
}
