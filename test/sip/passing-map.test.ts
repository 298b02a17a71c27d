import { describe, expect, it } from 'vitest'
import { PassingMap } from '../../src/sip/passing-map.js'

describe('a passing map', () => {
  it('keeps what is put in until it is taken out, in order', () => {
    const map = new PassingMap<string, { n: number }>()
    const [one, two, three] = [{ n: 1 }, { n: 2 }, { n: 3 }]
    map.set('a', one)
    map.set('b', two)
    expect([map.size, map.get('a'), map.has('b'), map.get('c'), map.has('c')]).toEqual([2, one, true, undefined, false])
    map.set('a', three)
    expect(map.values()).toEqual([three, two])
    map.delete('a')
    map.delete('a')
    expect([map.size, map.get('a'), map.has('a')]).toEqual([1, undefined, false])
    expect(map.values()).toEqual([two])
  })
})
