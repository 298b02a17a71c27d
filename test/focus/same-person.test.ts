import { expect, it } from 'vitest'
import { groupRecipients, isMember, maySendTo } from '../../src/focus/group-definition.js'
import { distinctRecipients } from '../../src/focus/recipient.js'
import { isSamePerson } from '../../src/focus/same-person.js'

const ALICE = 'sip:alice@example.org'

it.each([
  [ALICE, 'sip:%61lice@EXAMPLE.org', true],
  [ALICE, 'sips:alice@example.org', true],
  [ALICE, 'sip:alice@example.org:5060;transport=tcp', true],
  ['sip:alice@example.org:5070', 'sips:alice@example.org:5070', true],
  ['sip:alice@example.org:5070', 'sip:alice@example.org:5080', false],
  [ALICE, 'sip:Alice@example.org', false],
  ['tel:+15550103', 'tel:+1-555-0103', true],
  ['tel:+15550103', 'tel:+15550104', false],
  [ALICE, 'sip:example.org', false],
])('%s and %s: one person is %s', (one, other, same) => {
  expect([isSamePerson(one, other), isSamePerson(other, one)]).toEqual([same, same])
})

it('the creator is not invited to the own conference under another form of the address @req GRP-5', () => {
  const entry = (uri: string) => ({ uri, copyControl: 'to' as const, anonymize: false })
  const list = ['sips:alice@example.org', 'sip:alice@example.org;user=phone', 'sip:alice@example.org:5060', 'sip:bob@example.org'].map(
    entry,
  )
  expect(distinctRecipients(list, [ALICE]).map(({ uri }) => uri)).toEqual(['sip:bob@example.org'])
})

it('a member of a group is known, and not invited, under another form of the address @req GRP-5 GRP-40', () => {
  const members = ['sips:alice@example.org', 'sip:bob@example.org'].map(uri => ({ uri, hidden: false }))
  const group = { name: 'Team', uri: 'sip:team@example.org', members, senders: ['sips:alice@example.org'], maxSize: 5 }
  expect([isMember(group, ALICE), maySendTo(group, ALICE), maySendTo(group, 'sip:bob@example.org')]).toEqual([true, true, false])
  expect(groupRecipients(group, [ALICE]).map(({ uri }) => uri)).toEqual(['sip:bob@example.org'])
})
