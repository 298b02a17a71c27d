import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseParameters, quote, readQuoted, splitOutsideQuotes } from '../../src/wire/parameters.js'

const entries = (text: string, from?: number) => {
  const parameters = parseParameters(text, from)
  return parameters && [...parameters]
}

describe('parameters', () => {
  it('reads tokens, flags and quoted values with white space around separators', () => {
    expect(entries(';a=1;Flag; b = "x ; \\"y\\" \\\\" ;c=')).toEqual([
      ['a', '1'],
      ['flag', ''],
      ['b', 'x ; "y" \\'],
      ['c', ''],
    ])
  })

  it('starts where it is told and takes nothing and a semicolon at the end', () => {
    expect(entries('text/plain;charset=utf-8', 10)).toEqual([['charset', 'utf-8']])
    expect(entries('')).toEqual([])
    expect(entries(';a=1; ')).toEqual([['a', '1']])
  })

  it.each(['a=1', ';;a', ';=1', ';a=1;A=2', ';a="x', ';a="x\\', ';a b', ';a="x"y', ';<a>=1', ';a"=1'])('refuses %j', text => {
    expect(parseParameters(text)).toBeUndefined()
  })

  it('quotes so that reading gives the text back @req SEC-14', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        expect(readQuoted(quote(text), 0)).toEqual({ value: text, end: quote(text).length })
        expect(entries(`;a=${quote(text)};b=2`)).toEqual([
          ['a', text],
          ['b', '2'],
        ])
      }),
    )
  })

  it('splits outside of quotes and angle brackets only', () => {
    expect(splitOutsideQuotes('"a,b" <sip:x,y>;p="1,2", <z> ,,c', ',')).toEqual(['"a,b" <sip:x,y>;p="1,2"', '<z>', '', 'c'])
    expect(splitOutsideQuotes('a,"b,c', ',')).toEqual(['a', '"b,c'])
    expect(splitOutsideQuotes('<a",b">,c', ',')).toEqual(['<a",b">', 'c'])
    expect(splitOutsideQuotes('', ',')).toEqual([''])
  })

  it('takes time that grows with the length of hostile text only @req SEC-11', () => {
    for (const text of [';"'.repeat(50_000), ';a=\\'.repeat(50_000), `;a="${'\\"'.repeat(50_000)}`, '<"'.repeat(50_000)]) {
      expect(parseParameters(text)).toBeUndefined()
      expect(splitOutsideQuotes(text, ',').join(',')).toBe(text)
    }
  })
})
