import { describe, expect, it } from 'vitest'
import { groupOutcome, memberHeaders, memberLine, sourceLine, takesCpim } from '../../src/focus/index.js'
import type { FileMedia } from '../../src/sdp/index.js'
import { newTransferId, writeFileMedia } from '../../src/sdp/index.js'
import { seededRandom } from '../kit/random.js'

const SOURCE: FileMedia = {
  port: 2855,
  secure: true,
  address: '192.0.2.10',
  direction: 'sendonly',
  path: ['msrps://192.0.2.10:2855/alice;tcp'],
  acceptTypes: ['message/cpim'],
  acceptWrappedTypes: ['*'],
  maxSize: undefined,
  setup: 'actpass',
  cema: true,
  fingerprints: [{ algorithm: 'sha-256', octets: new Uint8Array(32) }],
  selector: { name: 'notes.txt', size: 4400, hashes: [{ algorithm: 'sha-1', octets: new Uint8Array(20).fill(7) }] },
  transferId: 'g3Lm9Kx83zQ0TtY7bWc5RnV2eHd6GjB2',
  disposition: 'render',
  date: { modification: new Date(1_700_000_000_000) },
  icon: 'icon1@home1.example',
  range: { start: 101, stop: undefined },
  information: 'Notes of the hike',
}
const OWN = { port: 2855, secure: false, address: '198.51.100.5', path: 'msrp://198.51.100.5:2855/own;tcp', fingerprints: [] }

describe('the line a member is offered', () => {
  it('describes the same file over a way of its own', () => {
    const id = newTransferId(seededRandom(3))
    const line = memberLine(SOURCE, OWN, id)
    for (const copied of ['selector', 'disposition', 'date', 'icon', 'range', 'information'] as const)
      expect(line[copied]).toBe(SOURCE[copied])
    expect(line).toMatchObject({
      port: 2855,
      secure: false,
      address: '198.51.100.5',
      path: ['msrp://198.51.100.5:2855/own;tcp'],
      direction: 'sendonly',
      setup: 'actpass',
      acceptTypes: ['message/cpim'],
      fingerprints: [],
      transferId: id,
    })
    expect(JSON.stringify(writeFileMedia(line))).not.toContain('alice')
    expect(JSON.stringify(writeFileMedia(line))).not.toContain(SOURCE.transferId)
  })
})

describe('the answer to the line of a sender', () => {
  it('receives CPIM alone, with its own id kept', () => {
    const line = sourceLine(SOURCE, OWN, { wrappedTypes: [['image/*'], ['text/plain', 'image/*']], maxFileSize: 100 })
    expect(line).toMatchObject({
      direction: 'recvonly',
      setup: 'passive',
      acceptTypes: ['message/cpim'],
      acceptWrappedTypes: ['image/*', 'text/plain'],
      maxSize: 100 + 65_536,
      transferId: SOURCE.transferId,
      chatroom: [],
      disposition: undefined,
      icon: undefined,
    })
    const attributes = writeFileMedia(line as FileMedia).attributes.map(({ name, value }) =>
      value === undefined ? name : `${name}:${value}`,
    )
    expect(attributes).toContain('accept-types:message/cpim')
    expect(attributes).toContain('chatroom')
  })

  it.each([
    [[], ['*']],
    [[[]], ['*']],
    [[['text/plain'], []], ['*']],
    [[['text/plain'], ['*']], ['*']],
    [[['text/plain'], ['text/plain']], ['text/plain']],
  ])('takes of %j inside CPIM %j', (wrappedTypes, expected) => {
    expect(sourceLine(SOURCE, OWN, { wrappedTypes })?.acceptWrappedTypes).toEqual(expected)
  })

  it('is port 0 for a sender that takes no CPIM', () => {
    for (const [acceptTypes, taken] of [
      [['message/cpim'], true],
      [['*'], true],
      [['message/*'], true],
      [['image/png', 'text/plain'], false],
    ] as const) {
      const source = { ...SOURCE, acceptTypes }
      expect(takesCpim(source)).toBe(taken)
      expect(sourceLine(source, OWN, { wrappedTypes: [] }) !== undefined).toBe(taken)
    }
  })

  it('connects itself to a sender that only waits, and has no limit unless it is given', () => {
    const line = sourceLine({ ...SOURCE, setup: 'passive' }, OWN, { wrappedTypes: [] })
    expect([line?.setup, line?.maxSize]).toEqual(['active', undefined])
  })
})

describe('the INVITE to a member', () => {
  const conversation = { conversationId: 'conv-1', contributionId: 'contr-1' }
  const invitation = {
    conferenceUri: 'sip:ft-1@cf.home1.example',
    creator: { uri: 'sip:alice@home1.example', hidden: false },
    conversation,
  }

  it('comes from the conference in the name of the creator, with the ids of the creator', () => {
    expect(Object.fromEntries(memberHeaders({ ...invitation, subject: 'Hut\r\nX: y' }))).toEqual({
      From: '<sip:ft-1@cf.home1.example>',
      'P-Asserted-Identity': '<sip:alice@home1.example>',
      'Referred-By': '<sip:alice@home1.example>',
      'P-Asserted-Service': 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm.filetransfer',
      'Accept-Contact': '*;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer"',
      'Conversation-ID': 'conv-1',
      'Contribution-ID': 'contr-1',
      'Allow-Events': 'conference',
      Subject: 'Hut  X: y',
    })
  })

  it('says nothing of a creator who asked for privacy, and requires nothing', () => {
    const headers = memberHeaders({ ...invitation, creator: { uri: 'sip:alice@home1.example', hidden: true } })
    expect(JSON.stringify(headers)).not.toContain('alice')
    expect(headers.map(([name]) => name)).not.toContain('Require')
    expect(headers.map(([name]) => name)).not.toContain('Subject')
    expect(headers).toContainEqual(['Referred-By', '<sip:anonymous@anonymous.invalid>'])
  })
})

it('names what the refusal of a group means', () => {
  expect([403, 404, 480, 420, 488, 486].map(groupOutcome)).toEqual([
    'not-a-member',
    'unknown-group',
    'nobody-reachable',
    'group-not-supported',
    undefined,
    undefined,
  ])
})
