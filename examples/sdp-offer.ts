import { createHash, randomBytes } from 'node:crypto'
import { type FileMedia, Negotiation, newTransferId, readFileMedia, rejectedMedia, writeFileMedia } from 'cpmft/sdp'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** Offers files in one description (RFC 5547), accepts the first, declines the rest, and reads the answer. */
export function offerAndAnswer(files: readonly { readonly name: string; readonly content: string }[]) {
  const alice = new Negotiation({ username: 'alice', sessionId: '3923820001', address: '192.0.2.10' })
  const bob = new Negotiation({ username: 'bob', sessionId: '771200', address: '192.0.2.20' })

  const offer = alice.offer(files.map(({ name, content }, index) => writeFileMedia(fileMedia(name, content, index))))
  const offered = bob.offered(offer)
  const lines = offered.media.map((line, index) => {
    const { media, faults } = readFileMedia(offered, index)
    if (faults.length > 0 || index > 0) return rejectedMedia(line) // port 0; the file's name and id as they came
    const path = ['msrp://192.0.2.20:2855/bT5wXc8PqJ3hGf6Kd0Ls;tcp']
    return writeFileMedia({ ...media, direction: 'recvonly', setup: 'passive', path, address: undefined })
  })
  const answer = bob.answer(lines)
  const answered = alice.answered(answer)
  const verdicts = answered.media.map(({ port }, index) => `${files[index]?.name}: ${port === 0 ? 'declined' : 'accepted'}`)
  return { offer: text(offer), answer: text(answer), verdicts }
}

function fileMedia(name: string, content: string, index: number): FileMedia {
  const type = { type: 'text', subtype: 'plain', parameters: new Map() }
  const hashes = [{ algorithm: 'sha-1', octets: createHash('sha1').update(content).digest() }]
  const selector = { name, type, size: Buffer.byteLength(content), hashes }
  return {
    ...{ port: 2855, secure: false, address: undefined, direction: 'sendonly', setup: 'actpass', cema: false, fingerprints: [] },
    ...{ path: [`msrp://192.0.2.10:2855/aQ7mZ2kLx9RtVb4Ns1Y${index};tcp`], acceptTypes: ['message/cpim', '*'], acceptWrappedTypes: [] },
    ...{ selector, transferId: newTransferId(randomBytes), disposition: 'attachment', range: undefined, maxSize: undefined },
    ...{ date: undefined, icon: undefined, information: undefined },
  }
}
