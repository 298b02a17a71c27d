import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ConferenceView,
  decodeConferenceInfo,
  decodeGroups,
  decodeRecipientHistory,
  decodeRecipientList,
  DELIVERY_TABLE,
  encodeConferenceInfo,
  encodeRecipientList,
  importLists,
  LEG_TABLE,
  Roster,
  type RosterOutput,
  SOURCE_TABLE,
} from '../../src/focus/index.js'
import { encodeUtf8, LocalProtocolError, RemoteProtocolError } from '../../src/wire/index.js'

const LIST = encodeRecipientList(
  [{ uri: 'sip:bob@home2.example' }, { uri: 'tel:+15550103', copyControl: 'cc', anonymize: true }],
  ['sip:alice@home1.example'],
)
const roster = () =>
  new Roster({
    creator: { uri: 'sip:alice@home1.example' },
    recipients: ['b', 'c', 'd'].map((name, index) => ({ uri: `sip:${name}@x.example`, copyControl: 'to', anonymize: index === 1 })),
  })
const INFO = encodeConferenceInfo({
  entity: 'sip:ft-1@cf.home1.example',
  state: 'full',
  version: 1,
  users: { state: 'full', list: roster().content().users },
})
const GROUPS = encodeUtf8(
  '{"groups":[{"name":"G","uri":"sip:g@x.example","members":["sip:a@x.example",{"uri":"tel:+1555","hidden":true}]}]}',
)

/** A document with some octets changed, cut out or doubled. */
const mangled = (document: Uint8Array) =>
  fc
    .array(fc.tuple(fc.nat(document.length - 1), fc.constantFrom('change', 'cut', 'double'), fc.integer({ min: 0, max: 255 })), {
      maxLength: 4,
    })
    .map(edits => {
      const octets = [...document]
      for (const [at, kind, octet] of edits) {
        if (kind === 'change') octets[at] = octet
        else if (kind === 'cut') octets.splice(at, octet)
        else octets.splice(at, 0, ...octets.slice(at, at + octet))
      }
      return Uint8Array.from(octets)
    })

describe('documents of a hostile peer', () => {
  const text = (octets: Uint8Array) => String.fromCharCode(...octets)
  const RUNS = { numRuns: 400 }

  it.each([
    ['recipient list', LIST, (octets: Uint8Array) => decodeRecipientList(octets, { creator: [] })],
    ['history', LIST, decodeRecipientHistory],
    ['imported list', LIST, importLists],
    ['conference document', INFO, (octets: Uint8Array) => new ConferenceView().apply(decodeConferenceInfo(octets))],
    ['group definition', GROUPS, (octets: Uint8Array) => decodeGroups(text(octets))],
  ])('never break the reader of a %s', (_, document, read) => {
    let refused = 0
    fc.assert(
      fc.property(mangled(document), octets => {
        try {
          read(octets)
        } catch (error) {
          if (!(error instanceof RemoteProtocolError || error instanceof LocalProtocolError)) throw error
          refused++
        }
      }),
      RUNS,
    )
    expect(refused).toBeGreaterThan(50)
  })
})

describe('a roster under any events in any order', () => {
  const events = (table: object) => [...new Set(Object.values(table).flatMap(row => Object.keys(row as object)))]
  const id = fc.constantFrom('p0', 'p1', 'p2', 'p3')
  const file = fc.constantFrom('f', 'g')
  const move = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constant('leg'), id, fc.constantFrom(...events(LEG_TABLE)), file) },
    { weight: 4, arbitrary: fc.tuple(fc.constant('delivery'), id, fc.constantFrom(...events(DELIVERY_TABLE)), file) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('source'), id, fc.constantFrom(...events(SOURCE_TABLE)), file) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('conference'), id, fc.constantFrom('refused', 'creator-left', 'expire'), file) },
  )
  const LIVE = ['offered', 'accepted', 'sending']

  it('frees each spool once and unread, and leaves nothing under way when it ends', () => {
    let ended = 0
    fc.assert(
      fc.property(fc.array(move, { minLength: 5, maxLength: 60 }), moves => {
        const subject = roster()
        subject.addFile('f', 'p0')
        subject.moveConference('answered')
        subject.addFile('g', 'p1')
        const outputs: RosterOutput[] = []
        const live = (fileId: string) => subject.participants.some(({ deliveries }) => LIVE.includes(deliveries.get(fileId) ?? ''))
        for (const [kind, who, event, which] of moves) {
          if (kind === 'leg') outputs.push(...(subject.moveLeg(who, event as never, 486) ?? []))
          else if (kind === 'delivery') outputs.push(...(subject.moveDelivery(who, which, event as never) ?? []))
          else if (kind === 'source') outputs.push(...(subject.moveSource(which, event as never) ?? []))
          else outputs.push(...(subject.moveConference(event) ?? []))
          for (const output of outputs) if (output.type === 'free-spool') expect(live(output.fileId)).toBe(false)
        }
        const freed = outputs.flatMap(output => (output.type === 'free-spool' ? [output.fileId] : []))
        expect(new Set(freed).size).toBe(freed.length)
        const forgotten = outputs.filter(output => output.type === 'conference' && output.action === 'forget')
        expect(forgotten.length).toBe(subject.phase === 'ended' ? 1 : 0)
        if (subject.phase === 'ended') {
          ended++
          for (const fileId of ['f', 'g']) expect(live(fileId)).toBe(false)
        }
        subject.content()
      }),
      { numRuns: 400 },
    )
    expect(ended).toBeGreaterThan(20)
  })
})
