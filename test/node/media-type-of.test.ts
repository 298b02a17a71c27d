import mime from 'mime'
import other from 'mime/types/other.js'
import standard from 'mime/types/standard.js'
import { describe, expect, it } from 'vitest'
import { mediaTypeOf } from '../../src/node/media-type-of.js'

describe('the media type of a file', () => {
  it('is what the package says whose tables it reads', () => {
    const tables: Readonly<Record<string, readonly string[]>>[] = [standard, other]
    const extensions = tables.flatMap(table => Object.values(table)).flat()
    expect(extensions.length).toBeGreaterThan(1000)
    const names = extensions.flatMap(extension => [
      `photo.${extension}`,
      `Photo.${extension.toUpperCase()}`,
      `/a.b/x.${extension}`,
      extension,
    ])
    for (const name of [...names, '', '.', 'x.', '.txt', '/a/.txt', '/a/txt', 'a\\.txt', 'a.tar.gz', 'README', 'toString', 'a.constructor'])
      expect([name, mediaTypeOf(name)]).toEqual([name, mime.getType(name) ?? 'application/octet-stream'])
  })
})
