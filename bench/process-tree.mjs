import { readdirSync, readFileSync } from 'node:fs'

/** What a program with children takes, as Linux tells it. */

/** A process and its children; those of Kamailio have none of their own. */
export function treeOf(pid) {
  const children = readdirSync('/proc').filter(name => {
    try {
      return /^\d+$/.test(name) && statOf(name)[1] === String(pid)
    } catch {
      return false
    }
  })
  return [pid, ...children]
}

/** Fields of `/proc/PID/stat` behind the name of the program: state, parent, … */
function statOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Seconds; Linux counts them in hundredths. */
export function cpuOf(pid) {
  const fields = statOf(pid)
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** MB that no other process shares. */
export function privateMemoryOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+(\d+)/m.exec(text)[1]) / 1024
  } catch {
    return 0
  }
}
