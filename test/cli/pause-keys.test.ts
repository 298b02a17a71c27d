import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { CommandLine, TERMINAL } from './command-line.js'
import { FakeTransfer, transferFile } from './fake-client.js'

/** A terminal that writes down its modes. */
class FakeTerminal extends PassThrough {
  readonly modes: boolean[] = []
  setRawMode(raw: boolean): this {
    this.modes.push(raw)
    return this
  }
}

const start = () => {
  const stdin = new FakeTerminal()
  const transfer = new FakeTransfer([transferFile({ state: 'sending' })], { hang: true })
  const line = new CommandLine({ transfer }, { ...TERMINAL, stdin, confirm: async () => true })
  const exit = line.run('send', 'a', '--to', 'sip:bob@example.org')
  return { stdin, transfer, line, exit }
}

describe('keys while a transfer runs', () => {
  it('p pauses and goes on, Ctrl-C stops, and the terminal is left as it was @req OA-38', async () => {
    const { stdin, transfer, line, exit } = start()
    await expect.poll(() => line.stderr.text, { timeout: 10_000 }).toContain('p pauses and goes on')
    stdin.write('p')
    await expect.poll(() => transfer.holds).toEqual(['pause'])
    transfer.files = [transferFile({ state: 'paused' })]
    stdin.write('xp')
    await expect.poll(() => transfer.holds).toEqual(['pause', 'continue'])
    stdin.write('\x03')
    expect(await exit).toBe(130)
    expect(transfer.aborted).toHaveLength(1)
    expect(stdin.modes).toEqual([true, false])
    expect(stdin.listenerCount('data')).toBe(0)
    expect(stdin.isPaused()).toBe(true)
  })

  it('leaves at once at the second Ctrl-C', async () => {
    const { stdin, line, exit } = start()
    await expect.poll(() => stdin.modes, { timeout: 10_000 }).toEqual([true])
    stdin.write('\x03\x03')
    await exit
    expect(line.exits).toEqual([130])
  })

  it('are not read where there is no terminal', async () => {
    const stdin = new FakeTerminal()
    const line = new CommandLine({}, { stdin })
    expect(await line.run('send', 'a', '--to', 'sip:bob@example.org')).toBe(0)
    expect(stdin.modes).toEqual([])
  })
})
