import { useState } from 'react'
import { type DisplayRow, messagesOf } from './display-rows.js'

/** An open row, and which of its messages is looked at. */
export interface Opened {
  readonly display: DisplayRow
  readonly at: number
}

export interface Selection {
  /** Index of the row that the keys move; -1: none yet. */
  readonly cursor: number
  readonly opened: Opened | undefined
  /** What it is compared with. */
  readonly compared: Opened | undefined
  readonly openKey: number | undefined
  readonly comparedKey: number | undefined
  /** The next row that is chosen is the other one of a comparison. */
  readonly isComparing: boolean
  readonly moveTo: (index: number) => void
  readonly open: (index: number) => void
  readonly compare: (index: number) => void
  readonly toggleComparing: () => void
  readonly step: (at: number) => void
  /** Closes what was opened last: the comparison, then the message. */
  readonly close: () => void
}

/** Which row the keys are at, which message is open, and with which other it is compared. */
export function useSelection(display: readonly DisplayRow[]): Selection {
  const [cursorKey, setCursorKey] = useState<number>()
  const [opened, setOpened] = useState<Opened>()
  const [compared, setCompared] = useState<Opened>()
  const [isComparing, setComparing] = useState(false)
  const moveTo = (index: number): void => setCursorKey(display[index]?.key)
  const open = (index: number): void => {
    const row = display[index]
    if (row === undefined) return
    moveTo(index)
    setOpened({ display: row, at: 0 })
    setCompared(undefined)
    setComparing(false)
  }
  return {
    cursor: cursorKey === undefined ? -1 : display.findIndex(({ key }) => key === cursorKey),
    opened,
    compared,
    openKey: opened?.display.key,
    comparedKey: compared?.display.key,
    isComparing,
    moveTo,
    open,
    compare: index => {
      const row = display[index]
      if (row === undefined || messagesOf(row).length === 0) return
      if (opened === undefined || messagesOf(opened.display).length === 0) return open(index)
      moveTo(index)
      setCompared({ display: row, at: 0 })
      setComparing(false)
    },
    toggleComparing: () => setComparing(!isComparing),
    step: at => opened !== undefined && setOpened({ ...opened, at }),
    close: () => {
      if (isComparing) setComparing(false)
      else if (compared !== undefined) setCompared(undefined)
      else setOpened(undefined)
    },
  }
}
