import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { randomBytes } from 'node:crypto'
import type { AppFiles } from './app-files.js'
import type { DownloadTickets } from './download-tickets.js'
import type { LivePage } from './live-page.js'
import type { Outbox } from './outbox.js'
import { Refusal, refusalAnswer } from './refusal.js'
import { addAccountRoutes } from './routes-account.js'
import { addDownloadRoute } from './routes-download.js'
import { addEventRoutes } from './routes-events.js'
import { addHistoryRoutes } from './routes-history.js'
import { addPeopleRoutes } from './routes-people.js'
import { addTransferRoutes } from './routes-transfers.js'
import { addUploadRoutes } from './routes-uploads.js'
import { contentSecurityPolicy } from './security-headers.js'
import type { TokenCheck } from './token-check.js'

export type WebApp = Hono<{ Bindings: HttpBindings }>

/** What the routes work with. */
export interface WebParts {
  readonly page: LivePage
  readonly outbox: Outbox
  readonly tickets: DownloadTickets
  readonly files: AppFiles
  readonly token: TokenCheck
}

/** All addresses of the page; `gateRefusal` was passed before. */
export function webApp(parts: WebParts): WebApp {
  const { files, token } = parts
  const app: WebApp = new Hono()
  app.onError((error, context) => refusalAnswer(context, error))
  app.notFound(context => refusalAnswer(context, new Refusal(404, 'not-found', 'There is nothing here.')))
  app.use('/api/*', async (context, next) => {
    if (!token.accepts(context.req.header('authorization'))) {
      context.header('WWW-Authenticate', 'Bearer')
      throw new Refusal(401, 'unauthorized', 'This page has lost its key.', 'Open the address that cpmft printed.')
    }
    await next()
  })
  app.get('/', context => {
    const nonce = randomBytes(16).toString('base64')
    context.header('Content-Security-Policy', contentSecurityPolicy(nonce))
    return context.html(files.page(nonce))
  })
  // every browser asks for it; the page names its own picture
  app.get('/favicon.ico', context => context.body(null, 204))
  addEventRoutes(app, parts)
  addTransferRoutes(app, parts)
  addUploadRoutes(app, parts)
  addHistoryRoutes(app, parts)
  addPeopleRoutes(app, parts)
  addAccountRoutes(app, parts)
  addDownloadRoute(app, parts)
  app.get('/*', async (context, next) => {
    const file = files.file(context.req.path)
    if (file === undefined) return next()
    context.header('Cache-Control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    return context.body(file.bytes, 200, { 'Content-Type': file.type })
  })
  return app
}
