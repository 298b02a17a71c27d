import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numberedName, safeName } from '../../src/node/safe-name.js'

describe('safeName', () => {
  it.each([
    ['../../etc/passwd', 'passwd'],
    ['/etc/shadow', 'shadow'],
    ['C:\\x', 'x'],
    ['C:x', 'Cx'],
    ['a/b', 'b'],
    ['a\\b/c', 'c'],
    ['\\\\srv\\share', 'share'],
    ['folder/', 'file'],
    ['nul.txt', '_nul.txt'],
    ['NUL', '_NUL'],
    ['Com1.tar.gz', '_Com1.tar.gz'],
    ['nul .txt', '_nul .txt'],
    ['COM\u00b9.txt', '_COM\u00b9.txt'],
    ['CONIN$', '_CONIN$'],
    ['n?ul', '_nul'],
    ['n\u0000ul.txt', '_nul.txt'],
    ['con ?', '_con'],
    ['console.txt', 'console.txt'],
    ['exe\u202egnp.exe', 'exegnp.exe'],
    ['a\u2066b\u200fc.txt', 'abc.txt'],
    ['a\u0000b\rc\nd\u007fe\u009ff', 'abcdef'],
    ['a\nb\rc\u0000d', 'abcd'],
    ['photo.jpg. . ', 'photo.jpg'],
    ['stream.txt:hidden', 'stream.txthidden'],
    ['', 'file'],
    ['.profile', '_.profile'],
    ['.', 'file'],
    ['..', 'file'],
    ['...', 'file'],
    [' . ', 'file'],
    ['\u202e', 'file'],
    ['\ud800lone.txt', 'lone.txt'],
    ['Grüße 🎉.pdf', 'Grüße 🎉.pdf'],
    ['👨\u200d👩\u200d👧.png', '👨\u200d👩\u200d👧.png'],
  ])('makes %j into %j @req SEC-1 SEC-3', (hint, name) => {
    expect(safeName(hint)).toBe(name)
  })

  it('never decodes percent signs again @req SEC-2 SEC-1', () => {
    expect(safeName('..%2F..%2Fx')).toBe('_..%2F..%2Fx')
    expect(safeName('%2F')).toBe('%2F')
    expect(safeName('%252F')).toBe('%252F')
    expect(safeName('a%00b')).toBe('a%00b')
  })

  it('cuts to 200 octets, keeps the extension and splits no character @req SEC-1', () => {
    expect(safeName(`${'a'.repeat(5000)}.jpeg`)).toBe(`${'a'.repeat(195)}.jpeg`)
    expect(safeName('b'.repeat(5000))).toBe('b'.repeat(200))
    // 4 octets each: 48 fit beside ".zip"
    expect(safeName(`x${'🎉'.repeat(100)}.zip`)).toBe(`x${'🎉'.repeat(48)}.zip`)
    expect(safeName(`a.${'z'.repeat(5000)}`)).toBe(`a.${'z'.repeat(198)}`)
    expect(safeName(`${'c'.repeat(200)}.txt`)).toBe(`${'c'.repeat(196)}.txt`)
    expect(safeName(`${'c'.repeat(199)} ${'d'.repeat(9)}`)).toBe('c'.repeat(199))
  })

  it('gives one harmless path segment for any hint, and the same one again @req SEC-1', () => {
    const hints = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: fc.constantFrom('.', '/', '\\', ' ', ':', 'nul', 'con', '\u0000', '\u202e', '🎉', '%2F', '?', 'a') }),
    )
    fc.assert(
      fc.property(hints, hint => {
        const name = safeName(hint)
        expect(name).not.toBe('')
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point
        expect(name).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069/\\:]|[. ]$/)
        expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i)
        expect(Buffer.from(name).toString()).toBe(name)
        expect(safeName(name)).toBe(name)
      }),
      { numRuns: 2000 },
    )
  })

  it('numbers a name before its extension @req RCV-11', () => {
    expect(numberedName('photo.jpg', 2)).toBe('photo (2).jpg')
    expect(numberedName('README', 3)).toBe('README (3)')
    expect(numberedName('.profile', 2)).toBe('.profile (2)')
  })
})
