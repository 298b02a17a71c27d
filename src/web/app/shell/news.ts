import { visibleText } from '../../../trace/index.js'
import type { FileView, PageChange, TransferView } from '../../protocol/index.js'
import { nameOf } from '../format/party.js'
import { isRecipientProblem, recipientTally } from '../places/transfers/card-status.js'
import { strings } from '../strings.js'
import type { PageView } from '../model/page-view.js'

const words = strings.news

/** Something that people want to hear of. */
export interface News {
  readonly text: string
  /** Worth a note of the system while nobody looks at the page: something arrived, or ended. */
  readonly isNote: boolean
  readonly tone: 'good' | 'bad' | 'info'
}

/** Files whose ends are told one by one; of more only the end of all. */
const FEW = 3

/** What changed between two views, in words: states, never percents. */
export function newsOf(changes: readonly PageChange[], before: PageView): readonly News[] {
  return changes.flatMap(change => {
    if (change.type === 'transfer') return transferNews(before.transfers.get(change.transfer.id), change.transfer)
    if (change.type === 'offer' && !before.offers.some(({ id }) => id === change.offer.id)) {
      return [
        {
          text: strings.accept.arrived(visibleText(nameOf(change.offer.from)), change.offer.files.length),
          isNote: true,
          tone: 'info' as const,
        },
      ]
    }
    if (change.type === 'notice' && change.notice.state === 'displayed') {
      const { name, recipient, peer } = change.notice
      return [
        {
          text: words.file.displayed(visibleText(name), visibleText(nameOf({ uri: recipient ?? peer }))),
          isNote: false,
          tone: 'good' as const,
        },
      ]
    }
    if (change.type === 'registration' && change.registration.state !== before.registration.state) {
      const { state } = change.registration
      return state === 'connecting'
        ? []
        : [
            {
              text: `${strings.shell.registration[state]}.`,
              isNote: false,
              tone: state === 'failed' ? ('bad' as const) : ('info' as const),
            },
          ]
    }
    return []
  })
}

function transferNews(before: TransferView | undefined, now: TransferView): readonly News[] {
  const who = visibleText(
    now.recipients === undefined ? nameOf(now.peer) : (now.group?.name ?? strings.transfers.card.several(now.recipients.length)),
  )
  const info = (text: string): News => ({ text, isNote: false, tone: 'info' })
  const wasEnded = before?.phase === 'ended'
  if (now.phase === 'ended' && (before === undefined || wasEnded)) return []
  if (now.phase === 'ended') return endNews(now, who)
  const news: News[] = []
  if (now.phase === 'ringing' && before?.phase !== 'ringing') news.push(info(words.ringing(who)))
  if (now.phase === 'running' && before?.phase === 'ringing') news.push(info(words.accepted(who)))
  if (now.phase === 'running' && before?.phase !== 'running') news.push(info(words.begun[now.direction](who)))
  if (now.files.length <= FEW) news.push(...now.files.flatMap(file => fileNews(before?.files[file.index], file, now, who)))
  return news
}

function endNews(now: TransferView, who: string): readonly News[] {
  const { ok, direction, files, recipients, error } = now
  const [only] = files
  if (recipients !== undefined && recipients.length > 0) {
    const tally = words.recipients(who, recipientTally(recipients))
    return [{ text: tally, isNote: true, tone: ok === true ? 'good' : recipients.some(isRecipientProblem) ? 'bad' : 'info' }]
  }
  if (files.length === 1 && only !== undefined) {
    const told = fileNews(undefined, only, now, who)
    if (told.length > 0) return told.map(news => ({ ...news, isNote: true }))
  }
  if (error?.code === 'cancelled') return [{ text: error.text, isNote: false, tone: 'info' }]
  return [{ text: words.ended[ok === true ? 'ok' : 'bad'][direction](who), isNote: true, tone: ok === true ? 'good' : 'bad' }]
}

function fileNews(before: FileView | undefined, now: FileView, { direction }: TransferView, who: string): readonly News[] {
  if (before?.state === now.state) return []
  const name = visibleText(now.name)
  const news = (text: string, tone: News['tone']): readonly News[] => [{ text, isNote: false, tone }]
  if (now.state === 'done' && now.stored) return news(words.file.stored(name, who), 'info')
  if (now.state === 'done') return news(words.file.done[direction](name, who), 'good')
  if (now.state === 'failed') return news(words.file.failed(name, visibleText(now.error?.text ?? '')).trim(), 'bad')
  if (now.state === 'declined') return news(words.file.declined(name, who), 'bad')
  if (now.state === 'cancelled') return news(words.file.cancelled(name), 'info')
  if (now.state === 'paused') return news(words.file.paused(name), 'info')
  return []
}
