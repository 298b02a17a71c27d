import { Writable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { type Client, CpmftError } from 'cpmft'

/** Streams the first file of the next offer through gzip, with a deadline. Backpressure reaches the MSRP sender. */
export async function streamFirst(bob: Client, milliseconds: number, sink: NodeJS.WritableStream): Promise<string> {
  const cancel = new AbortController()
  const signal = AbortSignal.any([cancel.signal, AbortSignal.timeout(milliseconds)])
  try {
    for await (const offer of bob.offers({ signal })) {
      const [file] = offer.accept(offer.files.slice(0, 1), { signal }).files
      const gzip = createGzip()
      gzip.pipe(sink)
      await file?.readable.pipeTo(Writable.toWeb(gzip), { signal })
      return 'streamed'
    }
  } catch (error) {
    if (error instanceof CpmftError) return `${error.code}: ${error.hint}`
    return String(signal.reason ?? error)
  }
  return 'closed'
}
