import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CONFERENCE_TYPE,
  type ConferenceInfo,
  decodeConferenceInfo,
  DISCONNECTION_METHODS,
  ELEMENT_STATES,
  ENDPOINT_STATUSES,
  encodeConferenceInfo,
  JOINING_METHODS,
  MAX_ADDRESS,
  MAX_TEXT,
  MEDIA_STATUSES,
} from '../../src/focus/index.js'
import { decodeUtf8, decodeXml, encodeUtf8, RemoteProtocolError, type XmlElement } from '../../src/wire/index.js'

const CONFERENCE = 'sip:ft-8Jq2Lx71Zk@cf.home1.example'
const NAMESPACE = 'xmlns="urn:ietf:params:xml:ns:conference-info"'

const FULL: ConferenceInfo = {
  entity: CONFERENCE,
  state: 'full',
  version: 1,
  description: { displayText: 'Hiking club', subject: 'Photos & maps', maximumUserCount: 10 },
  conferenceState: { userCount: 2, active: true, locked: false },
  users: {
    state: 'full',
    list: [
      {
        entity: 'sip:bob@home2.example',
        state: 'full',
        displayText: 'Bob',
        endpoints: [
          {
            entity: 'sip:bob@home2.example',
            state: 'full',
            status: 'connected',
            joiningMethod: 'dialed-out',
            media: [
              { id: '1', displayText: 'Map', type: 'message', status: 'recvonly' },
              { id: '2', transfer: { state: 'sending', octets: 1234, total: 4096 } },
              { id: '3', transfer: { state: 'stored' } },
            ],
          },
        ],
      },
      {
        entity: 'tel:+15550103',
        state: 'full',
        endpoints: [
          {
            entity: 'tel:+15550103',
            state: 'full',
            status: 'disconnected',
            disconnectionMethod: 'failed',
            disconnectionReason: 'SIP;cause=488;text="Not Acceptable Here"',
            media: [],
          },
        ],
      },
    ],
  },
}

/** Children each element may have, in the order of the schema (RFC 4575 §6). */
const SCHEMA: Record<string, readonly string[]> = {
  'conference-info': ['conference-description', 'host-info', 'conference-state', 'users', 'sidebars-by-ref', 'sidebars-by-val'],
  'conference-description': [
    'display-text',
    'subject',
    'free-text',
    'keywords',
    'conf-uris',
    'service-uris',
    'maximum-user-count',
    'available-media',
  ],
  'conference-state': ['user-count', 'active', 'locked'],
  users: ['user'],
  user: ['display-text', 'associated-aors', 'roles', 'languages', 'cascaded-focus', 'endpoint'],
  endpoint: [
    'display-text',
    'referred',
    'status',
    'joining-method',
    'joining-info',
    'disconnection-method',
    'disconnection-info',
    'media',
    'call-info',
  ],
  'disconnection-info': ['when', 'reason', 'by'],
  media: ['display-text', 'type', 'label', 'src-id', 'status', 'transfer'],
}

function expectInOrder(element: XmlElement): void {
  // Our own element is the last one of its parent
  if (element.namespace === 'urn:cpmft:conference') return
  expect(element.namespace).toBe('urn:ietf:params:xml:ns:conference-info')
  const places = element.children.map(child => (SCHEMA[element.name] ?? []).indexOf(child.name))
  expect(places).not.toContain(-1)
  expect([...places].sort((a, b) => a - b)).toEqual(places)
  element.children.forEach(expectInOrder)
}

function refusal(text: string): string {
  try {
    decodeConferenceInfo(encodeUtf8(text))
    return 'taken'
  } catch (error) {
    if (error instanceof RemoteProtocolError) return `${error.code} ${error.status}`
    throw error
  }
}

const read = (inner: string, attributes = 'version="1"') =>
  decodeConferenceInfo(encodeUtf8(`<conference-info ${NAMESPACE} entity="${CONFERENCE}" ${attributes}>${inner}</conference-info>`))

describe('conference documents', () => {
  it('come back as they were written, their elements in the order of the schema', () => {
    const bytes = encodeConferenceInfo(FULL)
    expectInOrder(decodeXml(bytes))
    expect(decodeConferenceInfo(bytes)).toEqual(FULL)
    expect(CONFERENCE_TYPE).toBe('application/conference-info+xml')
  })

  it('are these octets', () => {
    const small: ConferenceInfo = {
      entity: CONFERENCE,
      state: 'partial',
      version: 2,
      users: {
        state: 'partial',
        list: [
          {
            entity: 'sip:anonymous1@anonymous.invalid',
            state: 'full',
            endpoints: [{ entity: 'e', state: 'full', status: 'alerting', media: [{ id: '1', type: 'message', status: 'inactive' }] }],
          },
          { entity: 'sip:bob@home2.example', state: 'deleted', endpoints: [] },
        ],
      },
    }
    expect(decodeUtf8(encodeConferenceInfo(small))).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\r\n' +
        `<conference-info ${NAMESPACE} entity="${CONFERENCE}" state="partial" version="2">` +
        '<users state="partial"><user entity="sip:anonymous1@anonymous.invalid" state="full">' +
        '<endpoint entity="e" state="full"><status>alerting</status>' +
        '<media id="1"><type>message</type><status>inactive</status></media></endpoint></user>' +
        '<user entity="sip:bob@home2.example" state="deleted"/></users></conference-info>',
    )
    expect(decodeUtf8(encodeConferenceInfo({ entity: CONFERENCE, state: 'deleted', version: 3 }))).toContain(
      'state="deleted" version="3"/>',
    )
  })

  it('survive a round trip whatever they hold', () => {
    const text = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 }).map(value => `x${value.trim()}`)
    const optional = <T>(name: string, value: fc.Arbitrary<T>) => fc.record({ [name]: value }, { requiredKeys: [] })
    const state = fc.constantFrom(...ELEMENT_STATES)
    const media = fc
      .tuple(
        fc.record({ id: text }),
        optional('displayText', text),
        optional('type', text),
        optional('status', fc.constantFrom(...MEDIA_STATUSES)),
      )
      .map(parts => Object.assign({}, ...parts))
    const endpoint = fc
      .tuple(
        fc.record({ entity: text, state, media: fc.array(media, { maxLength: 3 }) }),
        optional('status', fc.constantFrom(...ENDPOINT_STATUSES)),
        optional('joiningMethod', fc.constantFrom(...JOINING_METHODS)),
        optional('disconnectionMethod', fc.constantFrom(...DISCONNECTION_METHODS)),
        optional('disconnectionReason', text),
      )
      .map(parts => Object.assign({}, ...parts))
    const user = fc
      .tuple(fc.record({ entity: text, state, endpoints: fc.array(endpoint, { maxLength: 3 }) }), optional('displayText', text))
      .map(parts => Object.assign({}, ...parts))
    const info = fc
      .tuple(
        fc.record({ entity: text, state, version: fc.integer({ min: 0, max: 0xffff_ffff }) }),
        optional('description', fc.record({ subject: text })),
        optional('conferenceState', fc.record({ userCount: fc.nat(), active: fc.boolean(), locked: fc.boolean() })),
        optional('users', fc.record({ state, list: fc.array(user, { maxLength: 4 }) })),
      )
      .map(parts => Object.assign({}, ...parts) as ConferenceInfo)
    fc.assert(
      fc.property(info, value => {
        expect(decodeConferenceInfo(encodeConferenceInfo(value))).toEqual(value)
      }),
      { numRuns: 150 },
    )
  })

  it('may hold what we do not know, and words that are none', () => {
    const info = read(
      '<host-info><display-text>x</display-text></host-info><x:y xmlns:x="urn:x"/>' +
        '<conference-state><user-count>many</user-count><active>1</active><locked>0</locked></conference-state>' +
        '<users><user><endpoint/></user><user entity=" "/>' +
        '<user entity="sip:bob@home2.example"><roles><entry>chair</entry></roles><endpoint>' +
        '<status>dreaming</status><joining-method>x</joining-method><disconnection-method>x</disconnection-method>' +
        '<disconnection-info><when>now</when></disconnection-info>' +
        '<media/><media id="1"><status>maybe</status><label>7</label>' +
        '<transfer xmlns="urn:cpmft:conference" state="lost" octets="1"/><transfer state="sending"/></media></endpoint></user></users>' +
        '<users><user entity="sip:second@home2.example"/></users>',
    )
    expect(info).toEqual({
      entity: CONFERENCE,
      state: 'full',
      version: 1,
      conferenceState: { active: true, locked: false },
      users: {
        state: 'full',
        list: [{ entity: 'sip:bob@home2.example', state: 'full', endpoints: [{ entity: '', state: 'full', media: [{ id: '1' }] }] }],
      },
    })
    expect(read('<conference-state><active>true</active><locked>false</locked></conference-state>').conferenceState).toEqual({
      active: true,
      locked: false,
    })
    expect(read('<conference-state><active>perhaps</active></conference-state>').conferenceState).toEqual({})
    expect(read('').users).toBeUndefined()
  })

  it.each([
    ['no XML', '<conference-info', 'bad-xml 400'],
    ['a document type', `<!DOCTYPE x><conference-info ${NAMESPACE} entity="e" version="1"/>`, 'bad-xml 400'],
    ['another root', `<users ${NAMESPACE} entity="e" version="1"/>`, 'bad-conference-info 400'],
    ['another namespace', '<conference-info entity="e" version="1"/>', 'bad-conference-info 400'],
    ['no entity', `<conference-info ${NAMESPACE} version="1"/>`, 'bad-conference-info 400'],
    ['an endless entity', `<conference-info ${NAMESPACE} entity="${'e'.repeat(MAX_ADDRESS + 1)}" version="1"/>`, 'bad-conference-info 400'],
    ['no version', `<conference-info ${NAMESPACE} entity="e"/>`, 'bad-conference-info 400'],
    ['a negative version', `<conference-info ${NAMESPACE} entity="e" version="-1"/>`, 'bad-conference-info 400'],
    ['a version beyond 32 bits', `<conference-info ${NAMESPACE} entity="e" version="4294967296"/>`, 'bad-conference-info 400'],
    ['a state that is none', `<conference-info ${NAMESPACE} entity="e" version="1" state="half"/>`, 'bad-conference-info 400'],
    [
      'a user in a state that is none',
      `<conference-info ${NAMESPACE} entity="e" version="1"><users><user entity="u" state=""/></users></conference-info>`,
      'bad-conference-info 400',
    ],
  ])('are refused for %s', (_, text, expected) => {
    expect(refusal(text)).toBe(expected)
  })

  it('have their limits at the address and at texts', () => {
    expect(refusal(`<conference-info ${NAMESPACE} entity="${'e'.repeat(MAX_ADDRESS)}" version="4294967295"/>`)).toBe('taken')
    const named = (length: number) =>
      read(`<users><user entity="u"><display-text>${'n'.repeat(length)}</display-text></user></users>`).users?.list[0]?.displayText?.length
    expect([-1, 0, 1].map(more => named(MAX_TEXT + more))).toEqual([MAX_TEXT - 1, MAX_TEXT, MAX_TEXT])
  })
})
