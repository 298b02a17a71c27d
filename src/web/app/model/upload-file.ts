import type { ErrorView, UploadView } from '../../protocol/index.js'
import { strings } from '../strings.js'
import { authorization, errorOf, RequestError } from './server.js'

/**
 * Copies a file into the server. `XMLHttpRequest`, since `fetch` does not tell how far it is; the browser reads the file from the disk piece by
 * piece. Rejects with `RequestError`, or with the reason of `signal`.
 */
export function uploadFile(file: File, progress: (bytes: number) => void, signal: AbortSignal): Promise<UploadView> {
  const { promise, resolve, reject } = deferred<UploadView>()
  if (signal.aborted) {
    reject(signal.reason)
    return promise
  }
  const upload = new XMLHttpRequest()
  const stop = (): void => {
    reject(signal.reason)
    upload.abort()
  }
  signal.addEventListener('abort', stop, { once: true })
  upload.upload.addEventListener('progress', ({ loaded }) => progress(loaded))
  upload.addEventListener('error', () => void whyNot(file).then(why => reject(new RequestError(why, 0))))
  upload.addEventListener('load', () => {
    if (upload.status >= 200 && upload.status < 300) resolve(JSON.parse(upload.responseText) as UploadView)
    else reject(new RequestError(errorOf(upload.responseText, upload.status), upload.status))
  })
  upload.addEventListener('loadend', () => signal.removeEventListener('abort', stop))
  upload.open('POST', '/api/uploads')
  upload.setRequestHeader('authorization', authorization().authorization)
  upload.setRequestHeader('x-file-name', encodeURIComponent(wellFormed(file.name)))
  upload.setRequestHeader('content-type', 'application/octet-stream')
  upload.send(file)
  return promise
}

/** A file that was moved or changed after it was picked cannot be read any more; else the server is away. */
async function whyNot(file: File): Promise<ErrorView> {
  const isReadable = await file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    )
  return isReadable ? strings.errors.offline : strings.errors.unreadable
}

/** A name may hold half of a character, which has no form in UTF-8. */
function wellFormed(name: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(name))
}

interface Deferred<Value> {
  readonly promise: Promise<Value>
  readonly resolve: (value: Value) => void
  readonly reject: (reason: unknown) => void
}

function deferred<Value>(): Deferred<Value> {
  let resolve!: (value: Value) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<Value>((good, bad) => {
    resolve = good
    reject = bad
  })
  return { promise, resolve, reject }
}
