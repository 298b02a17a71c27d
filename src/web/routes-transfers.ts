import { type ErrorCode, group, type IncomingOffer, readAddress, type StoredTransfer } from '../client/index.js'
import type { LivePage } from './live-page.js'
import { OfferCommand, SendCommand, TourCommand, TransferCommand } from './protocol/index.js'
import { readCommand } from './read-body.js'
import { Refusal } from './refusal.js'
import { sendAgain } from './send-again.js'
import type { WebApp, WebParts } from './web-app.js'

/** `POST /api/transfers`, `POST /api/transfers/:id/actions`, `POST /api/offers/:id`, `POST /api/tour` */
export function addTransferRoutes(app: WebApp, parts: WebParts): void {
  const { page } = parts
  app.post('/api/transfers', async context => context.json({ id: send(parts, await readCommand(context.env.incoming, SendCommand)) }))
  app.post('/api/transfers/:id/actions', async context => {
    const command = await readCommand(context.env.incoming, TransferCommand)
    return context.json({ id: await act(parts, context.req.param('id'), command) })
  })
  app.post('/api/offers/:id', async context => {
    const command = await readCommand(context.env.incoming, OfferCommand)
    return context.json(await answer(page, context.req.param('id'), command))
  })
  app.post('/api/tour', async context => {
    const { step } = await readCommand(context.env.incoming, TourCommand)
    const { tour } = page.mustHaveWorld
    if (tour === undefined) throw new Refusal(404, 'not-found', 'There is no tour here.')
    await tour.play(step)
    return context.json({})
  })
}

function send({ page, outbox }: WebParts, command: SendCommand): string {
  const { client } = page.mustHaveWorld
  const { to = [], group: address, subject, oneByOne } = command
  if ((to.length === 0) === (address === undefined)) throw new Refusal(400, 'bad-request', 'Either people or a group get the files.')
  const paths = command.uploads.map(id => outbox.upload(id).path)
  const recipients = to.map(({ uri, copyControl }) => ({ uri: readAddress(uri), ...(copyControl !== undefined && { copyControl }) }))
  const [only] = recipients
  const destination =
    address !== undefined ? group(readAddress(address)) : only !== undefined && recipients.length === 1 ? only.uri : group(recipients)
  const transfer = client.send(destination, paths, {
    ...(subject !== undefined && subject !== '' && { subject }),
    ...(oneByOne === true && { fallbackToSingle: true }),
  })
  page.show(transfer, 'sent', subject)
  return transfer.id
}

async function act(parts: WebParts, id: string, { action, file: index }: TransferCommand): Promise<string> {
  const { page } = parts
  const { client } = page.mustHaveWorld
  if (action === 'resume' || action === 'retry') {
    const stored = await client.store?.transfer(id)
    const { path: into } = page.model.currentFolder
    const only = index === undefined ? {} : { only: [index] }
    const transfer = action === 'resume' ? await client.resume(id, { into, ...only }) : await client.retry(id, only)
    page.show(transfer, directionOf(stored), stored?.subject)
    return transfer.id
  }
  if (action === 'send-again') return sendAgain(page, id)
  if (action === 'dismiss') {
    if (!page.model.dismiss(id)) throw new Refusal(409, 'not-over', 'Only a transfer that is over can be put away.')
    return id
  }
  const { transfer } = page.model.mustHaveCard(id)
  const file = index === undefined ? undefined : page.model.mustHaveCard(id).fileAt(index)
  if (index !== undefined && file === undefined)
    throw new Refusal(404, 'file-missing' satisfies ErrorCode, 'The transfer has no such file.')
  if (action === 'cancel') file === undefined ? transfer.abort() : transfer.abortFile(file)
  else if (action === 'pause') transfer.pause(file)
  else transfer.continue(file)
  return id
}

async function answer(page: LivePage, id: string, command: OfferCommand): Promise<{ id?: string }> {
  const offer = page.model.offer(id)
  if (offer === undefined) throw new Refusal(409, 'withdrawn' satisfies ErrorCode, 'This offer needs no answer any more.')
  if (command.answer === 'ignore') {
    page.model.offerGone(id, 'answered')
    offer.ignore()
    return {}
  }
  if (command.answer === 'decline') {
    page.model.offerGone(id, 'answered')
    await offer.decline(command.reason)
    return {}
  }
  const files = offer.files.filter((_, place) => command.files.includes(String(place)))
  if (files.length < new Set(command.files).size) throw new Refusal(400, 'bad-request', 'The offer has no such file.')
  if (command.always === true) await trust(page, offer)
  if (page.model.offer(id) !== offer) throw new Refusal(409, 'withdrawn' satisfies ErrorCode, 'This offer needs no answer any more.')
  const { onConflict } = command
  page.model.offerGone(id, 'answered')
  const transfer = offer.accept(files, { into: page.model.currentFolder.path, ...(onConflict !== undefined && { onConflict }) })
  page.show(transfer, 'received', offer.subject)
  return { id: transfer.id }
}

/** The sender becomes a contact whose files may be taken without asking (RCS-7). */
async function trust(page: LivePage, { from }: IncomingOffer): Promise<void> {
  if (from.identity === 'anonymous') return
  const { store } = page.mustHaveWorld.client
  const uri = from.uri.split(/[;?]/, 1)[0] as string
  const known = (await store?.contacts())?.find(contact => contact.uri === uri)
  await store?.saveContact({ uri, name: known?.name ?? from.displayName, trusted: true, added: known?.added ?? Date.now() })
  page.people()
}

function directionOf(stored: StoredTransfer | undefined): 'sent' | 'received' {
  return stored?.direction ?? 'sent'
}
