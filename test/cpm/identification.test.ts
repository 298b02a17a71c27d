import { describe, expect, it } from 'vitest'
import { ANONYMOUS_URI, conversationOf, identityOf, inviteHeaders, namesFileTransfer, newConversation } from '../../src/cpm/index.js'
import { SipHeaders, type SipRequest } from '../../src/sip/index.js'
import { seededRandom } from '../kit/random.js'

const request = (...headers: [string, string][]): SipRequest => ({
  kind: 'request',
  method: 'INVITE',
  uri: 'sip:bob@home2.example',
  headers: new SipHeaders(headers),
  body: new Uint8Array(0),
})

const ENCODED = 'urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm'
const PLAIN = 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm'
const feature = (...services: string[]) => `*;+g.3gpp.icsi-ref="${services.join(',')}"`

describe('the service identifier', () => {
  it('follows the vectors of Appendix D.7 @req CPM-3', () => {
    for (const [header, expected] of [
      [['Accept-Contact', feature(`${ENCODED}.filetransfer`)], true],
      [['Accept-Contact', feature('urn%3aurn-7%3a3gpp-service.ims.icsi.oma.cpm.filetransfer.group')], true],
      [['P-Asserted-Service', `${PLAIN}.filetransfer`], true],
      [['Accept-Contact', feature(`${ENCODED}.session`, `${ENCODED}.filetransfer`)], true],
      [['Accept-Contact', feature(`${ENCODED}.session`)], false],
      [['Accept-Contact', feature(`${ENCODED}.filetransferx`)], false],
    ] as const)
      expect(namesFileTransfer(request([...header])), header.join(': ')).toBe(expected)
  })

  it('ignores case, encoding, order and neighbours @req CPM-3', () => {
    for (const header of [
      ['Accept-Contact', feature(`${PLAIN}.filetransfer`)],
      ['Accept-Contact', feature(`${ENCODED}.FILETRANSFER`.toUpperCase())],
      ['Accept-Contact', `*;audio, *;require;+G.3GPP.ICSI-REF="${ENCODED}.filetransfer";explicit`],
      ['P-Preferred-Service', ` ${PLAIN}.filetransfer.group `],
      ['P-Asserted-Service', `${PLAIN}.Filetransfer`],
    ] as const)
      expect(namesFileTransfer(request([...header])), header.join(': ')).toBe(true)
    for (const header of [
      ['Subject', `${PLAIN}.filetransfer`],
      ['Accept-Contact', `*;+g.3gpp.iari-ref="${ENCODED}.filetransfer"`],
      ['Accept-Contact', '*;+g.3gpp.icsi-ref'],
      ['Accept-Contact', `*;audio="+g.3gpp.icsi-ref=${ENCODED}.filetransfer"`],
      ['P-Preferred-Service', 'urn:urn-7:other%'],
    ] as const)
      expect(namesFileTransfer(request([...header])), header.join(': ')).toBe(false)
  })

  it('takes what the caller prefers only where no proxy asserted a service @req CPM-3', () => {
    const preferred: [string, string] = ['P-Preferred-Service', `${PLAIN}.filetransfer`]
    expect(namesFileTransfer(request(preferred))).toBe(true)
    expect(namesFileTransfer(request(preferred, ['P-Asserted-Service', `${PLAIN}.session`]))).toBe(false)
  })

  it('stands in the headers of our INVITE @req CPM-2 CPM-5 SIP-30 SIP-29', () => {
    const conversation = newConversation(seededRandom(1))
    const headers = inviteHeaders({ ownUri: 'sip:alice@home1.example', conversation, subject: undefined })
    expect(headers).toEqual([
      ['Accept-Contact', `*;+g.3gpp.icsi-ref="${ENCODED}.filetransfer"`],
      ['P-Preferred-Service', `${PLAIN}.filetransfer`],
      ['P-Preferred-Identity', '<sip:alice@home1.example>'],
      ['Conversation-ID', conversation.conversationId],
      ['Contribution-ID', conversation.contributionId],
    ])
    expect(namesFileTransfer(request(...(headers as [string, string][])))).toBe(true)
  })

  it('names nobody but the proxy who calls anonymously @req SIP-29', () => {
    const conversation = newConversation(seededRandom(1))
    const options = { ownUri: ANONYMOUS_URI, account: 'sip:alice@home1.example', conversation, subject: undefined }
    expect(inviteHeaders(options).filter(([name]) => ['P-Preferred-Identity', 'From', 'Privacy'].includes(name))).toEqual([
      ['P-Preferred-Identity', '<sip:alice@home1.example>'],
      ['From', '"Anonymous" <sip:anonymous@anonymous.invalid>'],
      ['Privacy', 'id'],
    ])
  })

  it('takes line breaks out of a subject @req SEC-14 CPM-8', () => {
    const conversation = newConversation(seededRandom(1))
    const subject = (text: string) =>
      inviteHeaders({ ownUri: 'sip:a@x', conversation, subject: text }).find(([name]) => name === 'Subject')?.[1]
    expect(subject('a\r\nX: y')).toBe('a  X: y')
    expect(subject('\u0000tab\tdel\u007f\n')).toBe('tab del')
    expect(subject('x'.repeat(1000))).toHaveLength(200)
    expect(subject('Grüße 🙂')).toBe('Grüße 🙂')
  })
})

describe('the identity of a sender', () => {
  const FROM: [string, string] = ['From', '"Alice" <sip:alice@home1.example>;tag=1']
  const PAI: [string, string] = ['P-Asserted-Identity', '"Alice A." <sip:alice@trusted.example>']
  const hidden = { uri: 'sip:anonymous@anonymous.invalid', displayName: undefined, certainty: 'anonymous' }

  it('is the asserted one over a trusted hop, else From, unverified @req SIP-28 RCV-9', () => {
    expect(identityOf(request(FROM, PAI), true)).toEqual({
      uri: 'sip:alice@trusted.example',
      displayName: 'Alice A.',
      certainty: 'asserted',
    })
    const unverified = { uri: 'sip:alice@home1.example', displayName: 'Alice', certainty: 'unverified' }
    expect(identityOf(request(FROM, PAI), false)).toEqual(unverified)
    expect(identityOf(request(FROM), true)).toEqual(unverified)
  })

  it('takes the first sip: or tel: URI that is asserted @req SIP-28 RCV-9', () => {
    const asserted = (...values: string[]) =>
      identityOf(request(FROM, ...values.map(value => ['P-Asserted-Identity', value] as [string, string])), true)
    expect(asserted('<tel:+15550103>')).toMatchObject({ uri: 'tel:+15550103', certainty: 'asserted' })
    expect(asserted('<http://x>, "A, B" <sip:c@x>')).toMatchObject({ uri: 'sip:c@x', displayName: 'A, B' })
    expect(asserted('<http://x>', '<sips:d@x>')).toMatchObject({ uri: 'sips:d@x' })
    expect(asserted('<http://x>')).toMatchObject({ certainty: 'unverified' })
    expect(asserted('"broken')).toMatchObject({ certainty: 'unverified' })
  })

  it('is hidden by privacy, and nothing leaks @req SIP-28 RCV-9', () => {
    for (const privacy of ['id', 'header', 'user', 'none; ID', 'session;user'])
      for (const trusted of [true, false]) expect(identityOf(request(FROM, PAI, ['Privacy', privacy]), trusted), privacy).toEqual(hidden)
    for (const from of ['"Anonymous" <sip:anonymous@anonymous.invalid>;tag=2', '<sip:x@a.ANONYMOUS.invalid>', '', 'garbage <'])
      expect(identityOf(request(['From', from], PAI), true), from).toEqual(hidden)
    expect(identityOf(request(FROM, PAI, ['Privacy', 'none']), true).certainty).toBe('asserted')
  })
})

describe('the ids of a conversation', () => {
  const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

  it('are UUIDs; a new session in a conversation only gets a new Contribution-ID @req CPM-5', () => {
    const random = seededRandom(3)
    const first = newConversation(random)
    const second = newConversation(random, first.conversationId)
    expect(first.conversationId).toMatch(UUID)
    expect(first.contributionId).toMatch(UUID)
    expect(second.conversationId).toBe(first.conversationId)
    expect(second.contributionId).not.toBe(first.contributionId)
    expect(newConversation(random).conversationId).not.toBe(first.conversationId)
  })

  it('are those of the INVITE, and local ones where they are missing or unusable @req CPM-5 CPM-7', () => {
    const read = (id: string) => conversationOf(request(['Conversation-ID', id], ['Contribution-ID', id]), seededRandom(4))
    for (const id of ['abc', '0123456789abcdef0123456789abcdef01234567', 'x'.repeat(255)])
      expect(read(id)).toEqual({ conversationId: id, contributionId: id })
    for (const id of ['', 'x'.repeat(256), 'two words', 'a\0b', 'straße']) {
      expect(read(id).conversationId, id).toMatch(UUID)
      expect(read(id).contributionId, id).toMatch(UUID)
    }
    expect(conversationOf(request(), seededRandom(4)).conversationId).toMatch(UUID)
  })
})
