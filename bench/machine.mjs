import { availableParallelism, cpus, release, totalmem, type } from 'node:os'

/** What a figure of this machine has to be read with. */
export function describeMachine() {
  const [cpu] = cpus()
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    node: process.version,
    openssl: process.versions.openssl,
  }
}
