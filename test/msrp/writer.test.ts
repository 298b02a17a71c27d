import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Writer } from '../../src/msrp/writer.js'
import { concatBytes, decodeLatin1, encodeLatin1 } from '../../src/wire/index.js'

const piece = fc.oneof(
  fc.tuple(fc.constant('text' as const), fc.string({ unit: 'binary-ascii', maxLength: 3000 })),
  fc.tuple(fc.constant('octets' as const), fc.string({ unit: 'binary-ascii', maxLength: 300 })),
  fc.tuple(fc.constant('view' as const), fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 100 })),
  fc.tuple(fc.constant('take' as const), fc.constant('')),
)

function give(writer: Writer, kind: 'text' | 'octets' | 'view', text: string): void {
  if (kind === 'text') writer.text(text)
  else writer[kind](encodeLatin1(text))
}

describe('what is written', () => {
  it('keeps its order and its octets, however much of it there is and however it is taken @req MSRP-2 MSRP-7', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), pieces => {
        const writer = new Writer()
        const taken: Uint8Array[] = []
        for (const [kind, text] of pieces) {
          if (kind === 'take') taken.push(...writer.take().flat())
          else give(writer, kind, text)
        }
        taken.push(...writer.take().flat())
        const expected = pieces.map(([, text]) => text).join('')
        // read at the end: what was given away before must not have changed
        expect(decodeLatin1(concatBytes(...taken))).toBe(expected)
        expect(writer.position).toBe(expected.length)
      }),
      { numRuns: 200 },
    )
  })

  it.each([0, 7, 9, 10, 99, 100, 2 ** 31, 10 ** 15 - 1, 10 ** 15, Number.MAX_SAFE_INTEGER])(
    'gives the digits of %d @req MSRP-20 MSRP-30',
    value => {
      const writer = new Writer()
      writer.number(value)
      writer.text('/')
      expect(decodeLatin1(concatBytes(...writer.take().flat()))).toBe(`${value}/`)
      expect(writer.position).toBe(`${value}/`.length)
    },
  )

  it('joins neighbouring heads to one view and gives views as they are @req MSRP-7', () => {
    const writer = new Writer()
    const body = encodeLatin1('body')
    writer.text('a'.repeat(5000))
    writer.octets(encodeLatin1('b'))
    writer.view(body)
    writer.text('c')
    const [views = []] = writer.take()
    expect(views.map(({ length }) => length)).toEqual([5001, 4, 1])
    expect(views[1]).toBe(body)
    expect(writer.take()).toEqual([])
  })
})
