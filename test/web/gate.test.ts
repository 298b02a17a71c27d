import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gateRefusal } from '../../src/web/gate.js'
import { startWeb } from '../../src/web/index.js'
import { PageKit } from '../kit/page-kit.js'

let kit: PageKit
beforeAll(async () => {
  kit = await PageKit.start()
})
afterAll(async () => kit[Symbol.asyncDispose]())

/** Writes octets to the port and reads the answer to its end. */
function raw(text: string): Promise<{ readonly status: number; readonly head: string; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(kit.origin).port), '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.setEncoding('latin1')
    socket.on('data', piece => {
      answer += piece
    })
    socket.on('error', reject)
    socket.on('close', () => {
      const [head = '', ...body] = answer.split('\r\n\r\n')
      resolve({ status: Number(head.split(' ')[1]), head, body: body.join('\r\n\r\n') })
    })
  })
}

const authority = () => new URL(kit.origin).host
const get = (path: string, headers: readonly string[] = [], host: string | undefined = authority()) =>
  raw([`GET ${path} HTTP/1.1`, ...(host === '' ? [] : [`Host: ${host}`]), 'Connection: close', ...headers, '', ''].join('\r\n'))

const SECURITY = [
  "content-security-policy: default-src 'self'; script-src 'self'; style-src 'self'",
  'x-content-type-options: nosniff',
  'referrer-policy: no-referrer',
  'cross-origin-opener-policy: same-origin',
  'cross-origin-resource-policy: same-origin',
  'x-frame-options: deny',
  'cache-control: no-store',
]

describe('who may use the page', () => {
  it('answers hostile requests exactly so', async () => {
    const bearer = `Authorization: Bearer ${kit.token}`
    const own = `http://${authority()}`
    const cases: [string, number, Promise<{ status: number; head: string }>][] = [
      ['the page itself', 200, get('/')],
      ['a name that was made to point here', 403, get('/', [], 'evil.example')],
      ['the right port of a wrong name', 403, get('/', [], `evil.example:${authority().split(':')[1]}`)],
      ['localhost is another name', 403, get('/', [], `localhost:${authority().split(':')[1]}`)],
      ['the address without its port', 403, get('/', [], '127.0.0.1')],
      ['two hosts', 403, get('/', ['Host: evil.example'])],
      ['no host', 400, get('/', [], '')],
      ['another origin with the token', 403, get('/api/state', [bearer, 'Origin: http://evil.example'])],
      ['a page at another port of this machine', 403, get('/api/state', [bearer, 'Origin: http://127.0.0.1:1'])],
      ['no origin at all, said so', 403, get('/api/state', [bearer, 'Origin: null'])],
      ['two origins', 403, get('/api/state', [bearer, `Origin: ${own}`, `Origin: ${own}`])],
      ['a request that another site caused', 403, get('/api/state', [bearer, 'Sec-Fetch-Site: cross-site'])],
      ['a site of the same machine', 403, get('/api/state', [bearer, 'Sec-Fetch-Site: same-site'])],
      ['a script of the page for another site', 403, get('/assets/x.js', ['Sec-Fetch-Site: cross-site'])],
      ['a link to the page elsewhere', 200, get('/', ['Sec-Fetch-Site: cross-site'])],
      ['our own page', 200, get('/api/state', [bearer, `Origin: ${own}`, 'Sec-Fetch-Site: same-origin'])],
      ['a program of this machine with the token', 200, get('/api/state', [bearer])],
      ['no token', 401, get('/api/state')],
      ['a wrong token', 401, get('/api/state', ['Authorization: Bearer x'])],
      ['the token in another scheme', 401, get('/api/state', [`Authorization: Basic ${kit.token}`])],
      ['the token and more', 401, get('/api/state', [`${bearer}x`])],
      ['the token in the address', 401, get(`/api/state?token=${kit.token}`)],
      ['events without a token', 401, get('/api/events')],
      ['nothing there', 404, get('/nothing')],
      ['nothing in the API', 404, get('/api/nothing', [bearer])],
      ['a file outside', 404, get('/../../package.json')],
      ['a file outside, encoded', 404, get('/assets/..%2f..%2findex.html')],
      ['the source of the page as a file', 404, get('/index.html')],
      ['a ticket that nobody issued', 404, get('/download/AAAA')],
      ['a whole address', 400, get(`http://${authority()}/`)],
      ['an address of another host', 400, get('http://evil.example/')],
      ['two slashes', 400, get('//evil.example/')],
      ['another method', 405, raw(`PATCH / HTTP/1.1\r\nHost: ${authority()}\r\nConnection: close\r\n\r\n`)],
      ['TRACE', 405, raw(`TRACE / HTTP/1.1\r\nHost: ${authority()}\r\nConnection: close\r\n\r\n`)],
      ['no HTTP', 400, raw('\x16\x03\x01\r\n\r\n')],
      ['a head that is too large', 400, get('/', [`X: ${'x'.repeat(20_000)}`])],
    ]
    for (const [name, status, answer] of cases) {
      const { status: got, head } = await answer
      expect(got, name).toBe(status)
      // What Node itself refuses is never a document
      if (!['no HTTP', 'a head that is too large', 'no host'].includes(name))
        for (const header of SECURITY) expect(head.toLowerCase(), `${name}: ${header}`).toContain(header)
    }
  })

  it.skipIf(!Object.values(networkInterfaces()).some(all => all?.some(({ address }) => address === '::1')))(
    'serves at ::1 as well, under that name alone',
    async () => {
      await using other = await PageKit.start({ web: { host: '::1' } })
      expect(other.origin).toMatch(/^http:\/\/\[::1\]:\d+$/)
      expect((await other.call('GET', '/api/state')).status).toBe(200)
    },
  )

  it('says which address is taken', async () => {
    const desktop = { open: async () => {}, reveal: async () => {}, freeSpace: async () => undefined }
    const port = Number(new URL(kit.origin).port)
    await expect(startWeb({ version: '0', outbox: `${kit.folder}/outbox`, desktop, port })).rejects.toMatchObject({
      code: 'address-in-use',
    })
  })

  it('lets styles be made with the nonce of one answer only, and runs no inline script', async () => {
    const [first, second] = [await get('/'), await get('/')]
    const nonce = /'nonce-([\w+/=]{24})'/.exec(first.head)?.[1] ?? ''
    expect(first.body).toContain(`content="${nonce}"`)
    expect(first.body).not.toContain('{{nonce}}')
    expect(second.head).not.toContain(nonce)
    expect(first.body).not.toMatch(/<script(?![^>]* src=)/)
    expect(first.head).not.toContain("'unsafe")
  })

  it('lets files with a hash in their name be kept, and the others be asked for again', async () => {
    const script = /src="(\/assets\/[^"]+\.js)"/.exec((await get('/')).body)?.[1] ?? ''
    const { status, head } = await get(script)
    expect(status).toBe(200)
    expect(head.toLowerCase()).toContain('cache-control: public, max-age=31536000, immutable')
    expect(head.toLowerCase()).toContain('content-type: text/javascript')
    expect((await get('/THIRD-PARTY-LICENSES.txt')).head.toLowerCase()).toContain('cache-control: no-cache')
  })

  it('refuses everything but its own authority, whatever else a request says', () => {
    const text = fc.string({ maxLength: 40 })
    fc.assert(
      fc.property(
        text,
        text,
        fc.array(fc.tuple(fc.constantFrom('Host', 'host', 'Origin', 'ORIGIN', 'Sec-Fetch-Site'), text), { maxLength: 6 }),
        (method, url, headers) => {
          const rawHeaders = headers.flat()
          const hosts = headers.filter(([name]) => name.toLowerCase() === 'host').map(([, value]) => value)
          const refusal = gateRefusal({ method, url, rawHeaders }, '127.0.0.1:1')
          if (hosts.length !== 1 || hosts[0] !== '127.0.0.1:1') expect(refusal).toBeDefined()
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('limits of commands', () => {
  it('refuses what is no command, with the exact status', async () => {
    const post = async (body: string, type = 'application/json') => {
      const response = await fetch(`${kit.origin}/api/transfers`, {
        method: 'POST',
        headers: { authorization: `Bearer ${kit.token}`, 'content-type': type },
        body,
      })
      return { status: response.status, body: (await response.json()) as { error: { code: string; text: string } } }
    }
    expect(await post('{}', 'text/plain')).toMatchObject({ status: 415, body: { error: { code: 'bad-request' } } })
    expect(await post('{}', 'multipart/form-data')).toMatchObject({ status: 415 })
    expect(await post('{"')).toMatchObject({ status: 400 })
    expect(await post('[]')).toMatchObject({ status: 400 })
    expect(await post('{"uploads":[],"to":[]}')).toMatchObject({
      status: 400,
      body: { error: { text: expect.stringContaining('uploads') } },
    })
    expect(await post('{"uploads":["a"],"to":[],"more":1}')).toMatchObject({ status: 400 })
    expect(await post(`{"uploads":["${'a'.repeat(300_000)}"]}`)).toMatchObject({ status: 413, body: { error: { code: 'too-large' } } })
    expect(await post('{"uploads":["nothing"],"to":[{"uri":"sip:bob@127.0.0.1"}]}')).toMatchObject({
      status: 404,
      body: { error: { code: 'file-missing' } },
    })
    expect((await kit.upload('a.txt', 'a')).status).toBe(200)
  })

  it('answers anything with a status and words, never with a fault @req SEC-12', async () => {
    const value = fc.jsonValue({ maxDepth: 3 })
    const paths = [
      '/api/transfers',
      '/api/transfers/AAAA/actions',
      '/api/offers/o1',
      '/api/history/AAAA/files/0',
      '/api/contacts',
      '/api/groups',
      '/api/account',
      '/api/settings',
      '/api/tour',
    ]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.constantFrom('POST', 'PUT'), value, async (path, method, body) => {
        const answer = await kit.call(method, path, body)
        // settings without a single one are a command
        if (path === '/api/settings' && answer.status === 200) return
        expect([400, 404, 409, 413]).toContain(answer.status)
        expect(answer.body.error.text).toEqual(expect.any(String))
      }),
      { numRuns: 150 },
    )
    expect((await kit.call('GET', '/api/state')).status).toBe(200)
  })
})
