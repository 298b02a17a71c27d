import type { Random } from '../wire/index.js'
import type { TextCodec } from './text-codec.js'
import type { Address, Transport, UserAgentInput, UserAgentOptions, UserAgentOutput } from './user-agent-types.js'

/** What a SIP machine hears of the network and asks of it: the same for a user agent and for a proxy. */
export type NetworkInput = Exclude<UserAgentInput, { type: 'command' }>
export type NetworkOutput = Exclude<UserAgentOutput, { type: 'event' }>

/** What the driver of a SIP machine knows and its options ask for. */
export interface NetworkOptions {
  readonly listening: readonly { readonly transport: Transport; readonly address: Address }[]
  readonly resolve: boolean
  readonly random: Random
  readonly text?: TextCodec
  readonly hash: UserAgentOptions['hash']
}
