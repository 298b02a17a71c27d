import type { ClauseTable } from './clause.js'

export const MSRP_METHOD_CLAUSES: ClauseTable = {
  SEND: ['4975 7.1.1', 'Carries a message or a chunk of it.'],
  REPORT: ['4975 7.1.2', 'Tells how far a message arrived, or that it failed.'],
  AUTH: ['4976 4.1', 'Logs in at a relay and gets an address there.'],
  NICKNAME: ['7701 7.1', 'Asks for a name to be called by in the room.'],
}

export const MSRP_HEADER_CLAUSES: ClauseTable = {
  'to-path': ['4975 7.1', 'Where the request goes: the next hop first, the other end last.'],
  'from-path': ['4975 7.1', 'Where the request came from: the last hop first, its sender last.'],
  'message-id': ['4975 7.1.1', 'Names the message; all its chunks and reports bear the same.'],
  'success-report': ['4975 7.1.1', 'Whether the sender wants to be told that all has arrived.'],
  'failure-report': ['4975 7.1.1', 'Whether the sender wants to be told of failures: yes, no, or only of those (partial).'],
  'byte-range': ['4975 7.1.1', 'First and last octet of this chunk and the size of the whole; a * says that it is not known yet.'],
  status: ['4975 7.1.2', 'How it went; 000 says that the number is a status of MSRP.'],
  'content-type': ['4975 9', 'Type of the message; it begins the body.'],
  'content-id': ['4975 9', 'Name of the body.'],
  'content-description': ['4975 9', 'What the body is, for people.'],
  'content-disposition': ['4975 9', 'What the body is for.'],
  'use-path': ['4976 4.2', 'Path at the relay that others reach this end by.'],
  'use-nickname': ['7701 7.1', 'The name that is asked for.'],
  'www-authenticate': ['4976 4.3', 'The relay asks for a login.'],
  authorization: ['4976 4.4', 'Carries the proof of the password for the relay.'],
  'authentication-info': ['4976 4.5', 'Proves the relay to the client.'],
  expires: ['4976 4.6', 'How long the address at the relay holds, in seconds.'],
  'min-expires': ['4976 4.6', 'Shortest time that the relay allows.'],
  'max-expires': ['4976 4.6', 'Longest time that the relay allows.'],
}

export const MSRP_STATUS_CLAUSES: ClauseTable = {
  200: ['4975 10', 'The chunk arrived; whether the whole message did, a report tells.'],
  400: ['4975 10', 'The request could not be understood.'],
  401: ['4976 10.3', 'The relay wants to know who asks.'],
  403: ['4975 10', 'The request is not allowed; trying again is no use.'],
  408: ['4975 10', 'The next hop did not answer in time.'],
  413: ['4975 10', 'The receiver wants no more of this message.'],
  415: ['4975 10', 'The type of the message is not taken.'],
  423: ['4975 10', 'A value lies beyond what is allowed, such as the time of a login.'],
  481: ['4975 10', 'There is no such session; it has to be set up again.'],
  501: ['4975 10', 'The method is not known.'],
  506: ['4975 10', 'The session is already in use over another connection.'],
}
