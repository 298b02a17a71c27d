import { type ClientOptions, CpmftError } from '../client/index.js'
import type { FileDescription } from './context.js'

/** What `describe` and `send --dry-run` need of the node room. */
interface PreviewFunctions {
  previewInvite?(options: ClientOptions, to: string, files: readonly string[]): Promise<string>
  describeFile?(path: string): Promise<FileDescription>
}

/** The INVITE and its SDP as they would be sent. */
export async function previewInvite(options: ClientOptions, to: string, files: readonly string[]): Promise<string> {
  const { previewInvite: preview } = await loadPreview()
  if (preview === undefined) throw new CpmftError('internal', 'previewInvite is not built in.')
  return preview(options, to, files)
}

/** The file selector of one file. */
export async function describeFile(path: string): Promise<FileDescription> {
  const { describeFile: describe } = await loadPreview()
  if (describe === undefined) throw new CpmftError('internal', 'describeFile is not built in.')
  return describe(path)
}

async function loadPreview(): Promise<PreviewFunctions> {
  return (await import('../node/index.js')) as unknown as PreviewFunctions
}
