import { describe, expect, it } from 'vitest'
import { type Arrow, buildLadder, type LadderRow } from '../../src/trace/ladder.js'
import { renderText } from '../../src/trace/render-text.js'
import { type End, msrpText, SampleTrace, sampleTransfer, sdpText, sipText } from './sample-trace.js'

const labels = (rows: readonly LadderRow[]): string[] =>
  rows.map(row => (row.kind === 'arrow' ? `${row.from}>${row.to} ${row.label}` : row.text))

describe('ladder', () => {
  it('draws a recorded transfer of both ends once, as people read it', () => {
    const drawn = renderText(buildLadder(sampleTransfer().entries), { width: 80 })
    expect(drawn).toBe(
      [
        '     alice                                          bob',
        '00.000 ├── INVITE (SDP ×2 files) ───────────────────▶│  dialog 1',
        '00.002 │◀── 180 Ringing ─────────────────────────────┤',
        '00.004 │◀── 200 OK (SDP: 1 ok, 1 no) ────────────────┤',
        '00.006 ├── ACK ─────────────────────────────────────▶│',
        '00.008 ● confirmed                                   │',
        '00.009 ╞══ SEND ×21 · 1.3 MB · $ ═══════════════════▶│',
        '00.011 │◀══ 200 ×21, REPORT 200 ═════════════════════╡',
        '00.095 │                                             ● plan.pdf done',
        '00.096 ├── INVITE (SDP: 2 closed) ──────────────────▶│',
        '00.098 │◀── 200 OK (SDP: 2 closed) ──────────────────┤',
        '00.100 ├── BYE ─────────────────────────────────────▶│',
        '',
      ].join('\n'),
    )
  })

  it('puts SIP and MSRP of a peer that did not record on one lane', () => {
    const alice = sampleTransfer().entries.filter(entry => entry.party === 'alice')
    // Bob takes the MSRP connection at the port of his path, and his Contact is where his SIP comes from.
    expect(buildLadder(alice).lanes).toEqual(['alice', '127.0.0.1:5070'])
  })

  it('keeps a proxy and the end behind it apart', () => {
    const trace = new SampleTrace()
    const alice: End = ['alice', '10.0.0.1:5071']
    const proxy: End = ['', '10.0.0.9:5060']
    const bob: End = ['', '10.0.0.2:2855']
    const answer = sipText('SIP/2.0 200 OK', '1 INVITE', {
      contact: 'sip:bob@10.0.0.2:5070',
      sdp: sdpText('msrp://10.0.0.2:2855/s;tcp', 2855),
    })
    trace.out(alice, proxy, sipText('INVITE sip:bob@x SIP/2.0', '1 INVITE')).into(proxy, alice, answer)
    trace.out(
      ['alice', '10.0.0.1:40000'],
      bob,
      msrpText('t1 SEND', 'msrp://10.0.0.2:2855/s;tcp', 'msrp://10.0.0.1:9/s;tcp', 'Message-ID: m\r\n'),
    )
    const ladder = buildLadder(trace.entries)
    expect(ladder.lanes).toEqual(['alice', '10.0.0.9:5060', '10.0.0.2:5070'])
    expect(labels(ladder.rows)).toEqual(['0>1 INVITE', '1>0 200 OK (SDP)', '0>2 SEND'])
  })

  it('breaks a run of chunks where SIP comes between, and names failures', () => {
    const trace = new SampleTrace()
    const alice: End = ['alice', '1.1.1.1:1']
    const bob: End = ['bob', '2.2.2.2:2']
    const send = (id: number, flag: string): SampleTrace =>
      trace.both(alice, bob, msrpText(`t${id} SEND`, 'msrp://b/1;tcp', 'msrp://a/1;tcp', 'Message-ID: m1\r\n'), { bodyLength: 10, flag })
    send(1, '+')
    send(2, '+')
    trace.both(bob, alice, msrpText('t1 200 OK', 'msrp://a/1;tcp', 'msrp://b/1;tcp'))
    trace.both(bob, alice, msrpText('t2 413 Stop', 'msrp://a/1;tcp', 'msrp://b/1;tcp'))
    trace.both(bob, alice, sipText('INVITE sip:alice@a SIP/2.0', '7 INVITE'))
    trace.both(bob, alice, msrpText('t2 200 OK', 'msrp://a/1;tcp', 'msrp://b/1;tcp'))
    send(3, '#')
    trace.both(bob, alice, msrpText('t1 200 OK', 'msrp://a/1;tcp', 'msrp://b/1;tcp'))
    expect(labels(buildLadder(trace.entries).rows)).toEqual([
      '0>1 SEND ×2 · 20 B · +',
      '1>0 200, 413',
      '1>0 INVITE',
      '1>0 200 ×2',
      '0>1 SEND · 10 B · #',
    ])
  })

  it('lets a run of chunks go on when SIP passes between others', () => {
    const trace = new SampleTrace()
    const [alice, bob, carol]: End[] = [
      ['alice', '1.1.1.1:1'],
      ['bob', '2.2.2.2:2'],
      ['carol', '3.3.3.3:3'],
    ]
    const send = (id: number): SampleTrace =>
      trace.both(alice!, bob!, msrpText(`t${id} SEND`, 'msrp://b/1;tcp', 'msrp://a/1;tcp', 'Message-ID: m1\r\n'), {
        bodyLength: 10,
        flag: '+',
      })
    send(1)
    trace.both(carol!, bob!, sipText('OPTIONS sip:bob@b SIP/2.0', '7 OPTIONS'))
    send(2)
    expect(labels(buildLadder(trace.entries).rows)).toEqual(['0>1 SEND ×2 · 20 B · +', '2>1 OPTIONS'])
  })

  it('finds a party behind another address by what its messages say', () => {
    const trace = new SampleTrace()
    const alice: End = ['alice', '10.0.0.1:5071']
    const bob: End = ['bob', '10.0.0.2:5060']
    // Bob sees the address of a translator; the Via is still the one that Alice wrote
    trace.out(alice, ['', '10.0.0.9:5060'], sipText('OPTIONS sip:x SIP/2.0', '1 OPTIONS', { via: '10.0.0.1:5071' }))
    trace.into(['', '198.51.100.7:40000'], bob, sipText('MESSAGE sip:bob SIP/2.0', '2 MESSAGE', { via: '10.0.0.1:5071' }))
    const ladder = buildLadder(trace.entries)
    expect(ladder.lanes).toEqual(['alice', '10.0.0.9:5060', 'bob'])
    expect(labels(ladder.rows)).toEqual(['0>1 OPTIONS', '0>2 MESSAGE'])
  })

  it('learns nothing from a Via that is empty, and reads headers that are folded', () => {
    const trace = new SampleTrace()
    const text = 'OPTIONS sip:bob SIP/2.0\r\nVia:\r\n \r\nCall-ID:\r\n\tfolded\r\nCSeq: 1\r\n OPTIONS\r\n\r\n'
    trace.both(['alice', '1.1.1.1:1'], ['bob', '2.2.2.2:2'], text).into(['', '9.9.9.9:9'], ['bob', '2.2.2.2:2'], text)
    const ladder = buildLadder(trace.entries)
    expect(ladder.lanes).toEqual(['alice', 'bob', '9.9.9.9:9'])
    expect(labels(ladder.rows)).toEqual(['0>1 OPTIONS', '2>1 OPTIONS'])
  })

  it('draws a message to oneself beside its lane', () => {
    const trace = new SampleTrace().out(
      ['alice', '1.1.1.1:1'],
      ['', '1.1.1.1:1'],
      sipText('BYE sip:a SIP/2.0', '1 BYE', { via: '1.1.1.1:1' }),
    )
    trace.state('bob', 'session', 'alice', 'idle')
    expect(renderText(buildLadder(trace.entries), { width: 60 }).split('\n')[1]).toMatch(/^00\.000 ↺ BYE {20,}│$/)
  })

  it('keeps retransmissions that were lost on the way', () => {
    const trace = new SampleTrace()
    const text = sipText('BYE sip:bob@x SIP/2.0', '3 BYE')
    const alice: End = ['alice', '1.1.1.1:1']
    const bob: End = ['bob', '2.2.2.2:2']
    trace.out(alice, bob, text).out(alice, bob, text).into(alice, bob, text)
    expect(labels(buildLadder(trace.entries).rows)).toEqual(['0>1 BYE', '0>1 BYE'])
  })

  it('shows what cannot be decoded, and lets nothing through that acts on a terminal', () => {
    const trace = new SampleTrace()
    const bob: End = ['bob', '2.2.2.2:2']
    trace.out(['alice', '1.1.1.1:1'], bob, '\x00\x01 nonsense').out(['alice', '1.1.1.1:1'], bob, 'SIP/2.0 200 \x1b[2J\r\n\r\n')
    trace.state('alice', 'file', 'evil\u202egpj.exe', 'failed')
    const ladder = buildLadder(trace.entries)
    expect((ladder.rows[0] as Arrow).undecodable).toBe(true)
    expect(labels(ladder.rows)).toEqual(['0>1 undecodable message', '0>1 200 \\x1b[2J', 'evil\\u202egpj.exe failed'])
    expect(renderText(ladder)).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/)
  })

  it('is empty without entries', () => {
    expect(renderText(buildLadder([]))).toBe('')
  })
})
