import type { ReactNode } from 'react'
import type { LadderMessage } from '../../../../trace/index.js'
import { DiffPanel } from './diff-panel.js'
import { messagesOf } from './display-rows.js'
import { MessagePanel, StatePanel } from './message-panel.js'
import type { Opened, Selection } from './use-selection.js'

interface OpenMessageProps {
  readonly selection: Selection
  readonly lanes: readonly string[]
  readonly onClose: () => void
}

/** What stands beside the ladder: a message, a state, or two messages compared. */
export function OpenMessage({ selection, lanes, onClose }: OpenMessageProps): ReactNode {
  const { opened, compared } = selection
  if (opened === undefined) return null
  if (opened.display.kind === 'state') return <StatePanel mark={opened.display.row} onClose={onClose} />
  const left = messageOf(opened)
  const right = compared === undefined ? undefined : messageOf(compared)
  if (left !== undefined && right !== undefined) return <DiffPanel left={left} right={right} onClose={onClose} />
  const { from, to } = opened.display.row
  return (
    <MessagePanel
      messages={messagesOf(opened.display)}
      at={opened.at}
      from={lanes[from] ?? ''}
      to={lanes[to] ?? ''}
      isComparing={selection.isComparing}
      onStep={selection.step}
      onCompare={selection.toggleComparing}
      onClose={onClose}
    />
  )
}

function messageOf({ display, at }: Opened): LadderMessage | undefined {
  return messagesOf(display)[at]
}
