import { type FileProperties, type FileSelector, matchesSelector } from '../sdp/index.js'

/**
 * The shared files that a pull line of the peer can mean: each selector it gave fits exactly (OA-32), another hash is another file (OA-33).
 * Only what the user shared may be among the candidates (OA-35).
 * @returns all that fit, in the order they were given; with none or, for want of a choice, with several the line is not served (OA-31)
 */
export function matchShared<File extends FileProperties>(selector: FileSelector, candidates: readonly File[]): File[] {
  return candidates.filter(file => matchesSelector(selector, file))
}
