import { z } from 'zod'
import { FILES_PER_TRANSFER, HISTORY_PAGE, RECIPIENTS_PER_TRANSFER } from './limits.js'

/**
 * Bodies and queries of the REST commands, checked before anything is done. Refusals are `{error: ErrorView}` with a 4xx status.
 * All of them need `Authorization: Bearer TOKEN`.
 */

const address = z.string().min(1).max(1024)
const name = z.string().min(1).max(200)
const id = z.string().min(1).max(64)
const index = z.number().int().min(0).max(FILES_PER_TRANSFER)

/** `POST /api/transfers` -> `{id}`. Either `to` or `group` (an address of a group at its server). */
export const SendCommand = z.strictObject({
  to: z
    .array(z.strictObject({ uri: address, copyControl: z.enum(['to', 'cc', 'bcc']).optional() }))
    .max(RECIPIENTS_PER_TRANSFER)
    .optional(),
  group: address.optional(),
  /** Ids of uploads. */
  uploads: z.array(id).min(1).max(FILES_PER_TRANSFER),
  subject: z.string().max(500).optional(),
  /** Send to each by itself when there is no service for groups. */
  oneByOne: z.boolean().optional(),
})
export type SendCommand = z.infer<typeof SendCommand>

/** `POST /api/transfers/:id/actions` -> `{id}` of the transfer that goes on. Without `file`: all of them. */
export const TransferCommand = z.strictObject({
  action: z.enum(['cancel', 'pause', 'continue', 'resume', 'retry', 'send-again', 'dismiss']),
  file: index.optional(),
})
export type TransferCommand = z.infer<typeof TransferCommand>

/** `POST /api/offers/:id` -> `{}`, or `{id}` of the transfer. */
export const OfferCommand = z.discriminatedUnion('answer', [
  z.strictObject({
    answer: z.literal('accept'),
    /** Ids of the ticked files. */
    files: z.array(z.string().max(256)).min(1).max(FILES_PER_TRANSFER),
    onConflict: z.enum(['rename', 'overwrite', 'skip']).optional(),
    /** Trust the sender from now on (RCS-7). */
    always: z.boolean().optional(),
  }),
  z.strictObject({ answer: z.literal('decline'), reason: z.string().max(200).optional() }),
  z.strictObject({ answer: z.literal('ignore') }),
])
export type OfferCommand = z.infer<typeof OfferCommand>

/** `GET /api/history?…` -> `HistoryPage`. */
export const HistoryRequest = z.strictObject({
  text: z.string().max(200).optional(),
  direction: z.enum(['sent', 'received']).optional(),
  state: z.string().max(40).optional(),
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(HISTORY_PAGE).optional(),
})
export type HistoryRequest = z.infer<typeof HistoryRequest>

/** `POST /api/history/:id/files/:index` -> `{}`; `download` -> `{url}`, which works once and soon. `locate` tells the new place of a sent file. */
export const HistoryFileCommand = z.strictObject({
  action: z.enum(['open', 'reveal', 'download', 'displayed', 'locate']),
  upload: id.optional(),
})
export type HistoryFileCommand = z.infer<typeof HistoryFileCommand>

/** `PUT /api/contacts` -> `ContactView`; `DELETE /api/contacts?uri=`. */
export const ContactCommand = z.strictObject({ uri: address, name: name.optional(), trusted: z.boolean().optional() })
export type ContactCommand = z.infer<typeof ContactCommand>

/** `PUT /api/groups` -> `GroupView`; `DELETE /api/groups?name=`. */
export const GroupCommand = z.strictObject({
  name,
  /** Its former name, when it gets another one. */
  was: name.optional(),
  uri: address.optional(),
  members: z.array(address).max(RECIPIENTS_PER_TRANSFER),
})
export type GroupCommand = z.infer<typeof GroupCommand>

/** `POST /api/account/check` -> `AccountCheckView`; `PUT /api/account` saves it and begins. */
export const AccountCommand = z.strictObject({
  aor: address,
  password: z.string().max(1024).optional(),
  /** Absent: what DNS says of the domain. */
  proxy: address.optional(),
  displayName: z.string().max(200).optional(),
})
export type AccountCommand = z.infer<typeof AccountCommand>

/** `PUT /api/settings` -> `{}`. */
export const SettingsCommand = z.strictObject({ into: z.string().min(1).max(4096).optional() })
export type SettingsCommand = z.infer<typeof SettingsCommand>

/** `POST /api/tour` -> `{}`: plays a step of the demo. */
export const TourCommand = z.strictObject({ step: z.string().max(40) })
export type TourCommand = z.infer<typeof TourCommand>

/** `POST /api/doctor/fix` -> `{}`. */
export const FixCommand = z.strictObject({ action: z.enum(['create-folder']) })
export type FixCommand = z.infer<typeof FixCommand>

/*
 * Without a body:
 *   GET  /api/state                     PageState
 *   GET  /api/events[?trace=SEQ]        server-sent events (page-event.ts)
 *   GET  /api/trace?after=SEQ           TracePage
 *   POST /api/uploads                   UploadView; the body is the file, `X-File-Name` its name in percent-encoded UTF-8
 *   DELETE /api/uploads/:id             {}
 *   GET  /api/contacts, /api/groups     ContactView[], GroupView[]
 *   GET  /api/capabilities?uri=         CapabilitiesView
 *   GET  /api/doctor[?to=]              FindingView as newline-delimited JSON, as they are found
 *   DELETE /api/history/:id             {}; files stay on disk
 *   POST /api/demo                      {}: from the first run into the demo
 *   GET  /download/TICKET               a received file, as an attachment
 */
