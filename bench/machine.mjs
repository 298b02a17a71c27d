import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { findCommand } from './commands.mjs'

/** How other programs tell their version; `nc` does not. */
const VERSIONS = {
  openssl: ['version'],
  curl: ['--version'],
  nginx: ['-v'],
  ssh: ['-V'],
  socat: ['-V'],
  sha1sum: ['--version'],
  sipp: ['-v'],
  kamailio: ['-v'],
}
const PACKAGES = ['sip.js', 'jssip']

/** What a figure of this machine has to be read with. */
export function describeMachine() {
  const [cpu] = cpus()
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release().split('-')[0]}`,
    node: process.version,
    openssl: process.versions.openssl,
  }
}

/** Versions of what is measured beside us, as far as it is installed. */
export function describePeers() {
  return { ...programs(), ...packages() }
}

function programs() {
  const versions = {}
  for (const [name, args] of Object.entries(VERSIONS)) {
    const path = findCommand(name)
    if (path === undefined) continue
    const { stdout, stderr } = spawnSync(path, args, { encoding: 'utf8' })
    const version = /\d+(?:\.\d+)+\w*/.exec(`${stdout}${stderr}`)?.[0]
    if (version !== undefined) versions[name] = version
  }
  return versions
}

function packages() {
  const versions = {}
  for (const name of PACKAGES) {
    try {
      versions[name] = JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version
    } catch {
      // not installed
    }
  }
  return versions
}
