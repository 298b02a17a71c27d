import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { CpmftError } from '../client/index.js'
import { safeName } from '../node/index.js'
import { Refusal } from './refusal.js'
import type { WebApp, WebParts } from './web-app.js'

/** `GET /download/TICKET`: a received file, never shown by the browser itself, always whole. */
export function addDownloadRoute(app: WebApp, { tickets }: WebParts): void {
  app.get('/download/:ticket', async context => {
    // Hono answers HEAD by the handler of GET; a question must not use the ticket up
    if (context.env.incoming.method !== 'GET') throw new Refusal(405, 'bad-request', 'A download is a GET.')
    const ticket = tickets.redeem(context.req.param('ticket'))
    if (ticket === undefined) throw new Refusal(404, 'not-found', 'This link worked once, and for a minute.', 'Ask for the file again.')
    const file = await open(ticket.path, 'r').catch(() => undefined)
    const found = await file?.stat()
    if (file === undefined || found?.isFile() !== true) {
      await file?.close()
      throw new CpmftError('file-missing', 'It was moved or deleted since.')
    }
    const { outgoing } = context.env
    outgoing.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': found.size,
      'content-disposition': contentDisposition(ticket.name),
      'accept-ranges': 'none',
    })
    // Whoever gives up destroys the answer, and that closes the file
    void pipeline(file.createReadStream(), outgoing).catch(() => {})
    return RESPONSE_ALREADY_SENT
  })
}

/** RFC 6266 §4.1 with RFC 8187 §3.2: a name for old programs, and the whole one. */
export function contentDisposition(name: string): string {
  const safe = safeName(name)
  let plain = ''
  for (const character of safe) plain += character >= ' ' && character <= '~' && !'"\\%'.includes(character) ? character : '_'
  const encoded = encodeURIComponent(safe).replace(/['()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
