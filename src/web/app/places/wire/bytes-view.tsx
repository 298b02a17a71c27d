import type { ReactNode } from 'react'
import { hexLines } from '../../../../trace/index.js'
import { strings } from '../../strings.js'
import styles from './message.module.css'

/** Octets that are shown; more help nobody. */
const MOST = 4096

/** Octets of a message, as numbers and as text. */
export function BytesView({ text }: { readonly text: string }): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <pre className={styles.bytes} tabIndex={0}>
      {hexLines(text.slice(0, MOST)).map(({ offset, hex, ascii }) => (
        <div key={offset} className={styles.byteLine}>
          <span className={styles.offset}>{offset.toString(16).padStart(4, '0')}</span>
          <span>{hex.padEnd(47)}</span>
          <span className={styles.ascii}>{ascii}</span>
        </div>
      ))}
      {text.length > MOST && <span className={styles.more}>{strings.wire.message.more(text.length - MOST)}</span>}
    </pre>
  )
}
