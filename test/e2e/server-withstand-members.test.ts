import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { group } from '../../src/node/index.js'
import { RawMsrp } from '../kit/raw-msrp.js'
import { headerOf, RawSip, statusOf } from '../kit/raw-sip.js'
import { TempFolder } from '../kit/temp-folder.js'
import { accept, type Conduct, GroupWorld, sha1 } from './group-world.js'

// A server with open registration and clients of this package; beside them one creator or some members that are written by hand
const ICSI = 'urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer'

let folder: TempFolder
let world: GroupWorld
const peers: { close(): void }[] = []

beforeEach(async () => {
  folder = new TempFolder()
  world = await GroupWorld.open(folder.join('world'))
})
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close()
  await world.close()
  folder.remove()
}, 60_000)

const uri = (name: string): string => `sip:${name}@cpm.test`
const spooled = (): string[] => (existsSync(world.spool) ? readdirSync(world.spool) : [])

async function until(condition: () => boolean, seconds = 10): Promise<void> {
  for (const end = performance.now() + seconds * 1000; !condition(); ) {
    if (performance.now() > end) throw new Error('It never came true.')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

async function rawPerson(name: string): Promise<RawSip> {
  const peer = await RawSip.tcp(world.server.addresses[0]?.port ?? 0)
  peers.push(peer)
  peer.onRequest = request => peer.respond(request, '200 OK')
  const done = await peer.ask({
    method: 'REGISTER',
    uri: 'sip:cpm.test',
    from: `${name}@cpm.test`,
    to: uri(name),
    headers: ['Expires: 600'],
  })
  expect(statusOf(done), done).toBe(200)
  return peer
}

async function rawMsrp(to: string, from: string): Promise<RawMsrp> {
  const line = await RawMsrp.open(to, from)
  peers.push({ close: () => void line.socket.destroy() })
  return line
}

const sdpLine = (text: string, name: string): string => new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(text)?.[1] ?? ''

/** A member that takes every file and connects; what it does on the connection is the test's. */
async function rawMember(name: string, conduct: (line: RawMsrp) => void): Promise<RawSip> {
  const peer = await rawPerson(name)
  const own = `msrp://127.0.0.1:9/${name}session0000000001;tcp`
  peer.onRequest = request => {
    if (!request.startsWith('INVITE ')) return peer.respond(request, '200 OK')
    const isFirst = !headerOf(request, 'To').includes(';tag=')
    const wanted = /^m=message 0 /m.test(request) ? 0 : 9
    const answer = [
      'v=0',
      `o=${name} 1 ${isFirst ? 1 : 2} IN IP4 127.0.0.1`,
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=message ${wanted} TCP/MSRP *`,
      'a=recvonly',
      'a=setup:active',
      'a=accept-types:message/cpim *',
      `a=path:${own}`,
      `a=file-selector:${sdpLine(request, 'file-selector')}`,
      `a=file-transfer-id:${sdpLine(request, 'file-transfer-id')}`,
      '',
    ].join('\r\n')
    if (isFirst)
      void rawMsrp(sdpLine(request, 'path'), own).then(line => {
        conduct(line)
        line.send('bind1', '1-0/0')
      })
    return peer.respond(request, '200 OK', ['Content-Type: application/sdp'], answer)
  }
  return peer
}

/** Status other than 200 of the response to a SEND, else of a REPORT; 0 while there is none. */
function refusalOf(line: RawMsrp, tid: string): number {
  const status = line.statusOf(tid)
  if (status !== 0 && status !== 200) return status
  const report = line.heard.find(message => message.start.endsWith(' REPORT'))
  return Number(/^Status: 000 (\d+)/m.exec(report?.head ?? '')?.[1] ?? 0)
}

/** A conference of a creator that is written by hand, with its MSRP connection. */
async function rawConference(alice: RawSip, members: readonly string[], file: { readonly name: string; readonly size: number }) {
  const own = 'msrp://127.0.0.1:9/alicesession0000000001;tcp'
  const entries = members.map(name => `<entry uri="${uri(name)}" cp:copyControl="to"/>`).join('')
  const answer = await alice.ask({
    method: 'INVITE',
    uri: 'sip:conference-factory@cpm.test',
    from: 'alice@cpm.test',
    headers: [
      'Require: recipient-list-invite',
      `Accept-Contact: *;+g.3gpp.icsi-ref="${ICSI}"`,
      'Allow: INVITE, ACK, BYE, CANCEL, UPDATE',
      'Content-Type: multipart/mixed;boundary=b',
    ],
    body: [
      '--b',
      'Content-Type: application/sdp',
      '',
      'v=0',
      'o=alice 1 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      'm=message 9 TCP/MSRP *',
      'a=sendonly',
      'a=setup:active',
      'a=accept-types:message/cpim *',
      `a=path:${own}`,
      `a=file-selector:name:"${file.name}" type:text/plain size:${file.size}`,
      'a=file-transfer-id:f1Kx83LmQz0TtY7bWc5RnV2eHd9GjA64',
      '',
      '--b',
      'Content-Type: application/resource-lists+xml',
      'Content-Disposition: recipient-list',
      '',
      `<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol"><list>${entries}</list></resource-lists>`,
      '--b--',
      '',
    ].join('\r\n'),
  })
  expect(statusOf(answer), answer).toBe(200)
  const conference = /<([^>]+)>/.exec(headerOf(answer, 'Contact'))?.[1] ?? ''
  const routes = answer.split('\r\n').flatMap(line => (/^record-route:/i.test(line) ? [line.replace(/^record-route/i, 'Route')] : []))
  const inDialog = (method: string, cseq: number): string =>
    alice
      .request({
        ...{ method, uri: conference, from: 'alice@cpm.test', to: 'sip:conference-factory@cpm.test', cseq },
        ...{ callId: headerOf(answer, 'Call-ID'), headers: routes },
      })
      .replace(/^To: .*$/m, `To: ${headerOf(answer, 'To')}`)
  alice.say(inDialog('ACK', 1))
  const line = await rawMsrp(sdpLine(answer, 'path'), own)
  return { conference, line, inDialog }
}

describe('a creator that is written by hand', { timeout: 60_000 }, () => {
  const head = (from: string, ...to: readonly string[]): string =>
    [`From: <${from}>`, ...to.map(each => `To: <${each}>`), '', 'Content-Type: text/plain', '', 'Hello'].join('\r\n')

  it('cannot send in the name of another, to somebody else, to several, or what is no CPIM: 403, 404, 403, 415 @req GRP-26 SEC-15', async () => {
    const bob = await world.member('bob')
    const alice = await rawPerson('alice')
    const cases: readonly (readonly [number, (conference: string) => string, string?])[] = [
      [403, conference => head(uri('mallory'), conference)],
      [404, () => head(uri('alice'), uri('bob'))],
      [403, conference => head(uri('alice'), conference, uri('bob'))],
      [415, () => 'Hello', 'text/plain'],
    ]
    for (const [index, [status, write, type]] of cases.entries()) {
      const { conference, line, inDialog } = await rawConference(alice, ['bob'], { name: `a${index}.txt`, size: 5 })
      const body = write(conference)
      line.send('forged1', `1-${body.length}/${body.length}`, body, type === undefined ? {} : { type })
      // in the response, or in a REPORT where the response went out before the head could be read
      await until(() => refusalOf(line, 'forged1') !== 0)
      expect(refusalOf(line, 'forged1'), `case ${index}`).toBe(status)
      alice.say(inDialog('BYE', 2))
    }
    // what goes on after the head hears it in the response
    const { conference: other, line: second } = await rawConference(alice, ['bob'], { name: 'on.txt', size: 5 })
    const forged = head(uri('mallory'), other)
    second.send('forged2', `1-${forged.length - 2}/${forged.length}`, forged.slice(0, -2), { flag: '+' })
    await until(() => second.statusOf('forged2') !== 0)
    second.send('forged3', `${forged.length - 1}-${forged.length}/${forged.length}`, forged.slice(-2))
    await until(() => second.statusOf('forged3') !== 0)
    expect(second.statusOf('forged3')).toBe(403)
    // beside them one that is right arrives
    const { conference, line } = await rawConference(alice, ['bob'], { name: 'good.txt', size: 5 })
    const body = head(uri('alice'), conference)
    line.send('good1', `1-${body.length}/${body.length}`, body)
    await until(() => bob.files().length > 0)
    expect(line.statusOf('good1')).toBe(200)
    expect(readdirSync(bob.into).filter(name => !name.startsWith('.'))).toEqual(['good.txt'])
    expect(bob.files()).toEqual([sha1(Buffer.from('Hello'))])
  })

  it('whose MSRP connection is reset in the middle ends for members, and the conference with it @req GRP-32', async () => {
    const outcomes: string[] = []
    const conduct: Conduct = async (offer, into) => {
      const { files } = await offer.accept(undefined, { into }).done
      outcomes.push(...files.map(({ state }) => state))
    }
    const bob = await world.member('bob', conduct)
    const alice = await rawPerson('alice')
    const { conference, line } = await rawConference(alice, ['bob'], { name: 'half.txt', size: 1_000_000 })
    const body = `${head(uri('alice'), conference).slice(0, -5)}${'x'.repeat(100_000)}`
    line.send('half1', `1-${body.length}/*`, body, { flag: '+' })
    await until(() => line.statusOf('half1') === 200)
    line.socket.resetAndDestroy()
    await until(() => outcomes.length === 1, 40)
    expect(outcomes).not.toContain('completed')
    expect(bob.files()).toEqual([])
    await until(() => spooled().length === 0)
    // she is told: her line is closed, or the session is over
    await until(() => alice.requests('BYE').length + alice.requests('INVITE').length > 0, 40)
  })
})

describe('members that are written by hand', { timeout: 100_000 }, () => {
  it('that stop reading, lie about ranges or talk garbage fail alone: everybody else has every octet @req GRP-31 GRP-33 MSRP-43', async () => {
    const content = randomBytes(12_000_000)
    const path = folder.join('build.zip')
    writeFileSync(path, content)
    const alice = await world.member('alice')
    const bob = await world.member('bob')
    const carol = await world.member('carol', accept)
    const lines = new Map<string, RawMsrp>()
    const conducts: Record<string, (line: RawMsrp) => void> = {
      // takes the connection, reads nothing ever again
      frozen: line => void line.socket.pause(),
      // answers every chunk and says at once that it has everything, and more: nobody can know better in the end
      boaster: line => {
        line.onRequest = message => {
          const id = /^Message-ID: (\S+)/m.exec(message.head)?.[1] ?? ''
          line.report(id, '1-12000000000/12000000000')
          line.report(id, '5-1/12000000')
          return line.respond(message, '200 OK')
        }
      },
      // answers what nobody asked
      confused: line => {
        line.onRequest = message => line.respond({ ...message, tid: 'neverasked' }, '200 OK')
      },
      noisy: line => {
        line.onRequest = () => `${randomBytes(4000).toString('latin1')}\r\n`
      },
      // sends into its line although it may only receive
      pushy: line => {
        line.onRequest = message => {
          line.send('pushy1', '999999999999-1/5', 'x'.repeat(200))
          line.send('pushy2', '1-5/4', 'x'.repeat(200))
          return line.respond(message, '413 Enough')
        }
      },
    }
    for (const [name, conduct] of Object.entries(conducts))
      await rawMember(name, line => {
        lines.set(name, line)
        conduct(line)
      })
    const transfer = alice.client.send(group(['bob', 'carol', ...Object.keys(conducts)].map(uri)), path)
    const begin = performance.now()
    await until(() => bob.files().length === 1 && carol.files().length === 1, 25)
    // nobody waited for the one that reads nothing, whose chunk has 30 s
    expect(performance.now() - begin).toBeLessThan(25_000)
    expect(transfer.recipients?.find(({ uri: who }) => who === uri('frozen'))?.state).toBe('sending')
    const report = await transfer.done
    const states = Object.fromEntries(report.recipients?.map(({ uri: who, state }) => [who.slice(4, who.indexOf('@')), state]) ?? [])
    expect(lines.size).toBe(5)
    expect(states).toEqual({
      ...{ bob: 'delivered', carol: 'delivered' },
      ...{ frozen: 'failed', boaster: 'delivered', confused: 'failed', noisy: 'failed', pushy: 'failed' },
    })
    for (const member of [bob, carol]) expect(member.files()).toEqual([sha1(content)])
    await until(() => spooled().length === 0, 20)
  })
})
