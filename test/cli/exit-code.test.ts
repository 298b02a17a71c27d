import { describe, expect, it } from 'vitest'
import type { TransferFile, TransferReport } from '../../src/client/api.js'
import { exitCodeOfError, exitCodeOfReport, exitCodeOfReports, exitCodeOfStop } from '../../src/cli/exit-code.js'
import { UsageError } from '../../src/cli/usage-error.js'
import { CpmftError, ERRORS, type ErrorCode } from '../../src/client/errors.js'
import { HostError } from '../../src/client/host.js'
import { transferFile } from './fake-client.js'

const report = (files: readonly Partial<TransferFile>[], error?: CpmftError): TransferReport => {
  const all = files.map(transferFile)
  return { ok: all.every(file => file.state === 'done'), files: all, error }
}
const failed = (code: ErrorCode): Partial<TransferFile> => ({ state: 'failed', error: new CpmftError(code) })

describe('exit code of a transfer', () => {
  const rows: [number, string, readonly Partial<TransferFile>[], CpmftError?][] = [
    [0, 'every file done', [{}, {}]],
    [1, 'internal error', [failed('internal')]],
    [1, 'failed without a reason', [{ state: 'failed' }]],
    [2, 'bad address', [{ state: 'failed' }], new CpmftError('bad-address')],
    [3, 'one done, one declined', [{}, { state: 'declined' }]],
    [3, 'one done, one failed', [{}, failed('hash-mismatch')]],
    [3, 'two kinds of failure', [failed('too-large'), { state: 'declined' }]],
    [3, 'connection broke', [failed('connection-lost')]],
    [3, 'sent, not confirmed', [{ confirmed: false }]],
    [4, 'every file declined', [{ state: 'declined' }, { state: 'declined' }]],
    [4, 'declined as a whole', [{ state: 'declined' }], new CpmftError('declined', undefined, 603)],
    [5, 'not reachable', [{ state: 'failed' }], new CpmftError('unreachable', undefined, 480)],
    [5, 'busy', [{ state: 'failed' }], new CpmftError('busy', undefined, 486)],
    [6, 'not allowed', [{ state: 'failed' }], new CpmftError('not-allowed', undefined, 403)],
    [7, 'too large', [failed('too-large')]],
    [8, 'hash mismatch', [failed('hash-mismatch'), failed('size-mismatch')]],
    [9, 'disk full', [failed('disk-full')]],
    [130, 'cancelled', [{ state: 'cancelled' }]],
  ]
  it.each(rows)('%i: %s', (exit, _name, files, error) => {
    expect(exitCodeOfReport(report(files, error), 'sending')).toBe(exit)
  })

  it('is that of the whole when there are no files', () => {
    expect(exitCodeOfReport({ ok: false, files: [], error: new CpmftError('auth-failed') }, 'sending')).toBe(6)
    expect(exitCodeOfReport({ ok: false, files: [], error: undefined }, 'sending')).toBe(1)
  })

  it('does not blame a receiver for files he declined himself, unless he declined all', () => {
    expect(exitCodeOfReport(report([{}, { state: 'declined' }]), 'receiving')).toBe(0)
    expect(exitCodeOfReport(report([{ state: 'declined' }]), 'receiving')).toBe(4)
    expect(exitCodeOfReport(report([{ confirmed: false }]), 'receiving')).toBe(0)
  })

  it('of several transfers is their common code, or 3', () => {
    expect(exitCodeOfReports([], 'receiving')).toBe(0)
    expect(exitCodeOfReports([report([{}]), report([{}])], 'receiving')).toBe(0)
    expect(exitCodeOfReports([report([failed('exists')]), report([failed('exists')])], 'receiving')).toBe(9)
    expect(exitCodeOfReports([report([{}]), report([failed('exists')])], 'receiving')).toBe(3)
  })
})

describe('exit code of an error', () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])('%s is that of the table', code => {
    expect(exitCodeOfError(new CpmftError(code))).toBe(ERRORS[code].exit)
  })

  it('knows usage, the host and the unknown', () => {
    expect(exitCodeOfError(new UsageError('a', 'b'))).toBe(2)
    expect(exitCodeOfError(new HostError('address-in-use', 'x'))).toBe(2)
    expect(exitCodeOfError(new TypeError('x'))).toBe(1)
    expect(exitCodeOfError('x')).toBe(1)
  })

  it('10, 130 and 143 tell who stopped it', () => {
    expect(['timeout', 'SIGINT', 'SIGTERM'].map(reason => exitCodeOfStop(reason as 'timeout'))).toEqual([10, 130, 143])
  })
})
