import { decodeLatin1, encodeUtf8 } from '../../src/wire/index.js'

/** A session description of these lines, each ended by CRLF. */
export function sdp(...lines: readonly string[]): Uint8Array {
  return encodeUtf8(`${lines.join('\r\n')}\r\n`)
}

/** The lines of a session description, for comparison. */
export function linesOf(bytes: Uint8Array): string[] {
  return decodeLatin1(bytes).split('\r\n').slice(0, -1)
}

/** Octets of `1F:0C:…`. */
export function octets(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(':'), pair => Number.parseInt(pair, 16))
}

export const EMPTY_SHA1 = 'DA:39:A3:EE:5E:6B:4B:0D:32:55:BF:EF:95:60:18:90:AF:D8:07:09'
export const HELLO_SHA1 = '98:FD:44:A3:31:BA:72:2D:28:CB:C5:DF:70:87:54:14:1C:D5:A8:D7'
export const NOTES_SHA1 = '1F:0C:8F:FB:EE:81:5B:F5:49:F0:83:1E:9C:0B:9E:5E:3D:AD:B8:BD'
export const BIG_SHA1 = '38:6D:00:14:63:41:AA:3D:C6:77:8B:70:1E:7E:B1:65:91:15:87:F5'

const NOTES_SELECTOR = `a=file-selector:name:"notes.txt" type:text/plain size:4400 hash:sha-1:${NOTES_SHA1}`
const NOTES_ID = 'a=file-transfer-id:f1Kx83LmQz0TtY7bWc5RnV2eHd9GjA64'

/** The push of one file: offer, answer and closing offer. */
export const PUSH_OFFER = [
  'v=0',
  'o=alice 3923820001 1 IN IP4 192.0.2.10',
  's=-',
  'c=IN IP4 192.0.2.10',
  't=0 0',
  'm=message 2855 TCP/MSRP *',
  'i=Meeting notes',
  'a=sendonly',
  'a=setup:actpass',
  'a=msrp-cema',
  'a=accept-types:message/cpim *',
  'a=path:msrp://192.0.2.10:2855/aQ7mZ2kLx9RtVb4Ns1Yc;tcp',
  NOTES_SELECTOR,
  NOTES_ID,
  'a=file-disposition:attachment',
  'a=file-date:modification:"Sat, 04 May 2024 12:10:00 +0000"',
]

export const PUSH_ANSWER = [
  'v=0',
  'o=bob 771200 1 IN IP4 192.0.2.20',
  's=-',
  'c=IN IP4 192.0.2.20',
  't=0 0',
  'm=message 2855 TCP/MSRP *',
  'a=recvonly',
  'a=setup:passive',
  'a=msrp-cema',
  'a=accept-types:message/cpim *',
  'a=max-size:104923136',
  'a=path:msrp://192.0.2.20:2855/bT5wXc8PqJ3hGf6Kd0Ls;tcp',
  NOTES_SELECTOR,
  NOTES_ID,
]

export const PUSH_CLOSE = [
  'v=0',
  'o=alice 3923820001 2 IN IP4 192.0.2.10',
  's=-',
  'c=IN IP4 192.0.2.10',
  't=0 0',
  'm=message 0 TCP/MSRP *',
  'a=sendonly',
  'a=accept-types:message/cpim *',
  'a=path:msrp://192.0.2.10:2855/aQ7mZ2kLx9RtVb4Ns1Yc;tcp',
  NOTES_SELECTOR,
  NOTES_ID,
]

/** The one line of a refused file among three. */
export const REFUSED_LINE = [
  'm=message 0 TCP/MSRP *',
  `a=file-selector:name:"big.bin" type:application/octet-stream size:100000 hash:sha-1:${BIG_SHA1}`,
  'a=file-transfer-id:id2a02KdVb7NTq81LmZxRw27NcYb91Jf',
]

export const CAPABILITY = [
  'v=0',
  'o=bob 771300 1 IN IP4 192.0.2.20',
  's=-',
  'c=IN IP4 192.0.2.20',
  't=0 0',
  'm=message 0 TCP/MSRP *',
  'a=accept-types:message/cpim *',
  'a=accept-wrapped-types:*',
  'a=max-size:104923136',
  'a=file-selector',
]

const PICTURE_SHA1 = '72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E'
const SUNSET_SHA1 = '58:23:1F:E8:65:3B:BC:F3:71:36:2F:86:D4:71:91:3E:E4:B1:DF:2F'

/** `lines` begins with an optional `i=`, then the direction and the last part of the path. */
function figure(user: string, version: string, session: string, ...lines: string[]): string[] {
  const host = `${user}pc.example.com`
  const port = user === 'alice' ? 7654 : 8888
  const information = lines[0]?.startsWith('i=') ? lines.slice(0, 1) : []
  const [direction = '', path = '', ...attributes] = lines.slice(information.length)
  return [
    'v=0',
    `o=${user} ${session} ${version} IN IP4 ${host}`,
    's=',
    `c=IN IP4 ${host}`,
    't=0 0',
    `m=message ${port} TCP/MSRP *`,
    ...information,
    direction,
    'a=accept-types:message/cpim',
    'a=accept-wrapped-types:*',
    `a=path:msrp://${host}:${port}/${path};tcp`,
    ...attributes,
  ]
}

const PICTURE = (size: number) => `a=file-selector:name:"My cool picture.jpg" type:image/jpeg size:${size} hash:sha-1:${PICTURE_SHA1}`
const SUNSET = `a=file-selector:name:"sunset.jpg" type:image/jpeg size:4096 hash:sha-1:${SUNSET_SHA1}`

/** The session descriptions of RFC 5547, by figure, with their selectors on one line. */
export const RFC_5547_FIGURES: Readonly<Record<string, readonly string[]>> = {
  '2': [
    'v=0',
    'o=alice 2890844526 2890844526 IN IP4 host.atlanta.example.com',
    's=',
    'c=IN IP4 host.atlanta.example.com',
    't=0 0',
    'm=message 7654 TCP/MSRP *',
    'i=This is my latest picture',
    'a=sendonly',
    'a=accept-types:message/cpim',
    'a=accept-wrapped-types:*',
    'a=path:msrp://atlanta.example.com:7654/jshA7we;tcp',
    PICTURE(32349),
    'a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd',
    'a=file-disposition:attachment',
    'a=file-date:creation:"Mon, 15 May 2006 15:01:31 +0300"',
    'a=file-icon:cid:id2@alicepc.example.com',
    'a=file-range:1-32349',
  ],
  '8': figure(
    'alice',
    '2890844526',
    '2890844526',
    'i=This is my latest picture',
    'a=sendonly',
    'jshA7we',
    PICTURE(4092),
    'a=file-transfer-id:Q6LMoGymJdh0IKIgD6wD0jkcfgva4xvE',
    'a=file-disposition:render',
    'a=file-date:creation:"Mon, 15 May 2006 15:01:31 +0300"',
    'a=file-icon:cid:id2@alicepc.example.com',
  ),
  '9': figure(
    'bob',
    '2890844656',
    '2890844656',
    'a=recvonly',
    '9di4ea',
    PICTURE(4092),
    'a=file-transfer-id:Q6LMoGymJdh0IKIgD6wD0jkcfgva4xvE',
  ),
  '15': figure(
    'alice',
    '2890844526',
    '2890844526',
    'a=recvonly',
    'jshA7we',
    `a=file-selector:hash:sha-1:${PICTURE_SHA1}`,
    'a=file-transfer-id:aCQYuBRVoUPGVsFZkCK98vzcX2FXDIk2',
  ),
  '16': figure(
    'bob',
    '2890855439',
    '2890844656',
    'a=sendonly',
    '9di4ea',
    `a=file-selector:type:image/jpeg hash:sha-1:${PICTURE_SHA1}`,
    'a=file-transfer-id:aCQYuBRVoUPGVsFZkCK98vzcX2FXDIk2',
  ),
  '19': figure(
    'alice',
    '2890844527',
    '2890844526',
    'i=This is my latest picture',
    'a=sendonly',
    'iau39',
    SUNSET,
    'a=file-transfer-id:ZVE8MfI9mhAdZ8GyiNMzNN5dpqgzQlCO',
    'a=file-disposition:render',
    'a=file-date:creation:"Sun, 21 May 2006 13:02:15 +0300"',
    'a=file-icon:cid:id3@alicepc.example.com',
  ),
  '20': figure(
    'bob',
    '2890855440',
    '2890844656',
    'a=recvonly',
    'eh10dsk',
    SUNSET,
    'a=file-transfer-id:ZVE8MfI9mhAdZ8GyiNMzNN5dpqgzQlCO',
    'a=file-disposition:render',
  ),
  '24': [
    'v=0',
    'o=bob 2890844656 2890855439 IN IP4 bobpc.example.com',
    's=-',
    'c=IN IP4 bobpc.example.com',
    't=0 0',
    'm=message 0 TCP/MSRP *',
    'a=accept-types:message/cpim',
    'a=accept-wrapped-types:*',
    'a=max-size:20000',
    'a=file-selector',
  ],
}
