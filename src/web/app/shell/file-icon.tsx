import { File, FileArchive, FileAudio, FileImage, FileSpreadsheet, FileText, FileVideo, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import styles from './file-icon.module.css'

const KINDS: readonly (readonly [test: RegExp, kind: string, icon: LucideIcon])[] = [
  [/^image\//, 'image', FileImage],
  [/^video\//, 'video', FileVideo],
  [/^audio\//, 'audio', FileAudio],
  [/spreadsheet|excel|csv/, 'sheet', FileSpreadsheet],
  [/zip|compressed|tar|rar|7z|gzip/, 'archive', FileArchive],
  [/^text\/|pdf|word|document|rtf/, 'text', FileText],
]

/** A small picture of the kind of a file, by its media type. Its name stands beside it. */
export function FileIcon({ type, size = 36 }: { readonly type: string; readonly size?: number }): ReactNode {
  const [, kind, Icon] = KINDS.find(([test]) => test.test(type.slice(0, 100))) ?? [undefined, 'other', File]
  return (
    <span className={styles.icon} data-kind={kind} style={{ width: size, height: size }} aria-hidden>
      <Icon size={size * 0.53} strokeWidth={1.75} />
    </span>
  )
}
