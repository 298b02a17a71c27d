import { FILE_NAME_HEADER } from './limits.js'
import { Refusal } from './refusal.js'
import type { WebApp, WebParts } from './web-app.js'

/** `POST /api/uploads`, `DELETE /api/uploads/:id` */
export function addUploadRoutes(app: WebApp, { page, outbox }: WebParts): void {
  app.post('/api/uploads', async context => {
    const { incoming } = context.env
    const name = fileName(context.req.header('x-file-name'))
    const size = contentLength(context.req.header('content-length'))
    const limit = page.mustHaveWorld.maxFileSize ?? 0
    if (limit > 0 && size > limit) throw new Refusal(413, 'too-large', `Files of more than ${limit} octets are not sent.`)
    const upload = await outbox.take({ name, size, modified: modified(context.req.header('x-file-modified')) }, incoming)
    return context.json({ id: upload.id, name: upload.name, size })
  })
  app.delete('/api/uploads/:id', async context => {
    await outbox.remove(context.req.param('id'))
    return context.json({})
  })
}

/** Percent-encoded UTF-8, since a header has Latin-1 at best. */
function fileName(header: string | undefined): string {
  try {
    if (header !== undefined && header.length > 0 && header.length <= FILE_NAME_HEADER) return decodeURIComponent(header)
  } catch {
    // no UTF-8
  }
  throw new Refusal(400, 'bad-request', 'X-File-Name says what the file is called.')
}

function contentLength(header: string | undefined): number {
  if (header === undefined || !/^\d{1,15}$/.test(header))
    throw new Refusal(411, 'bad-request', 'The size of a file is told before it comes.')
  return Number(header)
}

/** `X-File-Modified`: milliseconds since 1970, where the browser knows it. */
function modified(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,13}$/.test(header) ? Number(header) : undefined
}
