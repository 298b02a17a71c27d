import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where servers live that are not on the path of everybody. */
const MORE = ['/usr/sbin', '/usr/local/sbin', '/sbin']

/** Path of a program of this machine, undefined when it is not installed. */
export function findCommand(name) {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...MORE]) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // the next folder
    }
  }
  return undefined
}

/** Those of the programs that are missing. */
export function missing(needs = []) {
  return needs.filter(name => findCommand(name) === undefined)
}
