import { spawnSync } from 'node:child_process'

/** Whether a system program is here; tests that need one skip with a clear line where it is not. */
export function installed(program: string, ...args: string[]): boolean {
  const found = spawnSync(program, args.length > 0 ? args : ['--version'], { stdio: 'ignore' }).error === undefined
  if (!found) process.stderr.write(`skipped: ${program} is not installed (Debian package of the same name; .ci/run installs it)\n`)
  return found
}
