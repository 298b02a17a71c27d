import { createHash, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * What plain Node takes at least: SIP answered by looking for the few lines that must be copied, without any of what RFC 3261 asks for besides
 * (no checks, no transactions, no timers, no limits, nothing on disk). The floor beside which the server and the user agent are told.
 */

/**
 * Answers messages over UDP or TCP.
 * @param answer from a message to one or more messages; an empty text is none
 */
export async function listen({ port, transport }, answer) {
  if (transport === 'udp') {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, lookup: (host, _options, done) => done(null, host, 4) })
    socket.on('message', (bytes, { address, port }) => {
      for (const text of answer(bytes.latin1Slice())) socket.send(Buffer.from(text, 'latin1'), port, address)
    })
    const listening = once(socket, 'listening')
    socket.bind(port, '127.0.0.1')
    await listening
  } else {
    const server = createServer({ noDelay: true }, socket => {
      let rest = ''
      socket.on('error', () => {})
      socket.on('data', bytes => {
        let all = rest + bytes.latin1Slice()
        let answers = ''
        for (let end = lengthOf(all); end > 0; end = lengthOf(all)) {
          for (const text of answer(all.slice(0, end))) answers += text
          all = all.slice(end)
        }
        rest = all
        if (answers !== '') socket.write(answers, 'latin1')
      })
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
}

/** Of the first message in `text`; 0 when it is not whole. */
function lengthOf(text) {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return 0
  const end = head + 4 + Number(valueOf(text, 'Content-Length'))
  return end > text.length ? 0 : end
}

/** `name` as SIPp writes it, at the start of a line. */
function valueOf(text, name) {
  const at = text.indexOf(`\r\n${name}:`)
  return at < 0 ? '' : text.slice(at + name.length + 3, text.indexOf('\r\n', at + 2)).trim()
}

/** Via, From, To, Call-ID and CSeq of the request, as every response has them. */
function copied(request, tag) {
  const to = valueOf(request, 'To')
  return (
    `Via: ${valueOf(request, 'Via')}\r\nFrom: ${valueOf(request, 'From')}\r\nTo: ${to}${to.includes(';tag=') ? '' : `;tag=${tag}`}\r\n` +
    `Call-ID: ${valueOf(request, 'Call-ID')}\r\nCSeq: ${valueOf(request, 'CSeq')}\r\n`
  )
}

/** The server of a dialog: 180 and 200 to INVITE, 200 to BYE. */
export function dialogAnswers(contact, body) {
  const end = `Contact: <${contact}>\r\nContent-Type: application/sdp\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  return request => {
    if (request.startsWith('INVITE')) {
      const lines = copied(request, 'node')
      return [`SIP/2.0 180 Ringing\r\n${lines}Contact: <${contact}>\r\nContent-Length: 0\r\n\r\n`, `SIP/2.0 200 OK\r\n${lines}${end}`]
    }
    if (request.startsWith('BYE')) return [`SIP/2.0 200 OK\r\n${copied(request, 'node')}Content-Length: 0\r\n\r\n`]
    return NONE
  }
}

/** A registrar with a true check of the digest: 401, or 200 and a binding in a Map. */
export function registrarAnswers({ domain, password, users }) {
  const md5 = text => createHash('md5').update(text).digest('hex')
  const keys = new Map(users.map(user => [user, md5(`${user}:${domain}:${password}`)]))
  const nonces = new Set()
  const bindings = new Map()
  return request => {
    const given = valueOf(request, 'Authorization')
    if (given === '') {
      const nonce = randomBytes(12).toString('hex')
      nonces.add(nonce)
      const challenge = `WWW-Authenticate: Digest realm="${domain}", nonce="${nonce}", algorithm=MD5, qop="auth"\r\n`
      return [`SIP/2.0 401 Unauthorized\r\n${copied(request, 'node')}${challenge}Content-Length: 0\r\n\r\n`]
    }
    const user = quoted(given, 'username')
    const nonce = quoted(given, 'nonce')
    const second = `${nonce}:${bare(given, 'nc')}:${quoted(given, 'cnonce')}:auth`
    const right = md5(`${keys.get(user)}:${second}:${md5(`REGISTER:${quoted(given, 'uri')}`)}`)
    if (!nonces.delete(nonce) || right !== quoted(given, 'response')) return ['SIP/2.0 403 Forbidden\r\n\r\n']
    const contact = valueOf(request, 'Contact')
    const expires = valueOf(request, 'Expires')
    bindings.set(user, { contact, expires: Date.now() + Number(expires) * 1000 })
    return [`SIP/2.0 200 OK\r\n${copied(request, 'node')}Contact: ${contact};expires=${expires}\r\nContent-Length: 0\r\n\r\n`]
  }
}

/** `name="…"`; cnonce ends as nonce does. */
function quoted(fields, name) {
  let at = fields.indexOf(`${name}="`)
  if (fields[at - 1] === 'c') at = fields.indexOf(`${name}="`, at + 1)
  return fields.slice(at + name.length + 2, fields.indexOf('"', at + name.length + 2))
}

/** `name=…` */
function bare(fields, name) {
  return new RegExp(`${name}=([^,\\s]*)`).exec(fields)?.[1]
}

const NONE = []
