import {
  buildLadder,
  encodeEntry,
  encodePcapng,
  redactEntry,
  renderMermaid,
  renderSvg,
  renderText,
  type TraceEntry,
} from '../../../../trace/index.js'

export type ExportFormat = 'text' | 'svg' | 'mermaid' | 'jsonl' | 'pcapng'

export const EXPORT_FORMATS: readonly ExportFormat[] = ['text', 'svg', 'mermaid', 'jsonl', 'pcapng']

interface ExportedFile {
  readonly name: string
  readonly blob: Blob
}

const FILES: Readonly<Record<ExportFormat, { readonly ending: string; readonly type: string }>> = {
  text: { ending: 'txt', type: 'text/plain;charset=utf-8' },
  svg: { ending: 'svg', type: 'image/svg+xml' },
  mermaid: { ending: 'mmd', type: 'text/plain;charset=utf-8' },
  jsonl: { ending: 'jsonl', type: 'application/x-ndjson' },
  pcapng: { ending: 'pcapng', type: 'application/octet-stream' },
}

/** Columns of the ladder as text. */
const TEXT_WIDTH = 120

/** A trace as a file, by the same renderers as `cpmft trace`. @param at when, for its name; milliseconds since 1970 */
export function exportTrace(recorded: readonly TraceEntry[], format: ExportFormat, redact: boolean, at: number): ExportedFile {
  const entries = redact ? recorded.map(redactEntry) : recorded
  const { ending, type } = FILES[format]
  const stamp = new Date(at).toISOString().slice(0, 19).replaceAll(':', '-')
  return { name: `cpmft-${stamp}.${ending}`, blob: new Blob(contentOf(entries, format), { type }) }
}

function contentOf(entries: readonly TraceEntry[], format: ExportFormat): BlobPart[] {
  if (format === 'jsonl') return entries.map(encodeEntry)
  if (format === 'pcapng') return [encodePcapng(entries) as Uint8Array<ArrayBuffer>]
  if (format === 'svg') return [renderSvg(entries)]
  if (format === 'mermaid') return [renderMermaid(entries)]
  return [renderText(buildLadder(entries), { width: TEXT_WIDTH })]
}

/** Gives a file to the browser's downloads. */
export function saveFile({ name, blob }: ExportedFile): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has begun by then
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
