import { describe, expect, it } from 'vitest'
import { LocalProtocolError, RemoteProtocolError } from '../../src/wire/errors.js'

describe('errors', () => {
  it('carry a code, a sentence and, when the peer is at fault, the status to answer', () => {
    const remote = new RemoteProtocolError('bad-sdp', 'No v=0.', 400)
    expect(remote).toMatchObject({ name: 'RemoteProtocolError', code: 'bad-sdp', message: 'No v=0.', status: 400 })
    expect(new RemoteProtocolError('x', 'y').status).toBeUndefined()
    expect(new LocalProtocolError('x', 'y')).toMatchObject({ name: 'LocalProtocolError', code: 'x', message: 'y' })
    expect(remote).toBeInstanceOf(Error)
  })
})
