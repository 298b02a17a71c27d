import {
  type ClientOptions,
  type Destination,
  describeSource,
  type FileSource,
  previewInvite as preview,
  profileOf,
} from '../client/index.js'
import type { OutgoingFile } from '../cpm/index.js'
import { formatFileSelector, formatOctets } from '../sdp/index.js'
import { selfSigned } from './dev-certificates.js'
import { type NodeHost, nodeHost } from './node-host.js'
import type { TlsOptions } from './tls-options.js'

/** What `cpmft describe` prints of a file. */
export interface DescribedFile {
  readonly name: string
  /** Octets. */
  readonly size: number
  readonly type: string
  /** Colon-separated upper-case hex. */
  readonly sha1: string
  /** As in SDP: `name:"a.jpg" type:image/jpeg size:4092 hash:sha-1:…` */
  readonly selector: string
}

/** Opens and hashes a file. @throws CpmftError through `HostError` codes when it cannot be read */
export async function describeFile(path: string): Promise<DescribedFile> {
  return withHost(async host => {
    const { source, sha1, file } = await describe(host, path, 'describe')
    return {
      name: source.name,
      size: source.size,
      type: source.type,
      sha1: formatOctets(sha1),
      selector: formatFileSelector(file.selector),
    }
  })
}

/** The INVITE that sending these files would write, as text; nothing is sent. */
export async function previewInvite(options: ClientOptions, to: Destination, paths: readonly string[]): Promise<string> {
  const tls =
    profileOf({ ...options, ...(typeof to === 'string' && options.reach === undefined ? { reach: to } : {}) }) === 'secure'
      ? { ...(await selfSigned()), selfSigned: true }
      : undefined
  return withHost(async host => {
    const files: OutgoingFile[] = []
    for (const path of paths) files.push((await describe(host, path, `file-${files.length + 1}`)).file)
    const listen = options.listen?.match(/@(\[[^\]]+\]|[^:;@]+)/)?.[1]
    const address = listen ?? (await host.localAddress('127.0.0.1'))
    return Buffer.from(preview(host, options, to, files, address)).toString('utf8')
  }, tls)
}

async function describe(
  host: NodeHost,
  path: string,
  fileId: string,
): Promise<{ source: FileSource; sha1: Uint8Array; file: OutgoingFile }> {
  const source = await host.open(path)
  try {
    const sha1 = await source.hash()
    return { source, sha1, file: { ...describeSource(source, sha1), fileId, disposition: 'attachment' } }
  } finally {
    await source.close()
  }
}

async function withHost<T>(work: (host: NodeHost) => Promise<T>, tls?: TlsOptions): Promise<T> {
  const host = nodeHost(tls === undefined ? {} : { tls })
  try {
    return await work(host)
  } finally {
    await host.close()
  }
}
