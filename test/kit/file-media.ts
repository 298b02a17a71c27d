import type { SessionSettings } from '../../src/cpm/index.js'
import type { FileMedia } from '../../src/sdp/index.js'
import { seededRandom } from './random.js'

/** One file line of a passive peer that speaks CEMA, changed as the test needs it. */
export function fileMedia(change: Partial<FileMedia> = {}): FileMedia {
  return {
    port: 2855,
    secure: false,
    address: '198.51.100.9',
    direction: 'recvonly',
    path: ['msrp://192.0.2.20:2855/abc;tcp'],
    acceptTypes: ['*'],
    acceptWrappedTypes: [],
    maxSize: undefined,
    setup: 'passive',
    cema: true,
    fingerprints: [],
    selector: undefined,
    transferId: undefined,
    disposition: undefined,
    date: undefined,
    icon: undefined,
    range: undefined,
    information: undefined,
    ...change,
  }
}

/** Settings of a reachable client with a plain listener. */
export function sessionSettings(change: Partial<SessionSettings> = {}): SessionSettings {
  return {
    id: 'alice',
    ownUri: 'sip:alice@home1.example',
    peerUri: 'sip:bob@home2.example',
    media: { host: '192.0.2.10', port: 2855 },
    random: seededRandom(5),
    releaseTimer: 30_000,
    ringTimeout: 120_000,
    successReport: true,
    failureReport: 'yes',
    dateTime: () => '2024-05-04T12:16:49Z',
    ...change,
  }
}

/** `sha-256` of nothing in particular. */
export const FINGERPRINT = { algorithm: 'sha-256', octets: Uint8Array.from({ length: 32 }, (_, index) => 0xa0 + index) }
