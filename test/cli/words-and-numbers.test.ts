import { describe, expect, it } from 'vitest'
import { formatClock, parseDuration } from '../../src/cli/duration.js'
import { nearestCommand } from '../../src/cli/nearest-command.js'
import { wantsColour } from '../../src/cli/palette.js'
import { ProgressRate } from '../../src/client/index.js'
import { barLine, progressText } from '../../src/cli/progress-view.js'
import { parseSize } from '../../src/cli/size.js'
import { terminalName, terminalText } from '../../src/cli/terminal-text.js'
import { formatSize } from '../../src/trace/size.js'
import { transferFile } from './fake-client.js'

describe('durations', () => {
  it.each([
    ['30s', 30_000],
    ['30', 30_000],
    ['500ms', 500],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['0', 0],
    ['', undefined],
    ['-1s', undefined],
    ['1d', undefined],
    ['9999h', undefined],
  ])('%s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
  })

  it('are shown as a clock', () => {
    expect([900, 61_000, 3_723_000].map(formatClock)).toEqual(['0:01', '1:01', '1:02:03'])
  })
})

describe('sizes', () => {
  it.each([
    ['1500', 1500],
    ['100MB', 1e8],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['2k', 2000],
    ['', undefined],
    ['MB', undefined],
    ['-5', undefined],
    ['5 parsec', undefined],
    ['999999999999999TB', undefined],
  ])('%s', (text, octets) => {
    expect(parseSize(text)).toBe(octets)
  })

  it('are shown with one decimal below a hundred', () => {
    expect([0, 999, 1000, 1_300_000, 99_949_999, 99_960_000, 999_600_000, 58e9, 9e18].map(formatSize)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '1.3 MB',
      '99.9 MB',
      '100 MB',
      '1.0 GB',
      '58.0 GB',
      '9000 PB',
    ])
  })
})

describe('terminal text', () => {
  it('escapes everything that acts, and nothing that is only read', () => {
    expect(terminalText('a\x1b[2J\x00\x7f\x85\u200e\u2028\ufeff')).toBe('a\\x1b[2J\\x00\\x7f\\x85\\u200e\\u2028\\ufeff')
    expect(terminalText('Grüße \\ 日本 👨\u200d👩 é')).toBe('Grüße \\ 日本 👨\u200d👩 é')
    expect(terminalText('\ud800x')).toBe('\ufffdx')
    expect(terminalText('\u{e0041}')).toBe('\\ue0041')
  })

  it('cuts what is too long; a file name keeps its ending', () => {
    expect(terminalText('x'.repeat(100), 5)).toBe('xxxx…')
    expect(terminalName(`${'x'.repeat(100)}.exe`, 20)).toBe(`${'x'.repeat(13)}…xx.exe`)
  })
})

describe('nearest command', () => {
  it.each([
    ['sned', 'send'],
    ['Send', 'send'],
    ['recieve', 'receive'],
    ['rexeivee', 'receive'],
    ['zz', undefined],
    ['x'.repeat(1000), undefined],
  ])('%s', (word, name) => {
    expect(nearestCommand(word, ['send', 'receive', 'tx', 'rx'])).toBe(name)
  })
})

describe('colours', () => {
  it.each([
    [true, {}, true, true],
    [true, {}, false, false],
    [false, { FORCE_COLOR: '1' }, true, false],
    [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [true, { NO_COLOR: '' }, true, true],
    [true, { FORCE_COLOR: '1' }, false, true],
    [true, { FORCE_COLOR: '0' }, true, false],
    [true, { TERM: 'dumb' }, true, false],
  ])('flag %s, %j, terminal %s: %s', (flag, env, terminal, wanted) => {
    expect(wantsColour(flag, env, terminal)).toBe(wanted)
  })
})

describe('progress', () => {
  it('shows no remaining time before the rate is settled', () => {
    const rate = new ProgressRate()
    rate.update(0, 0)
    expect(rate.perSecond).toBeUndefined()
    rate.update(1_000_000, 1000)
    expect(rate.perSecond).toBe(1_000_000)
    expect(rate.remaining(10_000_000)).toBeUndefined()
    rate.update(2_000_000, 2000)
    expect(rate.remaining(10_000_000)).toBeCloseTo(8000)
  })

  it('follows a change of the rate slowly', () => {
    const rate = new ProgressRate()
    rate.update(0, 0)
    rate.update(1000, 1000)
    rate.update(1000, 2000)
    expect(rate.perSecond).toBeGreaterThan(500)
    for (let second = 3; second < 30; second++) rate.update(1000, second * 1000)
    expect(rate.perSecond).toBeLessThan(1)
  })

  it('draws confirmed octets, with or without a known size', () => {
    expect(barLine(650, 1300, 'x')).toBe(`${'━'.repeat(12)}${'╌'.repeat(12)}  50 %  x`)
    expect(barLine(2000, 1300, 'x')).toBe(`${'━'.repeat(24)} 100 %  x`)
    expect(barLine(10, 0, 'x')).toBe(`${'╌'.repeat(24)}        x`)
    expect(progressText(transferFile(), 650_000, 1_300_000, new ProgressRate(), false)).toBe('plan.pdf  650 kB of 1.3 MB')
    expect(progressText(transferFile(), 650_000, undefined, new ProgressRate(), true)).toBe('hashing plan.pdf  650 kB')
  })
})
