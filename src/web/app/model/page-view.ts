import type { NoticeView, OfferView, PageChange, PageEvent, PageState, TransferView } from '../../protocol/index.js'

/**
 * What the page shows: the server's `PageState` with its lists by id, so that a change of one transfer touches that one alone
 * and the rest keep their identity.
 */
export interface PageView extends Omit<PageState, 'transfers' | 'offers'> {
  /** Newest first; the same array until a transfer comes or goes. */
  readonly transferIds: readonly string[]
  readonly transfers: ReadonlyMap<string, TransferView>
  /** Oldest first. */
  readonly offers: readonly OfferView[]
}

export function openView({ transfers, ...state }: PageState): PageView {
  return { ...state, transferIds: transfers.map(({ id }) => id), transfers: new Map(transfers.map(transfer => [transfer.id, transfer])) }
}

/** The view after an event. Changes before the first snapshot say nothing. */
export function applyEvent(view: PageView | undefined, event: PageEvent): PageView | undefined {
  if (event.event === 'snapshot') return openView(event.data)
  if (event.event !== 'changes' || view === undefined) return view
  return applyChanges(view, event.data)
}

/** The view after some changes; the very same when they change nothing of it. */
export function applyChanges(view: PageView, changes: readonly PageChange[]): PageView {
  const draft = { transfers: undefined as Map<string, TransferView> | undefined }
  const copy = (): Map<string, TransferView> => (draft.transfers ??= new Map(view.transfers))
  let { transferIds, offers, registration, folder, tour } = view
  for (const change of changes) {
    switch (change.type) {
      case 'transfer':
        if (!copy().has(change.transfer.id)) transferIds = [change.transfer.id, ...transferIds]
        copy().set(change.transfer.id, change.transfer)
        break
      case 'transfer-gone':
        if (copy().delete(change.id)) transferIds = transferIds.filter(id => id !== change.id)
        break
      case 'progress': {
        const transfer = (draft.transfers ?? view.transfers).get(change.id)
        if (transfer !== undefined) copy().set(change.id, withProgress(transfer, change))
        break
      }
      case 'offer':
        offers = offers.some(({ id }) => id === change.offer.id)
          ? offers.map(offer => (offer.id === change.offer.id ? change.offer : offer))
          : [...offers, change.offer]
        break
      case 'offer-gone':
        offers = offers.filter(({ id }) => id !== change.id)
        break
      case 'registration':
        registration = change.registration
        break
      case 'folder':
        folder = change.folder
        break
      case 'tour':
        tour = change.tour
        break
      case 'notice': {
        const transfer = (draft.transfers ?? view.transfers).get(change.notice.transferId)
        if (transfer !== undefined) copy().set(transfer.id, withNotice(transfer, change.notice))
        break
      }
      default:
      // people, history: queries read those again
    }
  }
  return { ...view, transferIds, transfers: draft.transfers ?? view.transfers, offers, registration, folder, tour }
}

function withProgress(transfer: TransferView, { files, recipients }: Extract<PageChange, { type: 'progress' }>): TransferView {
  const news = new Map(files.map(file => [file.index, file]))
  const changed = transfer.files.map(file => {
    const now = news.get(file.index)
    return now === undefined ? file : { ...file, bytes: now.bytes, rate: now.rate, eta: now.eta }
  })
  if (recipients === undefined || transfer.recipients === undefined) return { ...transfer, files: changed }
  const progress = new Map(recipients.map(recipient => [recipient.uri, recipient]))
  const who = transfer.recipients.map(recipient => {
    const now = progress.get(recipient.uri)
    if (now === undefined) return recipient
    const places = new Map(now.files?.map(file => [file.index, file]))
    return {
      ...recipient,
      bytes: now.bytes,
      files: recipient.files.map(file => places.get(file.index) ?? file),
    }
  })
  return { ...transfer, files: changed, recipients: who }
}

/** Notifications of one recipient of several are told by the state of the recipient. */
function withNotice(transfer: TransferView, { index, state }: NoticeView): TransferView {
  if (transfer.recipients !== undefined) return transfer
  return { ...transfer, files: transfer.files.map(file => (file.index === index ? { ...file, notice: state } : file)) }
}
