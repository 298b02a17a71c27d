import other from 'mime/types/other.js'
import standard from 'mime/types/standard.js'

/**
 * `image/jpeg` for `photo.jpg`; `application/octet-stream` when the extension says nothing.
 * The tables are searched as they are: a process that sends one file would build indexes of a thousand types for one question.
 */
export function mediaTypeOf(name: string): string {
  const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1).toLowerCase()
  const dot = last.lastIndexOf('.')
  // `.profile` in a folder has no extension
  if (dot <= 0 && last.length < name.length) return UNKNOWN
  const extension = last.slice(dot + 1)
  return typeIn(standard, extension) ?? typeIn(other, extension) ?? UNKNOWN
}

const UNKNOWN = 'application/octet-stream'

/** `*` before an extension: another type comes first. */
function typeIn(types: Readonly<Record<string, readonly string[]>>, extension: string): string | undefined {
  if (extension.startsWith('*')) return undefined
  for (const type in types) if (types[type]?.includes(extension)) return type
  return undefined
}
