import type { NoticeView, TraceRecord } from './news.js'
import type { FolderView, OfferView, PageState, RegistrationView, TourView, TransferView } from './page-state.js'

/**
 * The events of `GET /api/events`, each with an id `EPOCH-NUMBER`. A page that comes back says the last id it saw in `Last-Event-ID` and gets
 * what it missed, or a `snapshot` when that is too long ago or the server is another one.
 * ```
 * id: 4f2a-17
 * event: changes
 * data: [{"type":"progress","id":"7Q2F","files":[{"index":0,"bytes":1048576,"rate":8100000,"eta":3}]}]
 * ```
 */
export type PageEvent =
  | { readonly event: 'snapshot'; readonly data: PageState }
  | { readonly event: 'changes'; readonly data: readonly PageChange[] }
  /** Only with `?trace=SEQUENCE`: entries after that sequence number, then live. These events have no id; their own numbers count. */
  | { readonly event: 'trace'; readonly data: TracePage }
  /** The server ends in good order; come back or not. */
  | { readonly event: 'closing'; readonly data: Record<string, never> }

export interface TracePage {
  readonly entries: readonly TraceRecord[]
  /** Number of the last entry given; ask on with it. */
  readonly last: number
  /** Entries before this number are no longer kept. */
  readonly oldest: number
}

export type PageChange =
  /** New, or changed in more than numbers. */
  | { readonly type: 'transfer'; readonly transfer: TransferView }
  /** It left the list of recent ones. */
  | { readonly type: 'transfer-gone'; readonly id: string }
  | {
      readonly type: 'progress'
      readonly id: string
      readonly files: readonly {
        readonly index: number
        readonly bytes: number
        readonly rate: number | undefined
        readonly eta: number | undefined
      }[]
      /** `files` of a recipient: what changed in the grid of files and recipients. */
      readonly recipients?: readonly {
        readonly uri: string
        readonly bytes: number
        readonly files?: readonly { readonly index: number; readonly state: string; readonly bytes: number }[]
      }[]
    }
  | { readonly type: 'offer'; readonly offer: OfferView }
  /** Why the accept card closes. */
  | { readonly type: 'offer-gone'; readonly id: string; readonly why: 'answered' | 'withdrawn' | 'expired' | 'closed' }
  | { readonly type: 'registration'; readonly registration: RegistrationView }
  | { readonly type: 'folder'; readonly folder: FolderView }
  | { readonly type: 'notice'; readonly notice: NoticeView }
  /** Contacts or groups changed; read them again. */
  | { readonly type: 'people' }
  /** The history changed; read it again when it is looked at. */
  | { readonly type: 'history' }
  | { readonly type: 'tour'; readonly tour: TourView }
