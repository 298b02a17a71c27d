import { decodeUtf8, encodeLatin1 } from '../../../../wire/index.js'
import { visibleText } from '../../../../trace/index.js'

/** Recorded text (one character for each octet) as people read it: UTF-8, with everything visible that hides or reorders. */
export function readableText(recorded: string): string {
  return visibleText(decodeUtf8(encodeLatin1(recorded)))
}

/** The same for several lines, which stay apart. */
export function readableLines(recorded: string): string {
  return recorded.split('\r\n').map(readableText).join('\r\n')
}
