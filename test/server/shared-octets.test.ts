import { afterEach, expect, it } from 'vitest'
import { MsrpDriver } from '../../src/client/index.js'
import { type NodeHost, nodeHost } from '../../src/node/index.js'

let host: NodeHost

afterEach(() => host.close())

/** Sends two megabytes from one driver to another, which takes them or breaks the connection; gives how often each view was held at the end. */
async function held(breaks: boolean): Promise<{ readonly counts: number[]; readonly most: number }> {
  host = nodeHost()
  const total = 2_000_000
  const octets = new Uint8Array(total)
  const counts = new Map<Uint8Array, number>()
  const file = (view: Uint8Array): boolean => view.buffer === octets.buffer
  let most = 0
  const count = (view: Uint8Array, change: number): void => {
    if (!file(view)) return
    counts.set(view, (counts.get(view) ?? 0) + change)
    most = Math.max(most, counts.size)
  }
  let over: () => void = () => {}
  const ended = new Promise<void>(resolve => (over = resolve))
  const common = { host, listen: '127.0.0.1', onTrace: () => {} }
  const to = await MsrpDriver.open({
    ...common,
    endpoint: {},
    onEvent: event => {
      if (breaks && event.type === 'body') void to.close()
      if (event.type === 'complete') over()
    },
    onNeedData: () => {},
  })
  const from: MsrpDriver = await MsrpDriver.open({
    ...common,
    endpoint: { blockSize: 100_000, window: 400_000 },
    memory: { retain: view => count(view, 1), release: view => count(view, -1) },
    onEvent: event => {
      if (event.type === 'failed') over()
    },
    onNeedData: ({ sessionId, offset, length }) =>
      from.push({ type: 'data', sessionId, offset, bytes: octets.subarray(offset, offset + length) }),
  })
  const uri = (driver: MsrpDriver, id: string): string => `msrp://127.0.0.1:${driver.port}/${id};tcp`
  const [sender, receiver] = [uri(from, 'sendersendersendersender'), uri(to, 'receiverreceiverreceiver')]
  to.push({
    type: 'add-session',
    session: { localUri: receiver, remotePath: [sender], role: 'passive', direction: 'receive', acceptTypes: ['*'] },
  })
  from.push({
    type: 'add-session',
    session: { localUri: sender, remotePath: [receiver], role: 'active', direction: 'send', acceptTypes: [] },
  })
  const message = { total, contentType: 'application/octet-stream', successReport: false, failureReport: 'yes' } as const
  from.push({ type: 'send', sessionId: 'sendersendersendersender', message })
  await ended
  await Promise.all([from.close(), to.close()])
  return { counts: [...counts.values()], most }
}

it('are held from the moment they are queued until they were written @req GRP-27', async () => {
  const { counts, most } = await held(false)
  expect(most).toBeGreaterThanOrEqual(20)
  expect(counts.filter(left => left !== 0)).toEqual([])
})

it('are let go of when the connection breaks before', async () => {
  const { counts, most } = await held(true)
  expect(most).toBeGreaterThan(0)
  expect(counts.filter(left => left !== 0)).toEqual([])
})
