import { ConferenceFeed, ConferenceView, decodeConferenceInfo, encodeConferenceInfo, Roster } from 'cpmft/focus'

/** A roster without a network: one file for two people, of whom one takes it and one is busy; then what a subscriber is told of it. */
export function oneFileForTwo() {
  const people = ['sip:bob@example.org', 'sip:carol@example.org']
  const roster = new Roster({
    creator: { uri: 'sip:alice@example.org' },
    recipients: people.map(uri => ({ uri, copyControl: 'to', anonymize: false })),
  })
  for (const { id } of roster.participants) roster.moveLeg(id, 'invite')
  const { offer } = roster.addFile('notes', roster.creator, 'notes.txt')
  const [bob = '', carol = ''] = offer
  roster.moveLeg(bob, 'accept')
  roster.moveDelivery(bob, 'notes', 'accept')
  const outputs = roster.moveLeg(carol, 'reject', 486)
  return { tally: roster.tally('notes'), outputs, seen: seenBySubscriber(roster) }
}

/** The first document of the conference package, read as its subscriber does. */
function seenBySubscriber(roster: Roster): string[] {
  const feed = new ConferenceFeed('sip:ft-8Jq2Lx71Zk@example.org')
  const view = new ConferenceView()
  for (const { document } of feed.step({ type: 'subscribed', content: roster.content() }, 0))
    view.apply(decodeConferenceInfo(encodeConferenceInfo(document)))
  return view.users.map(({ entity, endpoints }) => `${entity} ${endpoints[0]?.status}`)
}
