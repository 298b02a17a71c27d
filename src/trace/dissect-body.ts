import { findCpimClause, findMimeClause } from './clause.js'
import { dissectHeaders } from './dissect-headers.js'
import { dissectSdp } from './dissect-sdp.js'
import { dissectXml } from './dissect-xml.js'
import type { Dissector } from './dissector.js'
import { MAX_BODY_DEPTH } from './limits.js'

/** The body `[from, to)` of that media type, and the bodies in it. @param type value of Content-Type, `''` without */
export function dissectBody(out: Dissector, type: string, from: number, to: number, depth = 0): void {
  if (from >= to) return
  const media = (type.split(';', 1)[0] as string).trim().toLowerCase()
  out.enter(media === '' ? 'body' : media, '', from, to)
  if (media === 'application/sdp') dissectSdp(out, from, to)
  else if (media.startsWith('multipart/') && depth < MAX_BODY_DEPTH) dissectMultipart(out, boundaryOf(type), from, to, depth)
  else if (media === 'message/cpim' && depth < MAX_BODY_DEPTH) dissectCpim(out, from, to, depth)
  else if (media.endsWith('+xml') || media.endsWith('/xml')) dissectXml(out, from, to)
  else {
    out.mark(from, to, 'text')
    out.leaf('text', out.text.slice(from, to), from, to)
  }
  out.leave(to)
}

/** RFC 3862 §2.2: message headers, an empty line, headers of the content, an empty line, the content. */
function dissectCpim(out: Dissector, from: number, to: number, depth: number): void {
  const { bodyAt } = dissectHeaders(out, from, to, findCpimClause)
  const content = dissectHeaders(out, bodyAt, to, findMimeClause)
  dissectBody(out, content.values.get('content-type') ?? 'text/plain', content.bodyAt, to, depth + 1)
}

/** RFC 2046 §5.1.1: parts between lines `--boundary`; the last line is `--boundary--`. */
function dissectMultipart(out: Dissector, boundary: string, from: number, to: number, depth: number): void {
  const delimiter = `--${boundary}`
  let part: number | undefined
  for (const line of out.lines(from, to)) {
    if (!out.text.startsWith(delimiter, line.from) || line.from + delimiter.length > line.to) continue
    if (part !== undefined) dissectPart(out, part, line.from, depth)
    out.mark(line.from, line.to, 'boundary')
    part = out.text.startsWith('--', line.from + delimiter.length) ? undefined : line.next
  }
  if (part !== undefined) dissectPart(out, part, to, depth)
}

function dissectPart(out: Dissector, from: number, to: number, depth: number): void {
  out.enter('part', '', from, to)
  const { values, bodyAt } = dissectHeaders(out, from, to, findMimeClause)
  // The line end before the boundary belongs to the boundary
  const end = out.text.endsWith('\r\n', to) ? to - 2 : to
  dissectBody(out, values.get('content-type') ?? 'text/plain', bodyAt, Math.max(bodyAt, end), depth + 1)
  out.leave(to)
}

function boundaryOf(type: string): string {
  const at = type.toLowerCase().indexOf('boundary=')
  if (at < 0) return ''
  const rest = type.slice(at + 'boundary='.length)
  return rest.startsWith('"') ? (rest.slice(1).split('"', 1)[0] as string) : (rest.split(';', 1)[0] as string).trim()
}
