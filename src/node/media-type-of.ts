import mime from 'mime'

/** `image/jpeg` for `photo.jpg`; `application/octet-stream` when the extension says nothing. */
export function mediaTypeOf(name: string): string {
  return mime.getType(name) ?? 'application/octet-stream'
}
