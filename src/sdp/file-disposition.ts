import { equalFold } from '../wire/index.js'

export type FileDisposition = 'render' | 'attachment'

/** `render` or, for every other value, `attachment`: the safe side (SDP-18). */
export function parseFileDisposition(value: string): FileDisposition {
  return equalFold(value, 'render') ? 'render' : 'attachment'
}
