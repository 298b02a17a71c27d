'use strict'
const { createHash } = require('node:crypto')
const { createSocket } = require('node:dgram')
const events = require('node:events')
const { readFileSync } = require('node:fs')
const { connect, createServer } = require('node:net')
const { OCTETS } = require('./same-calls-octets.cjs')

/**
 * What the system is asked for by `cpmft send` of a small file, and nothing else: the same sockets in the same order, requests and answers of the same
 * length that say nothing, the file read and hashed. `node same-calls.cjs SIP-PORT MSRP-PORT FILE`
 */
const HOST = '127.0.0.1'

async function main([sipPort, msrpPort, path]) {
  const file = readFileSync(path)
  const sha1 = createHash('sha1').update(file).digest('hex')
  // the address that leads to the peer, then a place for requests over TCP and UDP, then one for MSRP
  const probe = createSocket('udp4')
  probe.connect(9, HOST)
  await events.once(probe, 'connect')
  probe.close()
  const sipListener = await listen()
  const datagrams = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 }).bind(sipListener.address().port, HOST)
  await events.once(datagrams, 'listening')
  const msrpListener = await listen()

  const sip = await open(sipPort)
  sip.write(text(OCTETS.invite, sha1))
  await answer(sip, OCTETS.accepted)
  sip.write(text(OCTETS.ack))
  const msrp = await open(msrpPort)
  msrp.cork()
  msrp.write(text(OCTETS.send - file.length))
  msrp.write(file)
  msrp.uncork()
  await answer(msrp, OCTETS.answeredAndReported)
  sip.write(text(OCTETS.closing))
  await answer(sip, OCTETS.closed)
  sip.write(text(OCTETS.bye))
  await answer(sip, OCTETS.over)
  for (const handle of [sip, msrp]) handle.destroy()
  for (const handle of [sipListener, msrpListener, datagrams]) handle.close()
}

async function listen() {
  const server = createServer().listen(0, HOST)
  await events.once(server, 'listening')
  return server
}

async function open(port) {
  const socket = connect({ host: HOST, port: Number(port), noDelay: true })
  await events.once(socket, 'connect')
  return socket
}

/** Settles when so many octets have come. */
function answer(socket, octets) {
  return new Promise(resolve => {
    let left = octets
    const count = bytes => {
      left -= bytes.length
      if (left > 0) return
      socket.off('data', count)
      resolve()
    }
    socket.on('data', count)
  })
}

function text(octets, begin = '') {
  return begin.padEnd(octets, '.')
}

void main(process.argv.slice(2))
