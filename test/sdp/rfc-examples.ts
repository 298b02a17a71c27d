/**
 * The session descriptions of RFC 4975 and RFC 7701; those of RFC 5547 are in fixtures.ts. RFC 6714 prints none.
 * Lines that the text breaks for its margin stand in one piece.
 */

/** A head for the examples that begin with their c= line. */
const HEAD = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-']

/** `s= -` with its space is printed so. */
function chat(user: string, origin: string, host: string, port: number, types: string, id: string): string[] {
  return [
    'v=0',
    `o=${user} ${origin} IN IP4 ${host}`,
    's= -',
    `c=IN IP4 ${host}`,
    't=0 0',
    `m=message ${port} TCP/MSRP *`,
    `a=accept-types:${types}`,
    `a=path:msrp://${host}:${port}/${id};tcp`,
  ]
}

export const RFC_4975: Readonly<Record<string, readonly string[]>> = {
  'figure 1, offer': [
    ...HEAD,
    'c=IN IP4 atlanta.example.com',
    'm=message 7654 TCP/MSRP *',
    'a=accept-types:text/plain',
    'a=path:msrp://atlanta.example.com:7654/jshA7weztas;tcp',
  ],
  'figure 1, answer': [
    ...HEAD,
    'c=IN IP4 biloxi.example.com',
    'm=message 12763 TCP/MSRP *',
    'a=accept-types:text/plain',
    'a=path:msrp://biloxi.example.com:12763/kjhd37s2s20w2a;tcp',
  ],
  'figure 7': chat('alice', '2890844526 2890844527', 'alice.example.com', 7394, 'text/plain', '2s93i9ek2a'),
  'figure 9': chat('usera', '2890844526 2890844527', 'alice.example.com', 7394, 'message/cpim text/plain text/html', '2s93i93idj'),
  'figure 10': chat('userb', '2890844530 2890844532', 'bob.example.com', 8493, 'message/cpim text/plain', 'si438dsaodes'),
  'figure 12, offer': chat('alice', '2890844557 2890844559', 'alicepc.example.com', 7777, 'text/plain', 'iau39soe2843z'),
  'figure 12, answer': chat('bob', '2890844612 2890844616', 'bob.example.com', 8888, 'text/plain', '9di4eae923wzd'),
  'figure 19': [
    ...HEAD,
    'c=IN IP4 atlanta.example.com',
    'm=message 7654 TCP/TLS/MSRP *',
    'a=accept-types:text/plain',
    'a=path:msrps://atlanta.example.com:7654/jshA7weso3ks;tcp',
    'a=fingerprint:SHA-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB',
  ],
}

/** RFC 8122 figure 1: several fingerprints of one certificate. */
export const RFC_8122_FIGURE_1 = [
  ...HEAD,
  'm=image 54111 TCP/TLS t38',
  'c=IN IP4 192.0.2.2',
  'a=setup:passive',
  'a=connection:new',
  'a=fingerprint:SHA-256 12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD',
  'a=fingerprint:SHA-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB',
]

/** RFC 7701 §9.1. Slip: the t= line that RFC 8866 demands is missing in both. */
export const RFC_7701: Readonly<Record<string, readonly string[]>> = {
  '§9.1, offer': [
    'v=0',
    'o=alice 2890844526 2890844526 IN IP4 client.atlanta.example.com',
    's=-',
    'c=IN IP4 client.atlanta.example.com',
    'm=message 7654 TCP/MSRP *',
    'a=accept-types:message/cpim text/plain text/html',
    'a=path:msrp://client.atlanta.example.com:7654/jshA7weztas;tcp',
    'a=chatroom:nickname private-messages',
  ],
  '§9.1, answer': [
    'v=0',
    'o=chat 2890844527 2890844527 IN IP4 chat.example.com',
    's=-',
    'c=IN IP4 chat.example.com',
    'm=message 12763 TCP/MSRP *',
    'a=accept-types:message/cpim',
    'a=accept-wrapped-types:text/plain text/html *',
    'a=path:msrp://chat.example.com:12763/kjhd37s2s20w2a;tcp',
    'a=chatroom:nickname private-messages',
  ],
}

/**
 * The multipart bodies of RFC 5547 figures 8 and 19 around their session description.
 * Slip: the lengths are words in brackets, and so is the icon.
 */
export function relatedBody(description: string, icon: { readonly id: string; readonly content: string }): string {
  return [
    '--boundary71',
    'Content-Type: application/sdp',
    'Content-Length: [length of SDP]',
    '',
    description,
    '--boundary71',
    'Content-Type: image/jpeg',
    'Content-Transfer-Encoding: binary',
    `Content-ID: <${icon.id}>`,
    'Content-Length: [length of image]',
    'Content-Disposition: icon',
    '',
    icon.content,
    '--boundary71--',
    '',
  ].join('\r\n')
}
