import type { ReactNode } from 'react'
import { visibleText } from '../../../trace/index.js'
import styles from './file-name.module.css'

/** Characters at the end of a name that are always seen: the kind of a file hides there. */
const TAIL = 12

/** The name of a file in one line: the middle gives way, so that `invoice….pdf.exe` cannot pass for a picture of its beginning. */
export function FileName({ children }: { readonly children: string }): ReactNode {
  const characters = [...visibleText(children)]
  const name = characters.join('')
  const cut = Math.max(0, characters.length - TAIL)
  return (
    <bdi className={styles.name} title={name}>
      <span className={styles.head}>{characters.slice(0, cut).join('')}</span>
      <span className={styles.tail}>{characters.slice(cut).join('')}</span>
    </bdi>
  )
}
