import { Checkbox } from '@mantine/core'
import type { ReactNode } from 'react'
import type { OfferedFileView } from '../../protocol/index.js'
import { strings } from '../strings.js'
import styles from './accept-card.module.css'
import { canAccept } from './choice.js'
import { OfferedFileRow } from './offered-file-row.js'

const words = strings.accept

interface OfferedFilesProps {
  readonly files: readonly OfferedFileView[]
  readonly chosen: ReadonlySet<string>
  readonly onChoose: (chosen: ReadonlySet<string>) => void
}

/** The offered files, each with its tick, and one tick for all. */
export function OfferedFiles({ files, chosen, onChoose }: OfferedFilesProps): ReactNode {
  const open = files.filter(canAccept)
  const tick = (id: string, isChosen: boolean): void => {
    const next = new Set(chosen)
    if (isChosen) next.add(id)
    else next.delete(id)
    onChoose(next)
  }
  return (
    <>
      {files.length > 1 && (
        <Checkbox
          className={styles.all ?? ''}
          label={words.all}
          checked={open.length > 0 && chosen.size === open.length}
          indeterminate={chosen.size > 0 && chosen.size < open.length}
          disabled={open.length === 0}
          onChange={() => onChoose(new Set(chosen.size === open.length ? [] : open.map(file => file.id)))}
        />
      )}
      <ul className={styles.files} aria-label={words.files}>
        {files.map(file => (
          <OfferedFileRow key={file.id} file={file} isChosen={chosen.has(file.id)} onChange={isChosen => tick(file.id, isChosen)} />
        ))}
      </ul>
    </>
  )
}
