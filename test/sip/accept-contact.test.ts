import { describe, expect, it } from 'vitest'
import {
  type AcceptContact,
  acceptContacts,
  formatAcceptContact,
  isRejected,
  isServiceOrPart,
  matchContact,
  parseAcceptContact,
  serviceIdentifiers,
} from '../../src/sip/accept-contact.js'
import { featuresOf } from '../../src/sip/feature-set.js'
import { SipHeaders } from '../../src/sip/headers.js'
import { parseNameAddress } from '../../src/sip/name-address.js'

const ICSI = 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm.filetransfer'
const ESCAPED = 'urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer'
const contact = (parameters: string) => featuresOf(parseNameAddress(`<sip:a@h>;${parameters}`)?.parameters ?? new Map())
const wanted = (text: string) => parseAcceptContact(text) as AcceptContact

describe('Accept-Contact', () => {
  it('writes the feature tag, the flags only when asked and once @req SIP-30', () => {
    expect(formatAcceptContact([['+g.3gpp.icsi-ref', ESCAPED]])).toBe(`*;+g.3gpp.icsi-ref="${ESCAPED}"`)
    expect(
      formatAcceptContact(
        [
          ['+g.3gpp.icsi-ref', ESCAPED],
          ['isfocus', ''],
        ],
        { require: true, explicit: true },
      ),
    ).toBe(`*;+g.3gpp.icsi-ref="${ESCAPED}";isfocus;require;explicit`)
    expect(parseAcceptContact('*;audio;require;require')).toBeUndefined()
    expect(parseAcceptContact('*;audio;require;explicit')).toMatchObject({ require: true, explicit: true })
    expect(parseAcceptContact('*')).toMatchObject({ require: false, explicit: false })
    for (const bad of ['', 'sip:a@h;audio', '*audio', '*;x="']) expect(parseAcceptContact(bad), bad).toBeUndefined()
  })

  it.each([
    [`Accept-Contact: *;+g.3gpp.icsi-ref="${ESCAPED}"`, true],
    [`a: *;+g.3gpp.icsi-ref="${ESCAPED.replaceAll('%3A', '%3a')}.group"`, true],
    [`Accept-Contact: *;+g.3gpp.icsi-ref="${ICSI.toUpperCase()}"`, true],
    [`Accept-Contact: *;+g.3gpp.icsi-ref="${ESCAPED.replace('filetransfer', 'session')},${ESCAPED}"`, true],
    [`Accept-Contact: *;audio, *;+g.3gpp.icsi-ref="${ESCAPED}";require`, true],
    [`Accept-Contact: *;+g.3gpp.icsi-ref="${ESCAPED.replace('filetransfer', 'session')}"`, false],
    [`Accept-Contact: *;+g.3gpp.icsi-ref="${ESCAPED}x"`, false],
    [`Accept-Contact: *;+g.3gpp.icsi-ref="${ESCAPED.replaceAll('%3A', '%253A')}"`, false],
    ['Accept-Contact: *;+g.3gpp.icsi-ref', false],
  ])('finds the file transfer service in %s: %s @req CPM-3', (line, expected) => {
    const colon = line.indexOf(':')
    const headers = new SipHeaders([[line.slice(0, colon), line.slice(colon + 1).trim()]])
    expect(serviceIdentifiers(headers).some(identifier => isServiceOrPart(identifier, ICSI))).toBe(expected)
  })

  it('matches registered contacts without case and with OR in lists', () => {
    const registered = contact(`+g.3gpp.icsi-ref="urn%3Aother,${ESCAPED.toUpperCase()}";audio;methods="INVITE,BYE"`)
    expect(matchContact(wanted(`*;+g.3gpp.icsi-ref="${ESCAPED}"`), registered)).toEqual({ excluded: false, score: 1 })
    expect(matchContact(wanted(`*;+g.3gpp.icsi-ref="${ESCAPED}";video`), registered)).toEqual({ excluded: false, score: 0.5 })
    expect(matchContact(wanted('*;methods="MESSAGE"'), registered)).toEqual({ excluded: false, score: 0 })
    expect(matchContact(wanted('*;methods="MESSAGE";require'), registered).excluded).toBe(true)
    expect(matchContact(wanted('*;video;require'), registered).excluded).toBe(false)
    expect(matchContact(wanted('*;video;require;explicit'), registered).excluded).toBe(true)
    expect(matchContact(wanted('*;video;explicit'), registered)).toEqual({ excluded: false, score: 0 })
  })

  it('compares numbers, negations and texts as RFC 3840 says', () => {
    expect(matchContact(wanted('*;priority="#>=5"'), contact('priority="#=7"')).score).toBe(1)
    expect(matchContact(wanted('*;priority="#2:4"'), contact('priority="#=7"')).score).toBe(0)
    expect(matchContact(wanted('*;class="!business"'), contact('class="personal"')).score).toBe(1)
    expect(matchContact(wanted('*;class="!business"'), contact('class="business"')).score).toBe(0)
    expect(matchContact(wanted('*;description="<A, b>"'), contact('description="<A, b>"')).score).toBe(1)
    expect(matchContact(wanted('*;description="<A, B>"'), contact('description="<A, b>"')).score).toBe(0)
  })

  it('respects Reject-Contact only when every tag is there and fits', () => {
    const [rejected] = acceptContacts(new SipHeaders([['j', '*;automata;class="business"']]), 'Reject-Contact')
    expect(isRejected(rejected as AcceptContact, contact('automata;class="business"'))).toBe(true)
    expect(isRejected(rejected as AcceptContact, contact('automata'))).toBe(false)
    expect(isRejected(rejected as AcceptContact, contact('automata;class="personal"'))).toBe(false)
    expect(isRejected(wanted('*'), contact('automata'))).toBe(false)
  })
})
