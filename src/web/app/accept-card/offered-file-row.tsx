import { Checkbox } from '@mantine/core'
import { Ban, Check, RotateCw, TriangleAlert } from 'lucide-react'
import { type ReactNode, useId } from 'react'
import { formatSize, visibleText } from '../../../trace/index.js'
import type { OfferedFileView } from '../../protocol/index.js'
import { percentOf, sizeWords } from '../format/size.js'
import { shorten } from '../format/shorten.js'
import { FileIcon } from '../shell/file-icon.js'
import { FileName } from '../shell/file-name.js'
import { NameText } from '../shell/name-text.js'
import { strings } from '../strings.js'
import { canAccept } from './choice.js'
import styles from './offered-file-row.module.css'

const words = strings.accept

interface OfferedFileRowProps {
  readonly file: OfferedFileView
  readonly isChosen: boolean
  readonly onChange: (isChosen: boolean) => void
}

/** One file that somebody offers: what they say of it, and what is to be known before taking it. */
export function OfferedFileRow({ file, isChosen, onChange }: OfferedFileRowProps): ReactNode {
  const { name, size, type, description } = file
  const id = useId()
  const isOpen = canAccept(file)
  return (
    <li className={styles.row} data-off={!isOpen || undefined}>
      <label className={styles.label} htmlFor={id}>
        <Checkbox
          id={id}
          checked={isChosen && isOpen}
          disabled={!isOpen}
          aria-label={words.file(visibleText(name), sizeWords(size))}
          aria-describedby={`${id}-notes`}
          onChange={event => onChange(event.currentTarget.checked)}
        />
        <Picture file={file} />
        <span className={styles.middle}>
          <span className={styles.name}>
            <FileName>{name}</FileName>
          </span>
          <span className={styles.facts}>
            {sizeWords(size)} · <NameText>{shorten(type, 60)}</NameText>
          </span>
          {description !== undefined && description !== '' && (
            <span className={styles.facts}>
              <NameText>{shorten(description, 160)}</NameText>
            </span>
          )}
          <Notes file={file} id={`${id}-notes`} />
        </span>
      </label>
    </li>
  )
}

/** The small picture that came along, else one of its kind. Anything but the three kinds of pictures is not drawn. */
function Picture({ file: { icon, type } }: { readonly file: OfferedFileView }): ReactNode {
  if (icon === undefined || !['image/jpeg', 'image/png', 'image/gif'].includes(icon.type)) return <FileIcon type={type} size={40} />
  return <img className={styles.picture} src={`data:${icon.type};base64,${icon.base64}`} alt="" width={40} height={40} />
}

function Notes({ file, id }: { readonly file: OfferedFileView; readonly id: string }): ReactNode {
  const { unavailable, risky, resumesAt, alreadyAt, size } = file
  const part = percentOf(resumesAt ?? 0, size)
  return (
    <span className={styles.notes} id={id}>
      {unavailable !== undefined && (
        <span className={styles.note} data-tone="bad">
          <Ban size={14} aria-hidden /> {words.unavailable(visibleText(shorten(unavailable, 200)))}
        </span>
      )}
      {risky && (
        <span className={styles.note} data-tone="warn">
          <TriangleAlert size={14} aria-hidden /> {words.risky}
        </span>
      )}
      {resumesAt !== undefined && resumesAt > 0 && (
        <span className={styles.note} data-tone="info">
          <RotateCw size={14} aria-hidden /> {words.resumes(part === undefined ? formatSize(resumesAt) : `${part} %`)}
        </span>
      )}
      {alreadyAt !== undefined && (
        <span className={styles.note} data-tone="info">
          <Check size={14} aria-hidden /> {words.already(visibleText(shorten(alreadyAt, 100)))}
        </span>
      )}
    </span>
  )
}
