import type { FindingView } from '../../protocol/index.js'
import { authorization, errorOf, RequestError } from '../model/server.js'
import { strings } from '../strings.js'

/** Asks for a check, towards `to` when given, and tells each finding as it comes. Rejects with `RequestError`, or as `signal` says. */
export async function readFindings(to: string | undefined, tell: (finding: FindingView) => void, signal: AbortSignal): Promise<void> {
  const path = to === undefined ? '/api/doctor' : `/api/doctor?to=${encodeURIComponent(to)}`
  const response = await fetch(path, { headers: authorization(), signal, cache: 'no-store' }).catch((error: unknown) => {
    throw signal.aborted ? error : new RequestError(strings.errors.offline, 0)
  })
  if (!response.ok) throw new RequestError(errorOf(await response.text().catch(() => ''), response.status), response.status)
  if (response.body === null) return
  const decoder = new TextDecoder()
  const reader = response.body.getReader()
  let rest = ''
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const lines = (rest + decoder.decode(piece.value, { stream: true })).split('\n')
    rest = lines.pop() as string
    for (const line of lines) if (line.trim() !== '') tell(JSON.parse(line) as FindingView)
  }
  if (rest.trim() !== '') tell(JSON.parse(rest) as FindingView)
}
