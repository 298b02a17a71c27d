import type { Table } from '../wire/index.js'

export type OfferState =
  | 'idle'
  /** A re-INVITE or UPDATE of ours waits for its final response. */
  | 'offering'
  /** A session refresh of ours waits for its final response. */
  | 'refreshing'
  /** An offer of the peer waits for the application. */
  | 'offered'
  /** Our 2xx to a re-INVITE waits for its ACK. */
  | 'answered'

export type OfferEvent =
  | 'offer'
  | 'refresh'
  | 'success'
  | 'refusal'
  | 'peer lost'
  | 'peer offers'
  /** re-INVITE without a description: our 2xx has to carry the offer (RFC 3261 §14.2). */
  | 'peer asks'
  | 'accept INVITE'
  | 'accept UPDATE'
  | 'reject'
  | 'no answer'
  | 'CANCEL'
  | 'ACK'
  | 'no ACK'

export type OfferAction =
  | 'send offer'
  | 'send refresh'
  | 'refuse locally'
  | 'hold offer'
  | 'report answered'
  | 'report refused'
  | 'report offered'
  | 'report withdrawn'
  | 'send 2xx'
  | 'send own description'
  | 'send rejection'
  | 'send 480'
  | 'send 487'
  | 'send 491'
  | 'send 500'
  | 'retry refresh'
  | 'end dialog'
  | 'send held offer'

/** Offers inside an established dialog: one at a time, whoever makes it (RFC 3261 §14, RFC 3311 §5.2, SND-6, SIP-21). */
export const OFFER_TABLE: Table<OfferState, OfferEvent, OfferAction> = {
  idle: {
    offer: { to: 'offering', do: ['send offer'] },
    refresh: { to: 'refreshing', do: ['send refresh'] },
    'peer offers': { to: 'offered', do: ['report offered'] },
    'peer asks': { to: 'answered', do: ['send own description'] },
  },
  offering: {
    offer: { to: 'offering', do: ['refuse locally'] },
    success: { to: 'idle', do: ['report answered', 'send held offer'] },
    refusal: { to: 'idle', do: ['report refused', 'send held offer'] },
    'peer lost': { to: 'idle', do: ['end dialog'] },
    'peer offers': { to: 'offering', do: ['send 491'] },
    'peer asks': { to: 'offering', do: ['send 491'] },
  },
  refreshing: {
    offer: { to: 'refreshing', do: ['hold offer'] },
    success: { to: 'idle', do: ['send held offer'] },
    refusal: { to: 'idle', do: ['retry refresh', 'send held offer'] },
    'peer lost': { to: 'idle', do: ['end dialog'] },
    'peer offers': { to: 'refreshing', do: ['send 491'] },
    'peer asks': { to: 'refreshing', do: ['send 491'] },
  },
  offered: {
    offer: { to: 'offered', do: ['refuse locally'] },
    'peer offers': { to: 'offered', do: ['send 500'] },
    'peer asks': { to: 'offered', do: ['send 500'] },
    'accept INVITE': { to: 'answered', do: ['send 2xx'] },
    'accept UPDATE': { to: 'idle', do: ['send 2xx', 'send held offer'] },
    reject: { to: 'idle', do: ['send rejection', 'send held offer'] },
    'no answer': { to: 'idle', do: ['send 480', 'report withdrawn', 'send held offer'] },
    CANCEL: { to: 'idle', do: ['send 487', 'report withdrawn', 'send held offer'] },
  },
  answered: {
    // RFC 3261 §14.1: no new INVITE before the last one is confirmed
    offer: { to: 'answered', do: ['hold offer'] },
    ACK: { to: 'idle', do: ['send held offer'] },
    'no ACK': { to: 'idle', do: ['end dialog'] },
  },
}
