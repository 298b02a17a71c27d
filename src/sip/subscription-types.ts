import type { SipRequest, SipResponse } from './message.js'
import type { Address, Body, ExtraHeaders, OwnContact, Transport } from './user-agent-types.js'

/** Commands for subscriptions (RFC 6665), ours and those of peers. */
export type SubscriptionCommand =
  /**
   * Subscribe to the state of `target`, a SIP URI; refreshed until `unsubscribe`. `allow` of the user agent must hold NOTIFY.
   * Forked NOTIFYs: the first makes the dialog, those of other dialogs get 481.
   */
  | {
      readonly name: 'subscribe'
      readonly id: string
      readonly target: string
      /** Value of the Event header field: `conference`, `conference;id=7`. */
      readonly event: string
      readonly accept?: readonly string[]
      /** Seconds, 3600 unless given; 0 asks for the state once. */
      readonly expires?: number
      readonly headers?: ExtraHeaders
      /** Sent with the first SUBSCRIBE only. */
      readonly body?: Body
      /** Id of a session in whose dialog the SUBSCRIBE travels, to its peer whatever `target` is; else it makes a dialog of its own. */
      readonly within?: string
    }
  /** Take our subscription back; `subscription-ended` follows the last NOTIFY. */
  | { readonly name: 'unsubscribe'; readonly id: string }
  /** 200 to a `subscription-requested`, and the NOTIFY that must follow at once, with `body`. */
  | {
      readonly name: 'accept-subscription'
      readonly id: string
      /** `pending` while nobody has decided. Default `active`. */
      readonly state?: 'active' | 'pending'
      /** Seconds, at most what was asked for (RFC 6665 §4.2.1.1). */
      readonly expires?: number
      /** Of the 200. */
      readonly headers?: ExtraHeaders
      readonly body?: Body
      readonly contact?: OwnContact
    }
  | {
      readonly name: 'reject-subscription'
      readonly id: string
      readonly status: number
      readonly reason?: string
      readonly headers?: ExtraHeaders
    }
  /** NOTIFY to a subscriber; one at a time goes out, in order. `terminated` ends the subscription, with `reason` a token of RFC 6665 §4.1.3. */
  | {
      readonly name: 'notify'
      readonly id: string
      readonly state?: 'active' | 'pending' | 'terminated'
      readonly reason?: string
      /** Seconds the subscriber is to wait before it asks anew. */
      readonly retryAfter?: number
      readonly headers?: ExtraHeaders
      readonly body?: Body
    }

export type SubscriptionEvent =
  /** 2xx to our SUBSCRIBE, the first or a refresh, with the seconds granted; the state comes with `notified`. */
  | { readonly name: 'subscribed'; readonly id: string; readonly expires: number; readonly response: SipResponse }
  /** NOTIFY of a subscription of ours; 200 is sent. May come before `subscribed`. */
  | {
      readonly name: 'notified'
      readonly id: string
      readonly state: 'active' | 'pending' | 'terminated'
      readonly body: Body | undefined
      readonly request: SipRequest
      readonly remote: Address
    }
  /** A subscription, ours or a peer's, is over and its id is free. */
  | {
      readonly name: 'subscription-ended'
      readonly id: string
      readonly cause: 'local' | 'remote' | 'response' | 'timeout' | 'transport' | 'auth'
      /** What the last NOTIFY said: `noresource`, `deactivated` and so on. */
      readonly reason?: string
      readonly status?: number
      readonly response?: SipResponse
      /** Milliseconds after which the application may subscribe anew (RFC 6665 §4.1.3); absent when it should not. */
      readonly retryAfter?: number
    }
  /** A peer subscribes to a package of the option `events`. Answer at once with `accept-subscription` or `reject-subscription`. */
  | {
      readonly name: 'subscription-requested'
      readonly id: string
      /** Package, as in the option. */
      readonly event: string
      /** Seconds asked for and already limited; 0: the state once. */
      readonly expires: number
      readonly body: Body | undefined
      readonly request: SipRequest
      readonly remote: Address
      readonly transport: Transport
      /** As in `incoming`. */
      readonly trusted: boolean
      /** Session in whose dialog it came. */
      readonly within?: string
    }
  /** A peer refreshed its subscription; 200 is sent. Answer with `notify` and the whole state, else a NOTIFY without body goes out. */
  | { readonly name: 'subscription-refreshed'; readonly id: string; readonly expires: number; readonly body: Body | undefined }
