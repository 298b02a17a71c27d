import { describe, expect, it } from 'vitest'
import {
  admit,
  checkGroup,
  CREATORS_REMEMBERED,
  decodeGroups,
  encodeGroups,
  FAN_OUT_PERIOD,
  FanOutGuard,
  findGroup,
  GROUP_SESSIONS_PER_PERIOD,
  type GroupDefinition,
  type GroupInvite,
  groupRecipients,
  importLists,
  isMember,
  MAX_ADDRESS,
  MAX_GROUP_FILE,
  MAX_GROUP_MEMBERS,
  MAX_GROUPS,
  MAX_TEXT,
  mayAddFiles,
  recipientHistory,
  splitByConsent,
} from '../../src/focus/index.js'
import { encodeUtf8, LocalProtocolError, RemoteProtocolError } from '../../src/wire/index.js'

const ALICE = 'sip:alice@home1.example'
const CLUB: GroupDefinition = {
  name: 'Hiking club',
  uri: 'sip:hiking-club@groups.home1.example',
  members: [
    { uri: ALICE, hidden: false },
    { uri: 'tel:+15550103', name: 'Carol', hidden: false },
    { uri: 'sip:dave@home1.example', hidden: true },
  ],
  senders: 'members',
  maxSize: 500,
}
const people = (count: number) => Array.from({ length: count }, (_, index) => `sip:u${index}@home2.example`)

function refusal(run: () => unknown): string {
  try {
    run()
    return 'taken'
  } catch (error) {
    if (error instanceof LocalProtocolError) return error.message
    if (error instanceof RemoteProtocolError) return `${error.code} ${error.status}`
    throw error
  }
}

describe('group definitions', () => {
  const json = (group: object) => JSON.stringify({ groups: [{ name: 'G', uri: 'sip:g@x.example', members: [ALICE], ...group }] })
  const read = (group: object) => refusal(() => decodeGroups(json(group)))

  it('are read in their documented form, and written so that they come back', () => {
    const text = JSON.stringify({
      groups: [
        {
          name: CLUB.name,
          uri: CLUB.uri,
          members: [ALICE, { uri: 'tel:+15550103', name: 'Carol' }, { uri: 'sip:dave@home1.example', hidden: true }],
        },
        { name: 'Two', uri: 'sip:two@groups.home1.example', members: [ALICE, 'sip:bob@home2.example'], senders: [ALICE], maxSize: 2 },
      ],
    })
    const groups = decodeGroups(text)
    expect(groups[0]).toEqual(CLUB)
    expect(groups[1]).toMatchObject({ senders: [ALICE], maxSize: 2 })
    expect(decodeGroups(encodeGroups(groups))).toEqual(groups)
    expect(checkGroup(CLUB)).toEqual(CLUB)
    expect(encodeGroups([])).toBe('{\n  "groups": []\n}\n')
  })

  it.each([
    ['{', 'the file: no JSON'],
    ['[]', 'the file: no object'],
    ['null', 'the file: no object'],
    ['{}', 'groups: no list'],
    ['{"groups":[],"extra":1}', 'the file.extra: unknown'],
    ['{"groups":[1]}', 'groups[0]: no object'],
    [' '.repeat(MAX_GROUP_FILE + 1), `groups: longer than ${MAX_GROUP_FILE} characters`],
    [JSON.stringify({ groups: Array.from({ length: MAX_GROUPS + 1 }, () => 0) }), `groups: longer than ${MAX_GROUPS}`],
    [
      JSON.stringify({ groups: ['sip:a@x.example', 'sip:a@X.example'].map(uri => ({ name: 'G', uri, members: [ALICE] })) }),
      'groups[1]: the same address as groups[0]',
    ],
  ])('are refused as a whole: %.40s', (text, expected) => {
    expect(refusal(() => decodeGroups(text))).toBe(expected)
  })

  it.each([
    [{ members: [] }, 'groups[0].members: empty'],
    [{ members: 'all' }, 'groups[0].members: no list'],
    [{ members: [7] }, 'groups[0].members[0]: no object'],
    [{ members: [[]] }, 'groups[0].members[0]: no object'],
    [{ members: ['mailto:x@y'] }, 'groups[0].members[0]: no sip, sips or tel address'],
    [{ members: [{ uri: 'sip:x.example' }] }, 'groups[0].members[0].uri: no sip, sips or tel address'],
    [{ members: [{ uri: ALICE, name: '' }] }, `groups[0].members[0].name: no text of 1 to ${MAX_TEXT} characters`],
    [{ members: [{ uri: ALICE, hidden: 'yes' }] }, 'groups[0].members[0].hidden: neither true nor false'],
    [{ members: [{ uri: ALICE, Hidden: true }] }, 'groups[0].members[0].Hidden: unknown'],
    [{ members: [ALICE, 'sip:alice@HOME1.example'] }, 'groups[0].members[1]: the same address as groups[0].members[0]'],
    [{ members: [ALICE, 'sip:b@x.example', 'sip:c@x.example'], maxSize: 2 }, 'groups[0].members: longer than 2'],
    [{ name: 7 }, `groups[0].name: no text of 1 to ${MAX_TEXT} characters`],
    [{ name: 'n'.repeat(MAX_TEXT + 1) }, `groups[0].name: no text of 1 to ${MAX_TEXT} characters`],
    [{ uri: 7 }, 'groups[0].uri: no sip, sips or tel address'],
    [{ uri: `sip:${'u'.repeat(MAX_ADDRESS)}@x.example` }, 'groups[0].uri: no sip, sips or tel address'],
    [{ maxSize: 1 }, `groups[0].maxSize: not an integer from 2 to ${MAX_GROUP_MEMBERS}`],
    [{ maxSize: MAX_GROUP_MEMBERS + 1 }, `groups[0].maxSize: not an integer from 2 to ${MAX_GROUP_MEMBERS}`],
    [{ maxSize: '9' }, `groups[0].maxSize: not an integer from 2 to ${MAX_GROUP_MEMBERS}`],
    [{ senders: 'all' }, 'groups[0].senders: no list'],
    [{ senders: [ALICE, ALICE] }, 'groups[0].senders: longer than 1'],
    [{ senders: ['sip:stranger@x.example'] }, 'groups[0].senders[0]: no member of the group'],
    [{ policy: 1 }, 'groups[0].policy: unknown'],
    [{ name: 'n'.repeat(MAX_TEXT), maxSize: MAX_GROUP_MEMBERS, members: people(MAX_GROUP_MEMBERS) }, 'taken'],
  ])('say where they are wrong: %#', (group, expected) => {
    expect(read(group)).toBe(expected)
  })

  it('invite everybody but the sender, hidden members unseen', () => {
    expect(findGroup([CLUB], 'sip:hiking-club@GROUPS.home1.example')).toBe(CLUB)
    expect(findGroup([CLUB], 'sip:other@groups.home1.example')).toBeUndefined()
    expect(isMember(CLUB, 'tel:+1-555-0103')).toBe(true)
    const recipients = groupRecipients(CLUB, [ALICE])
    expect(recipients).toEqual([
      { uri: 'tel:+15550103', copyControl: 'to', anonymize: false, displayName: 'Carol' },
      { uri: 'sip:dave@home1.example', copyControl: 'bcc', anonymize: false },
    ])
    expect(recipientHistory(recipients)).toEqual([{ uri: 'tel:+15550103', copyControl: 'to', count: 1 }])
  })
})

describe('imported lists', () => {
  const NAMES = 'xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol"'
  const read = (inner: string) => importLists(encodeUtf8(`<resource-lists ${NAMES}>${inner}</resource-lists>`))
  const entries = (uris: readonly string[]) => uris.map(uri => `<entry uri="${uri}"/>`).join('')

  it('become groups, with what is nested and without doubles', () => {
    const lists = read(
      `<list name="friends"><entry uri="sip:bill@example.com"><display-name>Bill Doe</display-name></entry>
        <entry-ref ref="users/x"/>
        <list name="close"><display-name>Close Friends</display-name>
          <entry uri="sip:joe@example.com" cp:copyControl="bcc"/><external anchor="http://xcap.example.org/x"/>
          <entry uri="sip:bill@EXAMPLE.com"/>
        </list><x:note xmlns:x="urn:x"/></list>
      <list><display-name>Named</display-name></list><list/>`,
    )
    expect(lists).toEqual([
      {
        name: 'friends',
        members: [
          { uri: 'sip:bill@example.com', name: 'Bill Doe', hidden: false },
          { uri: 'sip:joe@example.com', hidden: false },
        ],
        unresolved: 2,
      },
      { name: 'Named', members: [], unresolved: 0 },
      { name: undefined, members: [], unresolved: 0 },
    ])
    const group = {
      name: 'friends',
      uri: 'sip:friends@groups.home1.example',
      members: lists[0]?.members ?? [],
      senders: 'members' as const,
      maxSize: 10,
    }
    expect(checkGroup(group)).toEqual(group)
    expect(refusal(() => checkGroup({ ...group, uri: 'friends' }))).toBe('group.uri: no sip, sips or tel address')
  })

  it('are refused beyond the limits, and when they are none', () => {
    const verdicts = (counts: number[], make: (count: number) => string) => counts.map(count => refusal(() => read(make(count))))
    const around = (limit: number) => [limit - 1, limit, limit + 1]
    const list = (count: number) => `<list>${entries(people(count))}</list>`
    expect(verdicts(around(MAX_GROUP_MEMBERS), list)).toEqual(['taken', 'taken', 'too-many-entries 413'])
    expect(verdicts(around(MAX_GROUPS), count => '<list/>'.repeat(count))).toEqual(['taken', 'taken', 'too-many-entries 413'])
    expect(refusal(() => read('<list><entry uri="x"/></list>'))).toBe('bad-recipient-list 400')
    expect(refusal(() => importLists(encodeUtf8('<x/>')))).toBe('bad-recipient-list 400')
    expect(refusal(() => read('<list>'.repeat(70) + '</list>'.repeat(70)))).toBe('xml-too-large 413')
  })
})

describe('who may make a conference', () => {
  const invite = (rest: Partial<GroupInvite>): GroupInvite => ({
    kind: 'factory',
    again: false,
    required: [],
    sender: ALICE,
    permitted: true,
    ...rest,
  })
  const LIST = ['recipient-list-invite']
  const group = { kind: 'group', group: CLUB } as const

  it.each([
    ['a list to the factory', invite({ required: LIST }), 'ad-hoc'],
    ['a list without the option tag', invite({}), 'ad-hoc'],
    ['a member to its group', invite(group), 'group'],
    ['a later INVITE of a participant', invite({ kind: 'conference', again: true, participates: true }), 'again'],
    ['a later INVITE in a dialog made by the factory', invite({ again: true, permitted: false }), 'again'],
    ['a stranger', invite({ sender: undefined, required: LIST }), 'refuse 401'],
    ['somebody anonymous', invite({ sender: 'sip:anonymous@anonymous.invalid' }), 'refuse 401'],
    ['a stranger, whatever it wants', invite({ sender: undefined, kind: 'foreign' }), 'refuse 401'],
    ['one who may not', invite({ permitted: false }), 'refuse 403'],
    ['one who may not send to groups', invite({ ...group, permitted: false }), 'refuse 403'],
    ['no member', invite({ ...group, sender: 'sip:stranger@home1.example' }), 'refuse 403'],
    ['a member who only receives', invite({ kind: 'group', group: { ...CLUB, senders: ['tel:+15550103'] } }), 'refuse 403'],
    ['a member who may send', invite({ kind: 'group', group: { ...CLUB, senders: [ALICE] } }), 'group'],
    ['an unknown group', invite({ kind: 'group' }), 'refuse 404'],
    ['a conference that is over', invite({ kind: 'no-conference' }), 'refuse 404'],
    ['no address of ours', invite({ kind: 'foreign' }), 'refuse 404'],
    ['one who is not in the conference', invite({ kind: 'conference' }), 'refuse 403'],
    ['a list to a conference', invite({ kind: 'conference', required: LIST, participates: true }), 'refuse 420 recipient-list-invite'],
    ['a list to a group', invite({ ...group, required: LIST }), 'refuse 420 recipient-list-invite'],
    ['a list in a later INVITE', invite({ again: true, required: ['timer', ...LIST] }), 'refuse 420 recipient-list-invite'],
  ])('%s', (_, given, expected) => {
    const admission = admit(given)
    expect(
      admission.verdict === 'refuse' ? ['refuse', admission.status, admission.unsupported].filter(Boolean).join(' ') : admission.verdict,
    ).toBe(expected)
  })

  it('lets any participant add files unless a policy says otherwise', () => {
    const creator = { role: 'creator', uri: ALICE } as const
    const bob = { role: 'member', uri: 'sip:bob@home2.example' } as const
    const carol = { role: 'member', uri: 'tel:+15550103' } as const
    const onlyCarol = { ...CLUB, senders: ['tel:+15550103'] }
    const table = [{}, { onlyCreatorSends: true }, { onlyCreatorSends: false }, { group: CLUB }, { group: onlyCarol }]
    expect(table.map(policy => [creator, bob, carol].map(who => mayAddFiles(who, policy)))).toEqual([
      [true, true, true],
      [true, false, false],
      [true, true, true],
      [true, false, true],
      [true, false, true],
    ])
  })
})

describe('the guard against fan-out', () => {
  it('lets twenty conferences a minute through for each creator, and says when the next may come', () => {
    const guard = new FanOutGuard()
    expect(GROUP_SESSIONS_PER_PERIOD).toBe(20)
    for (let count = 0; count < 20; count++) expect(guard.take(ALICE, count * 1000)).toBeUndefined()
    expect(guard.take(ALICE, 20_000)).toBe(40)
    expect(guard.take('sip:bob@home2.example', 20_000)).toBeUndefined()
    expect(guard.take(ALICE, FAN_OUT_PERIOD - 1)).toBe(1)
    expect(guard.take(ALICE, FAN_OUT_PERIOD)).toBeUndefined()
    expect(guard.take(ALICE, FAN_OUT_PERIOD)).toBe(1)
  })

  it('can be closed altogether', () => {
    expect(new FanOutGuard(0).take(ALICE, 5)).toBe(60)
  })

  it('forgets who was quiet longest, not who just came', () => {
    const guard = new FanOutGuard(1)
    guard.take(ALICE, 0)
    for (let count = 1; count < CREATORS_REMEMBERED; count++) guard.take(`sip:u${count}@x.example`, 0)
    expect(guard.take(ALICE, 1)).toBe(60)
    guard.take('sip:new@x.example', 1)
    expect(guard.take(ALICE, 2)).toBe(60)
    expect(guard.take('sip:u1@x.example', 2)).toBeUndefined()
  })

  it('leaves out members who did not agree', () => {
    const members = people(3).map(uri => ({ uri }))
    expect(splitByConsent(members)).toEqual({ willing: members, unwilling: [] })
    const { willing, unwilling } = splitByConsent(members, uri => !uri.includes('u1'))
    expect([willing.length, unwilling]).toEqual([2, [{ uri: 'sip:u1@home2.example' }]])
  })
})
