import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Client } from '../../src/client/index.js'
import type { PageState, TransferView } from '../../src/web/protocol/index.js'
import { EventReader } from '../kit/event-reader.js'
import { PageKit } from '../kit/page-kit.js'

/** Bob answers each offer as the run says. */
async function answer(bob: Client, answers: readonly string[]): Promise<void> {
  let count = 0
  for await (const offer of bob.offers()) {
    const how = answers[count++ % answers.length]
    if (offer.signal.aborted) continue
    if (how === 'decline') await offer.decline()
    else if (how === 'some') offer.accept(offer.files.slice(1))
    else if (how === 'all') offer.accept()
    else offer.ignore()
  }
}

const still = ({ transfers }: PageState) =>
  transfers.map(({ id, phase, ok, files }) => ({ id, phase, ok, files: files.map(({ state, bytes }) => ({ state, bytes })) }))
const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)

it('does any commands in any order with a real peer: a status for each, no fault, and every page ends with the same state', async () => {
  const what = fc.constantFrom(
    'send',
    'send two',
    'cancel',
    'cancel one',
    'pause',
    'continue',
    'resume',
    'retry',
    'send-again',
    'dismiss',
    'forget',
    'offer',
    'accept',
    'decline',
    'contact',
    'unload',
  )
  const run = fc.record({
    commands: fc.array(fc.tuple(what, fc.nat(7)), { minLength: 3, maxLength: 14 }),
    answers: fc.array(fc.constantFrom('all', 'all', 'some', 'decline', 'ignore'), { minLength: 1, maxLength: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(run, async ({ commands, answers }) => {
      await using kit = await PageKit.start()
      const bob = await kit.client('bob')
      void answer(bob, answers).catch(() => {})
      const [page, other] = [await EventReader.open(kit.origin, kit.token), await EventReader.open(kit.origin, kit.token, { trace: 0 })]
      const path = await kit.file('from bob.txt', 'x'.repeat(2000))
      const pick = (number: number): TransferView | undefined => page.state.transfers[number % Math.max(1, page.state.transfers.length)]
      const uploads: string[] = []
      const upload = async () => {
        const { body } = await kit.upload(`f${uploads.length}.bin`, new Uint8Array(300_000))
        uploads.push(body.id)
        return body.id
      }
      const act = (number: number, action: string, file?: number) =>
        kit.call('POST', `/api/transfers/${pick(number)?.id ?? 'NONE'}/actions`, { action, ...(file !== undefined && { file }) })
      for (const [command, number] of commands) {
        let status = 200
        if (command === 'send')
          ({ status } = await kit.call('POST', '/api/transfers', { to: [{ uri: bob.contact }], uploads: [await upload()] }))
        else if (command === 'send two')
          ({ status } = await kit.call('POST', '/api/transfers', { to: [{ uri: bob.contact }], uploads: [await upload(), await upload()] }))
        else if (command === 'cancel one') ({ status } = await act(number, 'cancel', 0))
        else if (command === 'forget') ({ status } = await kit.call('DELETE', `/api/history/${pick(number)?.id ?? 'NONE'}`))
        else if (command === 'offer') bob.send(kit.alice.contact, path)
        else if (command === 'accept') ({ status } = await kit.call('POST', `/api/offers/o${number}`, { answer: 'accept', files: ['0'] }))
        else if (command === 'decline') ({ status } = await kit.call('POST', `/api/offers/o${number}`, { answer: 'decline' }))
        else if (command === 'contact') ({ status } = await kit.call('PUT', '/api/contacts', { uri: bob.contact, name: `Bob ${number}` }))
        else if (command === 'unload') ({ status } = await kit.call('DELETE', `/api/uploads/${uploads[number] ?? 'NONE'}`))
        else ({ status } = await act(number, command))
        expect([200, 400, 404, 409], command).toContain(status)
        if (number > 4) await new Promise(resolve => setTimeout(resolve, number * 10))
      }
      for (const { id, phase } of page.state.transfers)
        if (phase !== 'ended') await kit.call('POST', `/api/transfers/${id}/actions`, { action: 'cancel' })
      await page.until(({ transfers }) => transfers.every(({ phase }) => phase === 'ended'), 15_000)
      await new Promise(resolve => setTimeout(resolve, 350))
      const asked = (await kit.call('GET', '/api/state')).body as unknown as PageState
      for (const reader of [page, other]) expect(still(reader.state).sort(byId)).toEqual(still(asked).sort(byId))
      page.close()
      other.close()
    }),
    { numRuns: 8 },
  )
}, 90_000)
