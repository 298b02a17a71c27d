import { CpimUnwrapper, encodeCpimHead, mimeHeader } from 'cpmft/cpim'

/** Wraps a text in message/cpim, then takes the wrapper off again while the message arrives in pieces of `pieceLength` octets. */
export function wrapAndUnwrap(text: string, pieceLength: number) {
  const content = new TextEncoder().encode(text)
  const head = encodeCpimHead({
    from: { displayName: 'Alice', uri: 'sip:alice@example.org' },
    to: [{ uri: 'sip:bob@example.net' }],
    dateTime: '2024-05-04T12:16:49Z',
    mime: [
      ['Content-Type', 'text/plain'],
      ['Content-Disposition', 'attachment; filename="notes.txt"'],
    ],
  })
  const message = new Uint8Array([...head, ...content])

  const unwrapper = new CpimUnwrapper(message.length, content.length)
  const unwrapped = new Uint8Array(content.length)
  for (let offset = 0; offset < message.length; offset += pieceLength) {
    const part = unwrapper.push(offset, message.subarray(offset, offset + pieceLength))
    if (part !== undefined) unwrapped.set(part.bytes, part.offset)
  }
  return {
    message: new TextDecoder().decode(message),
    from: unwrapper.head?.from.displayName,
    type: unwrapper.head && mimeHeader(unwrapper.head, 'content-type'),
    text: new TextDecoder().decode(unwrapped),
  }
}
