import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { traceFilter } from '../../src/cli/trace-filter.js'
import { UsageError } from '../../src/cli/usage-error.js'
import { encodeEntry } from '../../src/trace/encode-entry.js'
import { sampleTransfer } from '../trace/sample-trace.js'
import { CommandLine } from './command-line.js'

const folder = mkdtempSync(join(tmpdir(), 'cpmft-filter-'))
afterAll(() => rmSync(folder, { recursive: true }))
const { entries } = sampleTransfer()
const kept = (...words: string[]) => entries.filter(traceFilter(words, entries))

describe('a filter of traces', () => {
  it('keeps protocols, parties and methods; words of one kind widen, of another kind narrow', () => {
    const messages = (protocol: string) => entries.filter(entry => entry.kind === 'message' && entry.protocol === protocol)
    expect(kept('sip')).toEqual(messages('sip'))
    expect(kept('sip,msrp')).toEqual(entries.filter(entry => entry.kind === 'message'))
    expect(kept('state')).toEqual(entries.filter(entry => entry.kind === 'state'))
    const party = entries[0]?.party as string
    expect(kept(`party=${party.toUpperCase()}`, 'sip')).toEqual(messages('sip').filter(entry => entry.party === party))
    expect(kept('party=nobody')).toEqual([])
  })

  it('counts answers to the method they answer', () => {
    const sends = kept('method=send')
    expect(sends.some(entry => entry.kind === 'message' && /^MSRP \S+ SEND/.test(entry.text))).toBe(true)
    expect(sends.some(entry => entry.kind === 'message' && /^MSRP \S+ 200/.test(entry.text))).toBe(true)
    expect(sends.some(entry => entry.kind === 'message' && entry.text.includes('REPORT'))).toBe(false)
    const invites = kept('method=INVITE')
    expect(invites.some(entry => entry.kind === 'message' && entry.text.startsWith('SIP/2.0 200'))).toBe(true)
    expect(invites.some(entry => entry.kind === 'message' && entry.text.startsWith('ACK'))).toBe(false)
  })

  it('refuses other words', () => {
    for (const word of ['x', 'party=', 'SIP', '']) expect(() => kept(word)).toThrow(UsageError)
  })

  it('goes before every format, also SVG and Mermaid', async () => {
    const path = join(folder, 'trace.jsonl')
    writeFileSync(path, entries.map(encodeEntry).join(''))
    const run = async (...args: string[]) => {
      const line = new CommandLine()
      expect(await line.run('trace', path, ...args)).toBe(0)
      return line
    }
    const svg = (await run('--format', 'svg', '--filter', 'msrp')).stdout.text
    expect(svg).toMatch(/<svg [\s\S]*<\/svg>\s*$/)
    expect(svg).not.toContain('INVITE')
    const mermaid = (await run('--format', 'mermaid')).stdout.text
    expect(mermaid).toMatch(/^sequenceDiagram\n/)
    expect(mermaid).toContain('INVITE')
    expect((await run('--filter', 'party=nobody')).stderr.text).toContain('leaves none')
  })
})
