import { ActionIcon, Button } from '@mantine/core'
import { Plus, TriangleAlert, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { formatSize, visibleText } from '../../../../trace/index.js'
import { type DraftFile, draft } from '../../model/draft.js'
import { FileIcon } from '../../shell/file-icon.js'
import { FileName } from '../../shell/file-name.js'
import { strings } from '../../strings.js'
import styles from './draft-files.module.css'
import type { Note, Review } from './review.js'

const words = strings.transfers.composer

interface DraftFilesProps {
  readonly files: readonly DraftFile[]
  readonly review: Review
  readonly onPick: () => void
}

/** The files that were chosen, and what is to be said of each before it is sent. */
export function DraftFiles({ files, review, onPick }: DraftFilesProps): ReactNode {
  if (files.length === 0) {
    return (
      <div className={styles.none}>
        {words.noFiles}{' '}
        <button type="button" className={styles.link} onClick={onPick}>
          {words.pick}
        </button>
      </div>
    )
  }
  return (
    <div>
      <ul className={styles.files}>
        {files.map(file => (
          <DraftFileRow key={file.key} draftFile={file} note={review.fileNotes.get(file.key)} />
        ))}
      </ul>
      <div className={styles.foot}>
        <Button variant="subtle" size="compact-sm" leftSection={<Plus size={15} aria-hidden />} onClick={onPick}>
          {words.addFiles}
        </Button>
        <span className={styles.total}>{words.files(review.files.length, formatSize(review.total))}</span>
      </div>
    </div>
  )
}

function DraftFileRow({ draftFile: { key, file }, note }: { readonly draftFile: DraftFile; readonly note: Note | undefined }): ReactNode {
  const remove = (): void => draft.update(now => ({ ...now, files: now.files.filter(other => other.key !== key), tooMany: false }))
  return (
    <li className={styles.file} data-refused={note?.tone === 'bad' || undefined}>
      <FileIcon type={file.type} size={32} />
      <div className={styles.middle}>
        <div className={styles.name}>
          <FileName>{file.name}</FileName>
        </div>
        {note !== undefined && (
          <div className={styles.note} data-tone={note.tone}>
            <TriangleAlert size={14} aria-hidden />
            <span>{visibleText(note.text)}</span>
          </div>
        )}
      </div>
      <span className={styles.size}>{formatSize(file.size)}</span>
      <ActionIcon variant="subtle" color="gray" aria-label={words.removeFile(visibleText(file.name))} onClick={remove}>
        <X size={16} aria-hidden />
      </ActionIcon>
    </li>
  )
}
