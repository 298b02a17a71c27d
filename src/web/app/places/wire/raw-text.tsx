import { Fragment, type ReactNode } from 'react'
import { type Dissection, MAX_DISSECTED, type Span } from '../../../../trace/index.js'
import { strings } from '../../strings.js'
import styles from './message.module.css'
import { readableText } from './message-text.js'

/** The message as it was on the wire, each piece in the colour of what it is. */
export function RawText({ dissection }: { readonly dissection: Dissection }): ReactNode {
  const { text, spans } = dissection
  const lines: { from: number; to: number }[] = []
  const end = Math.min(text.length, MAX_DISSECTED)
  for (let at = 0; at < end; ) {
    const feed = text.indexOf('\n', at)
    const next = feed < 0 ? end : feed + 1
    lines.push({ from: at, to: feed < 0 ? end : feed > at && text[feed - 1] === '\r' ? feed - 1 : feed })
    at = next
  }
  let span = 0
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <pre className={styles.raw} tabIndex={0}>
      {lines.map(({ from, to }, index) => {
        while (span < spans.length && (spans[span] as Span).to <= from) span++
        const pieces = piecesOf(text, spans, span, from, to)
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of one message never move
          <Fragment key={index}>
            <span className={styles.lineNumber} aria-hidden>
              {index + 1}
            </span>
            <bdi className={styles.rawLine}>{pieces.length === 0 ? '\u200b' : pieces}</bdi>
          </Fragment>
        )
      })}
      {text.length > end && <span className={styles.more}>{strings.wire.message.more(text.length - end)}</span>}
    </pre>
  )
}

function piecesOf(text: string, spans: readonly Span[], first: number, from: number, to: number): ReactNode[] {
  const pieces: ReactNode[] = []
  let at = from
  for (let index = first; index < spans.length; index++) {
    const { from: start, to: stop, kind } = spans[index] as Span
    if (start >= to) break
    const begin = Math.max(start, from)
    if (begin > at) pieces.push(readableText(text.slice(at, begin)))
    at = Math.min(stop, to)
    pieces.push(
      <span key={begin} className={styles[kind]}>
        {readableText(text.slice(begin, at))}
      </span>,
    )
  }
  if (at < to) pieces.push(readableText(text.slice(at, to)))
  return pieces
}
