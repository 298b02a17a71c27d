import { describe, expect, it } from 'vitest'
import { accountCommand, draftProblems, isSameAccount, NO_ACCOUNT, readServer } from '../../src/web/app/first-run/account-draft.js'
import { isSameAddress, readAddress } from '../../src/web/app/places/people/address.js'
import { GroupDraft } from '../../src/web/app/places/people/group-draft.js'
import type { GroupView } from '../../src/web/protocol/index.js'

describe('an address as it is typed', () => {
  it.each([
    ['bob@example.com', 'sip:bob@example.com'],
    ['  <SIP:Bob@Example.COM> ', 'sip:Bob@example.com'],
    ['sips:bob@example.com:5061;transport=tls', 'sips:bob@example.com:5061;transport=tls'],
    ['bob@[2001:DB8::1]:5060', 'sip:bob@[2001:db8::1]:5060'],
    ['a@b@example.com', undefined],
    ['+15551234@192.0.2.1', 'sip:+15551234@192.0.2.1'],
  ])('%s', (typed, uri) => {
    expect(readAddress(typed).uri).toBe(uri)
  })

  it.each([
    ['', 'empty'],
    ['<>', 'empty'],
    [`${'b'.repeat(1020)}@x.example`, 'too-long'],
    ['mailto:bob@example.com', 'scheme'],
    ['bob', 'no-user'],
    ['@example.com', 'no-user'],
    ['bob@', 'no-host'],
    ['bob@;transport=tls', 'no-host'],
    ['bo b@example.com', 'character'],
    ['bob@exam ple.com', 'character'],
    ['bob@example.com;a=<b>', 'character'],
    ['bob@example.com:port', 'character'],
  ])('%s: %s', (typed, problem) => {
    expect(readAddress(typed)).toEqual({ problem })
  })

  it('is the same person in other letters of the domain, not of the name', () => {
    expect(isSameAddress('sip:bob@Example.com;transport=tls', 'SIPS:bob@example.com')).toBe(true)
    expect(isSameAddress('sip:bob@example.com', 'sip:Bob@example.com')).toBe(false)
    expect(isSameAddress('sip:bob@example.com', 'sip:bob@example.org')).toBe(false)
    expect(isSameAddress('sip:Example.com', 'example.com')).toBe(true)
  })
})

describe('a group as it stands in the dialog', () => {
  const team: GroupView = { name: 'Team', uri: undefined, members: ['sip:bob@example.com'] }
  const board: GroupView = { name: 'Board', uri: 'sip:board@example.com', members: [] }

  it('begins empty, or as the group is', () => {
    expect(GroupDraft.of(undefined)).toMatchObject({ name: '', isAtServer: false, address: '', members: [] })
    expect(GroupDraft.of(board)).toMatchObject({ name: 'Board', isAtServer: true, address: 'sip:board@example.com' })
    const before = GroupDraft.of(team)
    expect(before.with({ name: 'Crew' })).toMatchObject({ name: 'Crew', members: team.members })
    expect(before.name).toBe('Team')
  })

  it('says what stands in the way', () => {
    const problems = (fields: Parameters<GroupDraft['with']>[0], group?: GroupView) =>
      GroupDraft.of(group).with(fields).problems([team, board], group, 2)
    expect(problems({ name: ' ' })).toEqual({ name: 'no-name', members: 'no-members' })
    expect(problems({ name: ' bOARD', members: ['sip:a@x.example'] })).toEqual({ name: 'name-taken' })
    expect(problems({ members: ['sip:a@x.example', 'sip:b@x.example', 'sip:c@x.example'] }, team)).toEqual({ members: 'too-many' })
    expect(problems({ members: ['sip:a@x.example', 'sip:b@x.example'] }, team)).toEqual({})
    expect(problems({ address: 'board@' }, board)).toEqual({ address: 'no-host' })
    expect(problems({}, board)).toEqual({})
  })

  it('tells the server what it is called now and was called before', () => {
    expect(
      GroupDraft.of(undefined)
        .with({ name: ' New ', members: ['sip:a@x.example'] })
        .command(undefined),
    ).toEqual({
      name: 'New',
      members: ['sip:a@x.example'],
    })
    expect(GroupDraft.of(team).with({ name: 'Crew' }).command(team)).toEqual({ name: 'Crew', members: team.members, was: 'Team' })
    expect(GroupDraft.of(board).with({ address: 'BOARD@Example.org' }).command(board)).toEqual({
      name: 'Board',
      members: [],
      uri: 'sip:BOARD@example.org',
    })
    expect(GroupDraft.of(board).with({ address: 'nobody' }).command(board)).toBeUndefined()
    // An address that is left over from before counts no more
    expect(
      GroupDraft.of(board)
        .with({ isAtServer: false, members: ['sip:a@x.example'] })
        .command(board),
    ).not.toHaveProperty('uri')
  })
})

describe('an account in three fields', () => {
  const draft = { address: 'Alice@Example.com', password: '', server: '' }

  it.each([
    ['proxy.example.com', 'sip:proxy.example.com'],
    [' SIPS:Proxy.example.com:5061 ', 'sips:proxy.example.com:5061'],
    ['sip:[2001:db8::1]:5060;transport=tcp;lr', 'sip:[2001:db8::1]:5060;transport=tcp;lr'],
    ['http://proxy.example.com', undefined],
    ['a b', undefined],
    ['', undefined],
  ])('server %s', (typed, uri) => {
    expect(readServer(typed)).toBe(uri)
  })

  it('sees what is wrong without asking, and asks nothing then', () => {
    expect(draftProblems(NO_ACCOUNT)).toEqual({ address: 'empty' })
    expect(draftProblems({ ...draft, server: 'a b' })).toEqual({ server: 'character' })
    expect(draftProblems(draft)).toEqual({})
    expect(accountCommand(NO_ACCOUNT)).toBeUndefined()
    expect(accountCommand({ ...draft, server: 'a b' })).toBeUndefined()
  })

  it('tells of the fields that were filled in only', () => {
    expect(accountCommand(draft)).toEqual({ aor: 'sip:Alice@example.com' })
    expect(accountCommand({ ...draft, password: ' x ', server: 'proxy.example.com' })).toEqual({
      aor: 'sip:Alice@example.com',
      password: ' x ',
      proxy: 'sip:proxy.example.com',
    })
  })

  it('takes a check for no other account', () => {
    const one = { aor: 'sip:a@x.example', password: 'p', proxy: 'sip:s.example' }
    expect(isSameAccount(one, { ...one })).toBe(true)
    for (const other of [undefined, { ...one, aor: 'sip:b@x.example' }, { ...one, password: 'q' }, { aor: one.aor, password: 'p' }]) {
      expect(isSameAccount(one, other)).toBe(false)
      expect(isSameAccount(other, one)).toBe(false)
    }
  })
})
