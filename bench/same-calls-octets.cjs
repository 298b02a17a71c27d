'use strict'

/** How many octets `cpmft send` of a file of 1 KiB and its peer write at a time. */
exports.OCTETS = {
  invite: 1780,
  accepted: 1900,
  ack: 333,
  send: 1691,
  answeredAndReported: 600,
  closing: 1314,
  closed: 1200,
  bye: 714,
  over: 350,
}
