import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeFile, previewInvite } from '../../src/node/preview-invite.js'
import { tempFolder } from './temp-folder.js'

it('describes a file as an offer would', async () => {
  const path = join(tempFolder(), 'note.txt')
  writeFileSync(path, 'hello')
  const hash = createHash('sha1')
    .update('hello')
    .digest('hex')
    .toUpperCase()
    .replace(/(..)(?=.)/g, '$1:')
  expect(await describeFile(path)).toEqual({
    name: 'note.txt',
    size: 5,
    type: 'text/plain',
    sha1: hash,
    selector: `name:"note.txt" type:text/plain size:5 hash:sha-1:${hash}`,
  })
  await expect(describeFile(join(path, 'missing'))).rejects.toMatchObject({ code: 'file-missing' })
})

it('writes the INVITE that would be sent, over TLS unless told otherwise @req SEC-7', async () => {
  const folder = tempFolder()
  for (const name of ['a.txt', 'b.txt']) writeFileSync(join(folder, name), name)
  const paths = ['a.txt', 'b.txt'].map(name => join(folder, name))
  const text = await previewInvite({ aor: 'sip:alice@example.com', listen: 'sip:alice@192.0.2.7:5060' }, 'sip:bob@example.com', paths)
  expect(text).toMatch(/^INVITE sip:bob@example\.com SIP\/2\.0\r\n/)
  expect(text).toContain('c=IN IP4 192.0.2.7\r\n')
  expect(text.match(/a=file-selector:name:"[ab]\.txt"/g)).toEqual(['a=file-selector:name:"a.txt"', 'a=file-selector:name:"b.txt"'])
  expect(text).toMatch(/^Via: SIP\/2\.0\/TLS /m)
  expect(text).toMatch(/^m=message \d+ TCP\/TLS\/MSRP \*\r\n/m)
  expect(text).toContain('a=path:msrps://192.0.2.7:')
  const own = await previewInvite({ aor: 'sip:alice@example.com' }, 'sip:bob@example.com', paths.slice(0, 1))
  expect(own).toMatch(/c=IN IP[46] \S+\r\n/)
  const open = await previewInvite({ aor: 'sip:alice@example.com', profile: 'open' }, 'sip:bob@example.com', paths)
  expect(open).toMatch(/^Via: SIP\/2\.0\/TCP /m)
  expect(open).toMatch(/^m=message \d+ TCP\/MSRP \*\r\n/m)
})
