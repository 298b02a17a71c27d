import { Folder, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { formatSize } from '../../../trace/index.js'
import type { OfferedFileView } from '../../protocol/index.js'
import { shorten } from '../format/shorten.js'
import { usePage } from '../model/page-store.js'
import { NameText } from '../shell/name-text.js'
import { strings } from '../strings.js'
import styles from './accept-card.module.css'
import { totalOf } from './choice.js'

const words = strings.accept

interface OfferTotalProps {
  readonly files: readonly OfferedFileView[]
  readonly chosen: ReadonlySet<string>
}

/** What the ticked files come to, where they go, and what room they leave. */
export function OfferTotal({ files, chosen }: OfferTotalProps): ReactNode {
  const folder = usePage(view => view.folder)
  const { bytes, isMore, freeAfter } = totalOf(files, chosen, folder)
  const size = formatSize(bytes)
  return (
    <dl className={styles.total}>
      <div className={styles.totalLine}>
        <dt>{words.total}</dt>
        <dd>
          <strong>{isMore ? words.unknownTotal(size) : size}</strong>
        </dd>
      </div>
      <div className={styles.totalLine}>
        <dt>{words.into}</dt>
        <dd>
          <Folder size={15} aria-hidden /> <NameText>{shorten(folder.path, 120)}</NameText>
          {freeAfter !== undefined && freeAfter >= 0 && <span className={styles.free}>{words.freeAfter(formatSize(freeAfter))}</span>}
          {freeAfter !== undefined && freeAfter < 0 && (
            <span className={styles.full}>
              <TriangleAlert size={14} aria-hidden /> {words.notEnough(formatSize(folder.free ?? 0))}
            </span>
          )}
        </dd>
      </div>
    </dl>
  )
}
