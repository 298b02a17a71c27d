import type { FileView, PageChange, PageState, TransferView } from '../../src/web/protocol/index.js'

/** The state after changes, as the real server keeps it. */
export function changed(state: PageState, changes: readonly PageChange[]): PageState {
  return changes.reduce(after, state)
}

function after(state: PageState, change: PageChange): PageState {
  switch (change.type) {
    case 'transfer': {
      const known = state.transfers.some(transfer => transfer.id === change.transfer.id)
      return {
        ...state,
        transfers: known
          ? state.transfers.map(transfer => (transfer.id === change.transfer.id ? change.transfer : transfer))
          : [change.transfer, ...state.transfers],
      }
    }
    case 'transfer-gone':
      return { ...state, transfers: state.transfers.filter(transfer => transfer.id !== change.id) }
    case 'progress':
      return { ...state, transfers: state.transfers.map(transfer => (transfer.id === change.id ? further(transfer, change) : transfer)) }
    case 'offer':
      return { ...state, offers: [...state.offers.filter(offer => offer.id !== change.offer.id), change.offer] }
    case 'offer-gone':
      return { ...state, offers: state.offers.filter(offer => offer.id !== change.id) }
    case 'registration':
      return { ...state, registration: change.registration }
    case 'folder':
      return { ...state, folder: change.folder }
    case 'tour':
      return { ...state, tour: change.tour }
    default:
      return state
  }
}

function further(transfer: TransferView, change: Extract<PageChange, { type: 'progress' }>): TransferView {
  const files = transfer.files.map((file): FileView => ({ ...file, ...change.files.find(news => news.index === file.index) }))
  const recipients = transfer.recipients?.map(recipient => ({
    ...recipient,
    ...change.recipients?.find(news => news.uri === recipient.uri),
  }))
  return { ...transfer, files, recipients }
}
