import type { ClientOptions, Destination } from '../client/index.js'
import type { FileDescription } from './context.js'

/** The INVITE and its SDP as they would be sent. */
export async function previewInvite(options: ClientOptions, to: Destination, files: readonly string[]): Promise<string> {
  const { previewInvite } = await import('../node/index.js')
  return previewInvite(options, to, files)
}

/** The file selector of one file. */
export async function describeFile(path: string): Promise<FileDescription> {
  const { describeFile } = await import('../node/index.js')
  return describeFile(path)
}
