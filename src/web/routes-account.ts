import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { constants } from 'node:fs'
import { access, mkdir, stat } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { CpmftError } from '../client/index.js'
import { errorView } from './error-view.js'
import type { LivePage } from './live-page.js'
import type { FirstRun } from './page-world.js'
import { AccountCommand, FixCommand, SettingsCommand } from './protocol/index.js'
import { Questions } from './questions.js'
import { readCommand } from './read-body.js'
import { Refusal } from './refusal.js'
import type { WebApp, WebParts } from './web-app.js'

/** `/api/account`, `/api/demo`, `/api/settings`, `/api/doctor` */
export function addAccountRoutes(app: WebApp, { page }: WebParts): void {
  const questions = new Questions()
  let isBeginning = false
  /** One world at a time. */
  const begin = async (how: (firstRun: FirstRun) => Promise<NonNullable<LivePage['world']>>): Promise<void> => {
    const firstRun = firstRunOf(page)
    if (isBeginning) throw new Refusal(409, 'busy', 'It begins already.')
    isBeginning = true
    try {
      await page.enter(await how(firstRun))
    } finally {
      isBeginning = false
    }
  }
  app.post('/api/account/check', async context => {
    const account = await readCommand(context.env.incoming, AccountCommand)
    const firstRun = firstRunOf(page)
    return questions.ask(context.env.outgoing, async signal => context.json(await firstRun.check(account, signal)))
  })
  app.put('/api/account', async context => {
    const account = await readCommand(context.env.incoming, AccountCommand)
    await begin(firstRun => firstRun.begin(account))
    return context.json({})
  })
  app.post('/api/demo', async context => {
    await begin(firstRun => firstRun.demo())
    return context.json({})
  })
  app.put('/api/settings', async context => {
    const { into } = await readCommand(context.env.incoming, SettingsCommand)
    if (into !== undefined) await changeFolder(page, into)
    return context.json({})
  })
  app.get('/api/doctor', context =>
    questions.ask(context.env.outgoing, async signal => {
      const to = context.req.query('to')
      await examine(page, to === '' ? undefined : to, context.env.outgoing, signal)
      return RESPONSE_ALREADY_SENT
    }),
  )
  app.post('/api/doctor/fix', async context => {
    await readCommand(context.env.incoming, FixCommand)
    await mkdir(page.model.currentFolder.path, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      throw new CpmftError('folder-unwritable', `${error.code ?? ''}`)
    })
    await page.lookAtFolder()
    return context.json({})
  })
}

function firstRunOf(page: LivePage): FirstRun {
  const { firstRun } = page.options
  if (page.world !== undefined || firstRun === undefined) throw new Refusal(409, 'not-first-run', 'There is an account already.')
  return firstRun
}

async function changeFolder(page: LivePage, text: string): Promise<void> {
  const world = page.mustHaveWorld
  if (!isAbsolute(text)) throw new Refusal(400, 'bad-request', 'Write the whole path of the folder.')
  const into = resolve(text)
  if ((await stat(into).catch(() => undefined))?.isDirectory() !== true) throw new CpmftError('folder-missing')
  await access(into, constants.W_OK).catch(() => {
    throw new CpmftError('folder-unwritable')
  })
  world.client.receiveInto?.(into)
  await world.rememberFolder?.(into)
  await page.lookAtFolder(into)
}

/** One finding a line, as they come. */
async function examine(
  page: LivePage,
  to: string | undefined,
  response: import('node:http').ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const findings = page.mustHaveWorld.doctor?.(to, signal)
  if (findings === undefined) throw new Refusal(404, 'not-found', 'There is nothing to examine here.')
  response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' })
  try {
    for await (const finding of findings) response.write(`${JSON.stringify(finding)}\n`)
  } catch (error) {
    const { text, detail, hint } = errorView(error)
    if (!signal.aborted)
      response.write(`${JSON.stringify({ check: 'doctor', status: 'fail', text: `${text} ${detail ?? ''}`.trim(), fix: hint })}\n`)
  }
  response.end()
}
