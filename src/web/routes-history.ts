import { access } from 'node:fs/promises'
import { CpmftError, isToSeveral, resumableFiles, retryableFiles, type StoredFile, type StoredTransfer } from '../client/index.js'
import { storedErrorView } from './error-view.js'
import { type HistoryFile, HistoryFileCommand, type HistoryPage, HISTORY_PAGE, HistoryRequest, type HistoryRow } from './protocol/index.js'
import { checked, readCommand } from './read-body.js'
import { Refusal } from './refusal.js'
import { canBeSentAgain } from './send-again.js'
import type { WebApp, WebParts } from './web-app.js'

/** Rows of one page unless asked for otherwise; house. */
const USUAL_ROWS = 50

/** `GET /api/history`, `DELETE /api/history/:id`, `POST /api/history/:id/files/:index` */
export function addHistoryRoutes(app: WebApp, parts: WebParts): void {
  const { page } = parts
  app.get('/api/history', async context => context.json(await historyPage(parts, checked(HistoryRequest, context.req.query()))))
  app.delete('/api/history/:id', async context => {
    const { client } = page.mustHaveWorld
    const { id } = await mustHaveTransfer(parts, context.req.param('id'))
    await client.store?.forget({ id })
    page.model.dismiss(id)
    page.model.history()
    return context.json({})
  })
  app.post('/api/history/:id/files/:index', async context => {
    const command = await readCommand(context.env.incoming, HistoryFileCommand)
    const transfer = await mustHaveTransfer(parts, context.req.param('id'))
    const index = Number(context.req.param('index'))
    const file = transfer.files.find(each => each.index === index)
    if (file === undefined) throw new CpmftError('file-missing', 'The transfer has no such file.')
    return context.json(await act(parts, transfer, file, command))
  })
}

async function historyPage({ page }: WebParts, request: HistoryRequest): Promise<HistoryPage> {
  const { client } = page.mustHaveWorld
  const { text, direction, state, before, limit = USUAL_ROWS } = request
  const wanted = Math.min(limit, HISTORY_PAGE)
  const found = await client.history({
    ...(text !== undefined && text !== '' && { text }),
    ...(direction !== undefined && { direction }),
    ...(state !== undefined && { states: [state] }),
    ...(before !== undefined && { before }),
    limit: wanted + 1,
  })
  const further = found[wanted]
  if (further === undefined) return { rows: await Promise.all(found.map(historyRow)), before: undefined }
  // A page ends between two times: `before` cannot tell transfers of the same millisecond apart
  const whole = found.filter(({ started }) => started > further.started)
  const shown = whole.length > 0 ? whole : found.slice(0, wanted)
  return { rows: await Promise.all(shown.map(historyRow)), before: whole.length > 0 ? further.started + 1 : further.started }
}

async function historyRow(transfer: StoredTransfer): Promise<HistoryRow> {
  const { id, direction, peer, peerName, subject, started, ended, group, recipients } = transfer
  const canResume = !isToSeveral(transfer) && resumableFiles(transfer).length > 0
  const isOver = ended !== undefined || transfer.files.every(({ state }) => state === 'interrupted')
  return {
    id,
    direction,
    peer,
    peerName,
    subject,
    started,
    ended,
    group,
    recipients: recipients?.map(({ uri, state }) => ({ uri, state })),
    files: await Promise.all(transfer.files.map(historyFile)),
    actions: isOver
      ? [
          ...(canResume ? (['resume'] as const) : []),
          ...(retryableFiles(transfer).length > 0 ? (['retry'] as const) : []),
          ...(canBeSentAgain(transfer) ? (['send-again'] as const) : []),
        ]
      : [],
  }
}

async function historyFile(file: StoredFile): Promise<HistoryFile> {
  const { index, name, type, size, state, bytes, path, notice, error } = file
  return {
    index,
    name,
    type,
    size,
    state,
    bytes,
    path,
    here: path !== undefined && (await isHere(path)),
    notice,
    error: storedErrorView(error),
  }
}

async function act({ page, outbox, tickets }: WebParts, transfer: StoredTransfer, file: StoredFile, command: HistoryFileCommand) {
  const { client } = page.mustHaveWorld
  const { desktop } = page.options
  if (command.action === 'locate') {
    if (transfer.direction !== 'sent' || command.upload === undefined)
      throw new Refusal(400, 'bad-request', 'Only a sent file has another place, and it is an upload.')
    await client.store?.saveFile(transfer.id, { ...file, path: outbox.upload(command.upload).path })
    page.model.history()
    return {}
  }
  const path = await placeOf(transfer, file, command.action)
  if (command.action === 'reveal') await desktop.reveal(path)
  else if (command.action === 'download') return { url: `/download/${tickets.issue({ path, name: file.name })}` }
  else {
    if (command.action === 'open') await desktop.open(path)
    if (transfer.direction === 'received') await client.displayed(transfer.id, file.index)
  }
  return {}
}

/** The path of the record and nothing else; what was received only counts once it is verified. */
async function placeOf({ direction }: StoredTransfer, { path, state }: StoredFile, action: HistoryFileCommand['action']): Promise<string> {
  if (path === undefined || (direction === 'received' && state !== 'done')) throw new CpmftError('file-missing', 'It was not saved here.')
  if (direction === 'sent' && action === 'download') throw new Refusal(400, 'bad-request', 'Only received files are downloaded.')
  if (!(await isHere(path))) throw new CpmftError('file-missing', 'It was moved or deleted since.')
  return path
}

async function mustHaveTransfer({ page }: WebParts, id: string): Promise<StoredTransfer> {
  const transfer = await page.mustHaveWorld.client.store?.transfer(id)
  if (transfer === undefined) throw new CpmftError('no-such-transfer', `It was "${id}".`)
  return transfer
}

function isHere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
