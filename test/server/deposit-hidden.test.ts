import { expect, it } from 'vitest'
import type { SessionCommand } from '../../src/cpm/index.js'
import { DepositDelivery } from '../../src/server/deposit-delivery.js'
import { decodeNote, type DepositNote, encodeNote } from '../../src/server/deposit-note.js'
import type { DepositReader } from '../../src/server/deposit-reader.js'
import type { Deposit } from '../../src/server/deposit-types.js'

const NOTE: DepositNote = {
  contentType: 'message/cpim',
  headers: [],
  file: {
    selector: { name: 'a', size: 1, hashes: [] },
    disposition: 'attachment',
    description: undefined,
    modified: undefined,
    icon: undefined,
  },
  hidden: false,
  order: undefined,
}

/** What is said to a session when the line of a kept message connects. */
async function forwardOf(note: DepositNote): Promise<SessionCommand | undefined> {
  const commands: SessionCommand[] = []
  const delivery = new DepositDelivery([{ id: 'f1', files: [{ octets: 100 }] } as unknown as Deposit], {
    command: command => void commands.push(command),
    open: async () => ({ note: decodeNote(encodeNote(note)), close: async () => {} }) as unknown as DepositReader,
    log: () => {},
    over: () => {},
  })
  await delivery.prepare()
  delivery.onEvent({ type: 'file', fileId: 'f1', state: 'connecting', transferId: 't1' })
  return commands.find(({ name }) => name === 'forward')
}

it('a kept file says to a hidden member alone that notifications go by the conference @req IMDN-7', async () => {
  expect(await forwardOf(NOTE)).not.toHaveProperty('prefix')
  const forward = await forwardOf({ ...NOTE, notifyRoute: 'sip:ft-1@example.org' })
  const text = forward?.name === 'forward' ? new TextDecoder().decode(forward.prefix) : ''
  expect(text.split('\r\n')).toEqual(['NS: imdn <urn:ietf:params:imdn>', 'imdn.IMDN-Record-Route: <sip:ft-1@example.org>', ''])
})
