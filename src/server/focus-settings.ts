import type { MediaAddress } from '../cpm/index.js'
import { CONFERENCE_TOKEN, type ConferenceSettings } from '../focus/index.js'
import { randomToken } from '../wire/index.js'
import type { Sender } from './focus-admission.js'
import type { FocusHostOptions } from './focus-options.js'

/** What differs from conference to conference. */
export interface ConferenceParts extends Pick<ConferenceSettings, 'recipients' | 'unwilling' | 'group' | 'deferred'> {
  readonly media: MediaAddress
  readonly mayConnect: (address: string, port: number) => boolean
}

/** Settings of the `number`th conference of a focus, with an address that nobody can guess (GRP-18). */
export function conferenceSettings(options: FocusHostOptions, number: number, sender: Sender, parts: ConferenceParts): ConferenceSettings {
  const { host, domain, node, media, maxFileSize, conference } = options
  const { uri, displayName, identities, hidden } = sender
  const { media: address, mayConnect, ...members } = parts
  const sha256 = host.certificate?.sha256
  // a proxy in front of many nodes finds the one that has the conference
  const label = node === undefined ? '' : `${node}-`
  return {
    id: `c${number}`,
    uri: `sip:ft-${label}${randomToken(host.random, CONFERENCE_TOKEN)}@${domain}`,
    creator: { uri, identities, hidden, displayName },
    ...members,
    dialogs: {
      media: address,
      random: host.random,
      dateTime: () => new Date(host.date()).toISOString().replace(/\.\d+Z$/, 'Z'),
      secure: media.secure === true,
      signallingSecure: media.signallingSecure === true,
      mayConnect,
      ...(sha256 !== undefined && { fingerprints: [{ algorithm: 'sha-256', octets: sha256 }] }),
      ...(maxFileSize !== undefined && { maxFileSize }),
    },
    ...conference,
  }
}
