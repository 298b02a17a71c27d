import { describe, expect, it } from 'vitest'
import { EventParser, LONGEST_EVENT } from '../../src/web/app/model/event-parser.js'

describe('EventParser', () => {
  it('reads events however they are cut', () => {
    const text = ': hello\r\nid: 4f2a-1\r\nevent: changes\r\ndata: [1,\r\ndata: 2]\r\n\r\nevent: closing\ndata:{}\n\n'
    for (const step of [1, 2, 7, 1000]) {
      const parser = new EventParser()
      const events = []
      for (let at = 0; at < text.length; at += step) events.push(...parser.push(text.slice(at, at + step)))
      expect(events).toEqual([
        { event: 'changes', data: '[1,\n2]', id: '4f2a-1' },
        { event: 'closing', data: '{}', id: undefined },
      ])
    }
  })

  it('gives no event without data, calls one without a name a message, and takes no id with a NUL', () => {
    const parser = new EventParser()
    expect(parser.push('event: x\nid: 1\n\n')).toEqual([])
    expect(parser.push('id: a\0b\ndata\nfoo: bar\n\n')).toEqual([{ event: 'message', data: '', id: undefined }])
  })

  it('gives up an event without end', () => {
    const parser = new EventParser()
    const piece = `data: ${'x'.repeat(1024 * 1024)}\n`
    expect(() => {
      for (let sent = 0; sent <= LONGEST_EVENT; sent += piece.length) parser.push(piece)
    }).toThrow(RangeError)
  })
})
