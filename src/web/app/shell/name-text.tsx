import type { ReactNode } from 'react'
import { visibleText } from '../../../trace/index.js'
import styles from './name-text.module.css'

/** Characters of a name that are drawn; the rest stands in its title. */
const LONGEST = 512

interface NameTextProps {
  /** A name of a file or a person, an address, a subject: whatever others chose. */
  readonly children: string
  /** One line with an ellipsis; else it wraps anywhere. */
  readonly clip?: boolean
  readonly className?: string | undefined
}

/** Text from elsewhere, shown as it is: isolated from the direction of its surroundings, invisible characters made visible, never markup. */
export function NameText({ children, clip = false, className = '' }: NameTextProps): ReactNode {
  const text = visibleText(children)
  return (
    <bdi className={`${clip ? styles.clip : styles.wrap} ${className}`} title={clip ? text.slice(0, LONGEST) : undefined}>
      {text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}
    </bdi>
  )
}
