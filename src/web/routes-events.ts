import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { TRACE_BACKLOG } from './limits.js'
import { Refusal } from './refusal.js'
import type { WebApp, WebParts } from './web-app.js'

/** `GET /api/state`, `GET /api/events`, `GET /api/trace` */
export function addEventRoutes(app: WebApp, { page }: WebParts): void {
  app.get('/api/state', context => context.json(page.model.state()))
  app.get('/api/events', context => {
    if (page.hub.isFull) throw new Refusal(503, 'busy', 'Too many pages listen already.', 'Close some of them.')
    const wanted = context.req.query('trace')
    const trace = wanted === undefined ? undefined : sequence(wanted)
    page.hub.attach(context.env.outgoing, context.req.header('last-event-id'), trace)
    return RESPONSE_ALREADY_SENT
  })
  app.get('/api/trace', context => context.json(page.trace.page(sequence(context.req.query('after') ?? '0'), TRACE_BACKLOG)))
}

function sequence(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Refusal(400, 'bad-request', 'A place in the trace is a number.')
  return Number(text)
}
