import { describe, expect, it } from 'vitest'
import { MAX_MERMAID_ROWS } from '../../src/trace/limits.js'
import { renderMermaid } from '../../src/trace/render-mermaid.js'
import { type End, HOSTILE_TEXTS, hostileTrace, SampleTrace, sampleTransfer } from './sample-trace.js'

/** What a page shows for `#58;`. */
const shown = (text: string) => text.replaceAll(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
const ALICE: End = ['alice', '10.0.0.1:5060']
const BOB: End = ['bob', '10.0.0.2:5060']

describe('a Mermaid diagram', () => {
  it('says everything the ladder says', () => {
    expect(shown(renderMermaid(sampleTransfer().entries)).split('\n')).toEqual([
      'sequenceDiagram',
      '  participant L0 as alice<br/>127.0.0.1:40001<br/>127.0.0.1:2855',
      '  participant L1 as bob<br/>127.0.0.1:5070<br/>127.0.0.1:40002',
      '  L0->>L1: 00.000 INVITE (SDP ×2 files) (dialog 1)',
      '  L1->>L0: 00.002 180 Ringing',
      '  L1->>L0: 00.004 200 OK (SDP: 1 ok, 1 no)',
      '  L0->>L1: 00.006 ACK',
      '  Note over L0: 00.008 confirmed',
      '  L0-->>L1: 00.009 SEND ×21 · 1.3 MB · $',
      '  L1-->>L0: 00.011 200 ×21, REPORT 200',
      '  Note over L1: 00.095 plan.pdf done',
      '  L0->>L1: 00.096 INVITE (SDP: 2 closed)',
      '  L1->>L0: 00.098 200 OK (SDP: 2 closed)',
      '  L0->>L1: 00.100 BYE',
      '',
    ])
  })

  it('crosses what could not be read', () => {
    expect(renderMermaid(new SampleTrace().out(ALICE, BOB, 'nonsense').entries)).toContain('  L0-xL1: 00.000 undecodable message\n')
  })

  it('is empty without entries', () => {
    expect(renderMermaid([])).toBe('sequenceDiagram\n')
  })

  it('draws so many rows and counts the rest', () => {
    const trace = new SampleTrace()
    for (let index = 0; index <= MAX_MERMAID_ROWS; index++) trace.state('alice', 'session', 'bob', 'x')
    const notes = (rows: number) =>
      renderMermaid(trace.entries.slice(0, rows))
        .split('\n')
        .filter(line => line.startsWith('  Note'))
    for (const rows of [MAX_MERMAID_ROWS - 1, MAX_MERMAID_ROWS]) expect(notes(rows).filter(line => line.endsWith('x'))).toHaveLength(rows)
    expect(notes(MAX_MERMAID_ROWS + 1)).toHaveLength(MAX_MERMAID_ROWS + 1)
    expect(notes(MAX_MERMAID_ROWS + 1).at(-1)).toBe('  Note over L0: … 1 more')
  })

  it.each(HOSTILE_TEXTS)('keeps hostile text out of its grammar and of HTML: %j @req SEC-14', hostile => {
    const text = '(?:[A-Za-z0-9 .,()/_·×…]|#\\d+;)'
    const line = new RegExp(
      `^  (?:participant L\\d+ as ${text}+(?:<br/>${text}+)*|L\\d+(?:->>|-->>|-x)L\\d+: ${text}+|Note over L\\d+: ${text}+)$`,
    )
    const [first, ...lines] = renderMermaid(hostileTrace(hostile).entries).split('\n')
    expect([first, lines.pop()]).toEqual(['sequenceDiagram', ''])
    for (const one of lines) expect(one).toMatch(line)
    expect(lines.length).toBeGreaterThanOrEqual(4)
  })
})
