import { describe, expect, it } from 'vitest'
import { AddressIndex } from '../../src/focus/address-index.js'
import { equalSipUris } from '../../src/sip/index.js'

describe('the index of addresses', () => {
  it('finds what is equal, in whatever spelling, and nothing else', () => {
    const spellings = [
      'sip:bob@home2.example',
      'sip:%62ob@HOME2.example',
      'sip:bob@home2.example:5060',
      'sip:bob@home2.example;transport=tcp',
      'sips:bob@home2.example',
      'sip:Bob@home2.example',
      'sip:bob@[2001:db8::9]',
      'sip:bob@[2001:DB8:0::9]',
      'sip:home2.example',
      'tel:+1-555-0103',
      'tel:+15550103',
      'tel:+1.555(0103)',
      'tel:+15550103;ext=1',
      'tel:7042;phone-context=example.com',
      'tel:70-42;phone-context=EXAMPLE.com',
      'mailto:bob@home2.example',
      'mailto:bob@home2.example',
    ]
    const index = new AddressIndex()
    const found = spellings.map((uri, place) => index.firstOrAdd(uri, place))
    const compared = spellings.map((uri, place) => {
      const first = spellings.findIndex(other => equalSipUris(other, uri))
      return first < place ? first : undefined
    })
    expect(found).toEqual(compared)
    expect(found.filter(first => first !== undefined)).toEqual([0, 6, 9, 9, 13, 15])
  })
})
