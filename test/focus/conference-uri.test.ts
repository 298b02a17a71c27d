import { describe, expect, it } from 'vitest'
import { ADDRESS_CAPABILITIES, addressKind, CONFERENCE_TOKEN, newConferenceUri } from '../../src/focus/index.js'
import { isUsableAddress } from '../../src/sip/index.js'
import { seededRandom } from '../kit/random.js'

describe('conference URIs', () => {
  it('come from the random source, 131 bits each, and never twice', () => {
    const random = seededRandom(7)
    let octets = 0
    const counted = (length: number) => {
      octets += length
      return random(length)
    }
    const uris = new Set(Array.from({ length: 1000 }, () => newConferenceUri(counted, 'cf.home1.example')))
    expect(uris.size).toBe(1000)
    expect(octets).toBeGreaterThanOrEqual(1000 * CONFERENCE_TOKEN)
    // 64 random bits are the least; a character has 5.95
    expect(CONFERENCE_TOKEN * Math.log2(62)).toBeGreaterThan(128)
    for (const uri of uris) {
      expect(uri).toMatch(/^sip:ft-[A-Za-z0-9]{22}@cf\.home1\.example$/)
      expect(isUsableAddress(uri)).toBe(true)
    }
  })

  it('are made for an IPv6 host too', () => {
    expect(newConferenceUri(seededRandom(1), '2001:db8::9')).toMatch(/@\[2001:db8::9\]$/)
  })
})

describe('the kind of an address', () => {
  const addresses = {
    factory: 'sip:conference-factory@cpm.home1.example',
    host: 'cf.home1.example',
    conferences: new Set(['sip:ft-8Jq2Lx71Zk@cf.home1.example']),
    groups: ['sip:hiking-club@groups.home1.example', 'tel:+15550177', 'odd'],
  }

  it.each([
    ['sip:conference-factory@cpm.home1.example', 'factory'],
    ['sip:conference-factory@CPM.home1.example;transport=tcp', 'factory'],
    ['sips:conference-factory@cpm.home1.example', 'factory'],
    ['sip:conference-factory@cpm.home1.example:5070', 'foreign'],
    ['sip:ft-8Jq2Lx71Zk@cf.home1.example;transport=udp', 'conference'],
    ['sip:ft-8jq2lx71zk@cf.home1.example', 'no-conference'],
    ['sip:ft-other@CF.home1.example', 'no-conference'],
    ['sip:ft-8Jq2Lx71Zk@elsewhere.example', 'foreign'],
    ['sip:hiking-club@groups.home1.example', 'group'],
    ['tel:+1-555-0177', 'group'],
    ['sip:cf.home1.example', 'foreign'],
    ['sip:bob@home2.example', 'foreign'],
    ['mailto:x@cf.home1.example', 'foreign'],
    ['', 'foreign'],
  ])('%s is %s', (uri, kind) => {
    expect(addressKind(uri, addresses)).toBe(kind)
  })

  it('says in OPTIONS who takes lists and who is a focus', () => {
    expect(ADDRESS_CAPABILITIES).toEqual({
      factory: { recipientList: true, isFocus: false },
      conference: { recipientList: false, isFocus: true },
      group: { recipientList: false, isFocus: true },
    })
  })
})
