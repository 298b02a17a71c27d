import { describe, expect, it } from 'vitest'
import * as clause from '../../src/trace/clause.js'
import * as bodies from '../../src/trace/clauses-bodies.js'
import * as msrp from '../../src/trace/clauses-msrp.js'
import * as sdp from '../../src/trace/clauses-sdp.js'
import * as sip from '../../src/trace/clauses-sip.js'
import * as status from '../../src/trace/clauses-status.js'

const tables = Object.entries({ ...bodies, ...msrp, ...sdp, ...sip, ...status })

describe('the clauses', () => {
  it.each(tables)('%s: each has a source and one sentence', (_, table) => {
    for (const [place, says] of Object.values(table)) {
      expect(place).toMatch(/^(\d{4} \d+(\.\d+)*|OMA CPM)$/)
      expect(says).toMatch(/^[A-Z].*[^.]\.$/)
    }
  })

  it('are found by long and short names, in any case', () => {
    expect(clause.findHeaderClause('sip', 'V')?.section).toBe('20.42')
    expect(clause.findHeaderClause('sip', 'call-id')?.section).toBe('20.8')
    expect(clause.findHeaderClause('msrp', 'BYTE-RANGE')?.source).toBe('RFC 4975')
    expect(clause.findHeaderClause('sip', 'constructor')).toBeUndefined()
    expect(clause.findCpimClause('imdn.Message-ID')?.source).toBe('RFC 5438')
    expect(clause.findMimeClause('Content-Type')?.source).toBe('RFC 2045')
    expect(clause.findElementClause('imdn')?.source).toBe('RFC 5438')
    expect(clause.findParameterClause('TAG')?.section).toBe('19.3')
    expect(clause.findHeaderClause('sip', 'Contribution-ID')).toEqual({
      source: 'OMA CPM',
      section: '',
      says: 'Names this one session or message of a conversation; new for each.',
    })
  })

  it('of a status that is not listed are those of its class, and only in SIP', () => {
    expect(clause.findStatusClause('sip', 486)?.section).toBe('21.4.24')
    expect(clause.findStatusClause('sip', 499)?.section).toBe('21.4')
    expect(clause.findStatusClause('sip', 700)).toBeUndefined()
    expect(clause.findStatusClause('msrp', 413)?.source).toBe('RFC 4975')
    expect(clause.findStatusClause('msrp', 499)).toBeUndefined()
    expect(clause.findMethodClause('sip', 'INVITE')?.section).toBe('13')
    expect(clause.findMethodClause('msrp', 'AUTH')?.source).toBe('RFC 4976')
  })
})
