import type { ClauseTable } from './clause.js'

/** Headers of CPIM, without the prefix of their name space. */
export const CPIM_CLAUSES: ClauseTable = {
  from: ['3862 4.1', 'Who wrote the message.'],
  to: ['3862 4.2', 'Who the message is for.'],
  cc: ['3862 4.3', 'Who gets a copy.'],
  datetime: ['3862 4.4', 'When the message was sent.'],
  subject: ['3862 4.5', 'What it is about.'],
  ns: ['3862 4.6', 'Binds a prefix of header names to the name of an extension.'],
  require: ['3862 4.7', 'Headers that the receiver has to understand.'],
  'message-id': ['5438 6.3', 'Names the message; notifications refer to it.'],
  'disposition-notification': ['5438 6.2', 'Which notifications the sender wants: delivered, displayed, failed.'],
  'original-to': ['5438 6.4', 'Who the message was for before an intermediary changed it.'],
  'imdn-record-route': ['5438 6.5', 'Intermediary that notifications have to pass.'],
  'imdn-route': ['5438 6.6', 'Way that a notification has to take.'],
}

export const MIME_CLAUSES: ClauseTable = {
  'content-type': ['2045 5', 'Type of this part.'],
  'content-transfer-encoding': ['2045 6', 'How the octets of this part are written.'],
  'content-id': ['2045 7', 'Name by which other parts point to this one.'],
  'content-description': ['2045 8', 'What this part is, for people.'],
  'content-disposition': ['2183 2', 'What this part is for.'],
  'content-length': ['3261 20.14', 'Octets of this part.'],
}

/** Elements of notifications, recipient lists and conference states. */
export const ELEMENT_CLAUSES: ClauseTable = {
  imdn: ['5438 7.2.1', 'Tells what became of a message.'],
  'message-id': ['5438 7.2.1.1', 'The message that this is about.'],
  datetime: ['5438 7.2.1.1', 'When the message was sent.'],
  'recipient-uri': ['5438 7.2.1.1', 'Whom the message was delivered to.'],
  'original-recipient-uri': ['5438 7.2.1.1', 'Whom the message was for at first.'],
  'delivery-notification': ['5438 7.2.1.1', 'The message was delivered, or could not be.'],
  'display-notification': ['5438 7.2.1.2', 'The message was shown, or could not be.'],
  'processing-notification': ['5438 8.1', 'An intermediary has the message.'],
  disposition: ['5438 5', 'What happened to the message.'],
  'resource-lists': ['4826 3.1', 'Lists of addresses.'],
  list: ['4826 3.1', 'A list of addresses.'],
  entry: ['5366 4', 'One recipient; copyControl tells to, cc or bcc.'],
  'conference-info': ['4575 5.2', 'State of a conference, whole or only what changed.'],
  'conference-description': ['4575 5.3', 'What the conference is.'],
  'host-info': ['4575 5.4', 'Who runs the conference.'],
  'conference-state': ['4575 5.5', 'How many are in it and whether it goes on.'],
  users: ['4575 5.6', 'The people in the conference.'],
  user: ['4575 5.6', 'One person in the conference.'],
  endpoint: ['4575 5.7', 'One device of that person.'],
  status: ['4575 5.7.3', 'Where the device stands: dialling in, connected, gone.'],
  'joining-method': ['4575 5.7.4', 'How the device came in.'],
  'disconnection-method': ['4575 5.7.6', 'How the device left.'],
  media: ['4575 5.8', 'One medium of the device; here a file.'],
}
