/** A message/cpim object of a specification: its head line by line, and the content. */
export interface CpimExample {
  readonly head: readonly string[]
  readonly body: string
  /** What the specification got wrong or left out. */
  readonly slip?: string
}

const PIGLET_ENVELOPE = [
  'DateTime: 2000-12-13T13:40:00-08:00',
  'Subject: the weather will be fine today',
  "Subject:;lang=fr beau temps prevu pour aujourd'hui",
  'NS: MyFeatures <mid:MessageFeatures@id.foo.com>',
  'Require: MyFeatures.VitalMessageOption',
  'MyFeatures.VitalMessageOption: Confirmation-requested',
  'MyFeatures.WackyMessageOption: Use-silly-font',
]
const PIGLET_MIME = ['Content-type: text/xml; charset=utf-8', 'Content-ID: <1234567890@foo.com>']
const PIGLET_BODY = ['<body>', 'Here is the text of my message.', '</body>', ''].join('\r\n')

/** RFC 3862 §5.1 and the message inside of §5.2, the tags before each line taken off. */
export const RFC_3862: Readonly<Record<string, CpimExample>> = {
  '5.1': {
    head: [
      'From: MR SANDERS <im:piglet@100akerwood.com>',
      'To: Depressed Donkey <im:eeyore@100akerwood.com>',
      ...PIGLET_ENVELOPE,
      '',
      ...PIGLET_MIME,
      '',
    ],
    body: PIGLET_BODY,
  },
  '5.2': {
    head: [
      'From: MR SANDERS <im:piglet@100akerwood.com>',
      'To: Dopey Donkey <im:eeyore@100akerwood.com>',
      ...PIGLET_ENVELOPE,
      '',
      ...PIGLET_MIME,
      '',
    ],
    body: PIGLET_BODY,
  },
}

/** RFC 3862 §5.2: the body of multipart/signed around the second message. */
export function signedBody(message: string): string {
  const parts = [`Content-Type: Message/CPIM\r\n\r\n${message}`, 'Content-Type: application/pkcs7-signature\r\n\r\n(signature stuff)\r\n:']
  return `--next\r\n${parts.join('\r\n--next\r\n')}\r\n--next--\r\n`
}

/** The header lines that RFC 3862 prints outside of its messages: §2.2, §3.3, §3.4, §4.1 to §4.7. */
export const RFC_3862_LINES = [
  'To: Pooh Bear <im:pooh@100akerwood.com>',
  'From: <im:piglet@100akerwood.com>',
  'DateTime: 2001-02-02T10:48:54-05:00',
  'Subject:;lang=fr Objet de message',
  'NS: MyFeatures <mid:MessageFeatures@id.foo.com>',
  'MyFeatures.WackyMessageOption: Use-silly-font',
  'NS: acme <http://id.acme.widgets/wily-headers/>',
  'acme.runner-trap: set',
  'NS: <http://id.acme.widgets/wily-headers/>',
  'runner-trap: set',
  'Require: Locale.MustRenderKanji',
  'From: Winnie the Pooh <im:pooh@100akerwood.com>',
  'To: <im:tigger@100akerwood.com>',
  'cc: Winnie the Pooh <im:pooh@100akerwood.com>',
  'cc: <im:tigger@100akerwood.com>',
  'DateTime: 2001-02-01T12:16:49-05:00',
  "Subject:;lang=en Eeyore's feeling very depressed today",
  'MyAlias.MyHeader: private-extension-data',
  'Require: MyAlias.VitalHeader',
]

const NO_BLANK_LINE = 'no blank line in front of the headers of the content (D-23)'

/** A document of RFC 5438, white space and all. */
function imdnXml(lineBreak: string, notification: string, status: string): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<imdn xmlns="urn:ietf:params:xml:ns:imdn">',
    '      <message-id>34jk324j</message-id>',
    '      <datetime>2008-04-04T12:16:49-05:00</datetime>',
    '     <recipient-uri>im:bob@example.com</recipient-uri>',
    '      <original-recipient-uri',
    `${lineBreak}>im:bob@example.com</original-recipient-uri>`,
    `      <${notification}-notification>`,
    '         <status>',
    `            <${status}/>`,
    '         </status>',
    `      </${notification}-notification>`,
    '    </imdn>',
    '',
  ].join('\r\n')
}

const BOB_TO_ALICE = ['From: Bob <im:bob@example.com>', 'To: Alice <im:alice@example.com>', 'NS: imdn <urn:ietf:params:imdn>']
const NOTIFICATION = ['Content-type: message/imdn+xml', 'Content-Disposition: notification', 'Content-length: ...', '']
const DELIVERED = imdnXml('        ', 'delivery', 'delivered')

/** Every message of RFC 5438, by section. */
export const RFC_5438: Readonly<Record<string, CpimExample>> = {
  '7.1.1.3': {
    head: [
      'From: Alice <im:alice@example.com>',
      'To: Bob <im:bob@example.com>',
      'NS: imdn <urn:ietf:params:imdn>',
      'imdn.Message-ID: 34jk324j',
      'DateTime: 2006-04-04T12:16:49-05:00',
      'imdn.Disposition-Notification: positive-delivery, negative-delivery',
      'Content-type: text/plain',
      'Content-length: 12',
      '',
    ],
    body: 'Hello World',
    slip: `${NO_BLANK_LINE}; the content has 11 octets, not 12`,
  },
  '7.2.1.1': {
    head: [...BOB_TO_ALICE, 'imdn.Message-ID: d834jied93rf', ...NOTIFICATION],
    body: DELIVERED,
    slip: NO_BLANK_LINE,
  },
  '7.2.1.2': {
    head: [...BOB_TO_ALICE, 'imdn.Message-ID: dfjkleriou432333', ...NOTIFICATION],
    body: imdnXml('         ', 'display', 'displayed'),
    slip: NO_BLANK_LINE,
  },
  '8.1': {
    head: [...BOB_TO_ALICE.slice(0, 2), ...NOTIFICATION],
    body: imdnXml('         ', 'processing', 'processed'),
    slip: `${NO_BLANK_LINE}; no NS and no imdn.Message-ID, which §7.2.1 demands`,
  },
  '8.3': {
    head: [
      ...BOB_TO_ALICE,
      'imdn.Message-ID: d834jied93rf',
      'Content-type: multipart/mixed;',
      '                   boundary="imdn-boundary"',
      'Content-Disposition: notification',
      'Content-length: ...',
      '',
    ],
    body: [DELIVERED, imdnXml('        ', 'display', 'displayed')]
      .map(xml => `--imdn-boundary\r\nContent-type: message/imdn+xml\r\n\r\n${xml}\r\n`)
      .concat('--imdn-boundary')
      .join(''),
    slip: `${NO_BLANK_LINE}; a boundary at the end that does not close`,
  },
}

const TO_BOB = ['To: Bob <sip:bob@example.com>', 'From: Alice <sip:alice@example.com>']

/** The wrapped contents in the MSRP messages of RFC 4975 and RFC 5547, by figure. */
export const WRAPPED_IN_MSRP: Readonly<Record<string, CpimExample>> = {
  'RFC 4975 figures 14 and 15': {
    head: [...TO_BOB, 'DateTime: 2006-05-15T15:02:31-03:00', 'Content-Type: text/plain', ''],
    body: 'ABCD1234567890',
    slip: NO_BLANK_LINE,
  },
  'RFC 5547 figure 10': {
    head: [
      ...TO_BOB,
      'DateTime: 2006-05-15T15:02:31-03:00',
      'Content-Disposition: render; filename="My cool picture.jpg";',
      '                   creation-date="Mon, 15 May 2006 15:01:31 +0300";',
      '                   size=4092',
      'Content-Type: image/jpeg',
      '',
    ],
    body: '... first set of bytes of the JPEG image ...',
    slip: NO_BLANK_LINE,
  },
  'RFC 5547 figure 17': {
    head: [
      ...TO_BOB,
      'DateTime: 2006-05-15T15:02:31-03:00',
      'Content-Disposition: render; filename="My cool photo.jpg";',
      '               creation-date="Mon, 15 May 2006 15:01:31 +0300";',
      '               modification-date="Mon, 15 May 2006 16:04:53 +0300";',
      '               read-date="Mon, 16 May 2006 09:12:27 +0300";',
      '               size=1931',
      'Content-Type: image/jpeg',
      '',
    ],
    body: '...binary JPEG image...',
    slip: `${NO_BLANK_LINE}; From and To are those of the other direction, 16 May 2006 was a Tuesday`,
  },
  'RFC 5547 figure 21': {
    head: [
      ...TO_BOB,
      'DateTime: 2006-05-21T13:02:15-03:00',
      'Content-Disposition: render; filename="Sunset.jpg";',
      '                   creation-date="Sun, 21 May 2006 13:02:15 -0300";',
      '                   size=1931',
      'Content-Type: image/jpeg',
      '',
    ],
    body: '...binary JPEG image...',
    slip: `${NO_BLANK_LINE}; the offer said another name and size, the only chunk is flagged as not the last`,
  },
}
