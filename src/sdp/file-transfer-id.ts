import { consistsOf, type Random, randomToken, SDP_TOKEN } from '../wire/index.js'
import { MAX_TRANSFER_ID, NEW_TRANSFER_ID } from './limits.js'

/** A fresh `file-transfer-id` of 32 random letters and digits (SDP-17, OA-5). */
export function newTransferId(random: Random): string {
  return randomToken(random, NEW_TRANSFER_ID)
}

/** Whether `text` is a token of at most 256 characters (SDP-17). Ids compare case-sensitively, with `===`. */
export function isTransferId(text: string): boolean {
  return text.length <= MAX_TRANSFER_ID && consistsOf(text, SDP_TOKEN)
}
