import { type KeyboardEvent, type ReactNode, useState } from 'react'
import type { Clause, DissectedNode, Dissection } from '../../../../trace/index.js'
import { strings } from '../../strings.js'
import styles from './message.module.css'
import { readableText } from './message-text.js'

const words = strings.wire.message

interface Line {
  readonly node: DissectedNode
  readonly depth: number
  readonly parent: Clause | undefined
}

/** A message part by part. Who points at a part, or walks to it, reads the rule that it follows. */
export function DecodedTree({ dissection }: { readonly dissection: Dissection }): ReactNode {
  const lines = flatten(dissection.nodes, 0, undefined)
  const [at, setAt] = useState(-1)
  const chosen = lines[at]
  const keyDown = (event: KeyboardEvent): void => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const next = Math.max(0, Math.min(lines.length - 1, to))
    setAt(next)
    document.getElementById(`part-${next}`)?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <>
      <div
        className={styles.tree}
        role="tree"
        tabIndex={0}
        aria-label={words.decoded}
        aria-activedescendant={at >= 0 ? `part-${at}` : undefined}
        onKeyDown={keyDown}
        onFocus={() => at < 0 && setAt(0)}
      >
        {lines.map(({ node, depth, parent }, index) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: parts of one message never move
            key={index}
            id={`part-${index}`}
            role="treeitem"
            aria-level={depth + 1}
            aria-selected={index === at}
            aria-label={sentence(node, node.clause ?? parent)}
            className={styles.part}
            data-chosen={index === at || undefined}
            style={{ paddingLeft: 12 + depth * 16 }}
            onMouseEnter={() => setAt(index)}
            onClick={() => setAt(index)}
          >
            <bdi className={styles.partName} data-group={node.children.length > 0 && node.value === '' ? true : undefined}>
              {readableText(node.label)}
            </bdi>
            <bdi className={styles.partValue}>{readableText(node.value)}</bdi>
          </div>
        ))}
      </div>
      <ClauseLine
        clause={chosen?.node.clause ?? chosen?.parent}
        name={chosen === undefined ? undefined : readableText(chosen.node.label)}
      />
    </>
  )
}

/** The rule of what is pointed at. */
export function ClauseLine({ clause, name }: { readonly clause: Clause | undefined; readonly name: string | undefined }): ReactNode {
  if (clause === undefined) return <div className={styles.clause}>{words.clauseHint}</div>
  return (
    <div className={styles.clause}>
      <span className={styles.clauseHead}>
        <bdi className={styles.clauseName}>{name}</bdi>
        <span className={styles.clausePlace}>
          {clause.source}
          {clause.section === '' ? '' : ` §${clause.section}`}
        </span>
      </span>
      <span>{clause.says}</span>
    </div>
  )
}

function sentence({ label, value }: DissectedNode, clause: Clause | undefined): string {
  const said = `${readableText(label)}${value === '' ? '' : `: ${readableText(value)}`}`
  return clause === undefined
    ? said
    : `${said}. ${clause.source}${clause.section === '' ? '' : ` section ${clause.section}`}: ${clause.says}`
}

function flatten(nodes: readonly DissectedNode[], depth: number, parent: Clause | undefined): Line[] {
  return nodes.flatMap(node => [{ node, depth, parent }, ...flatten(node.children, depth + 1, node.clause ?? parent)])
}
