import {
  CpmftError,
  ERRORS,
  HostError,
  type RecipientState,
  type TransferFile,
  type TransferRecipient,
  type TransferReport,
} from '../client/index.js'
import { UsageError } from './usage-error.js'

/** Every exit code, once; help and documentation print this table. */
export const EXIT_CODES = {
  0: 'every file delivered or saved, and verified',
  1: 'internal error; please report it',
  2: 'usage or configuration',
  3: 'partial: some files or recipients failed or declined, are still waited for, or a transfer broke off',
  4: 'declined',
  5: 'not reachable: unknown, offline, DNS or connection failure, busy',
  6: 'not allowed: authentication or registration failed',
  7: 'not acceptable: unsupported, too large, policy',
  8: 'integrity: size or hash mismatch',
  9: 'local file problem: missing, unreadable, disk full, would overwrite',
  10: '--timeout reached',
  130: 'cancelled by SIGINT (Ctrl-C)',
  143: 'cancelled by SIGTERM',
} as const

export type ExitCode = keyof typeof EXIT_CODES

/** Which end of a transfer we are. */
export type Direction = 'sending' | 'receiving'

/** Why a command was stopped from outside. */
export type StopReason = 'SIGINT' | 'SIGTERM' | 'timeout'

const STOP_CODES: Readonly<Record<StopReason, ExitCode>> = { SIGINT: 130, SIGTERM: 143, timeout: 10 }

/** Exit code of something thrown. */
export function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof CpmftError) return ERRORS[error.code].exit
  if (error instanceof UsageError || isConfigError(error)) return 2
  if (error instanceof HostError && error.code in ERRORS) return ERRORS[error.code as keyof typeof ERRORS].exit
  return 1
}

/** By its name: the class is in a room that takes a while to load. */
function isConfigError(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConfigError'
}

export function exitCodeOfStop(reason: StopReason): ExitCode {
  return STOP_CODES[reason]
}

/**
 * Exit code of one finished transfer. Some files done and others not is 3; when none is done the one kind of failure they share gives
 * its code, several kinds give 3. A receiver's own choice is no failure: files he declined count only when he declined all.
 */
export function exitCodeOfReport(report: TransferReport, direction: Direction): ExitCode {
  const { recipients = [] } = report
  if (recipients.length > 0 && report.files.some(({ state }) => state === 'done')) return exitCodeOfRecipients(report, recipients)
  const files = direction === 'receiving' ? withoutOwnChoice(report.files) : report.files
  const codes = new Set(files.map(file => exitCodeOfFile(file, report, direction)))
  if (codes.size === 0) return report.error === undefined ? (report.ok ? 0 : 1) : exitCodeOfError(report.error)
  return codes.size === 1 ? (codes.values().next().value as ExitCode) : 3
}

/**
 * A transfer to several people: 0 only when each has every file, else 3, or the one code that all of them share. What is stored, or was
 * still on its way when nothing was heard of it any more, is not with its recipient yet.
 */
function exitCodeOfRecipients({ ok }: TransferReport, recipients: readonly TransferRecipient[]): ExitCode {
  if (ok) return 0
  const codes = new Set(recipients.map(({ state }) => RECIPIENT_CODES[state] ?? 3))
  return codes.size === 1 ? (codes.values().next().value as ExitCode) : 3
}

const RECIPIENT_CODES: Partial<Record<RecipientState, ExitCode>> = { declined: 4, unreachable: 5 }

/** Exit code of several finished transfers: 0 when all are 0, their common code, or 3. */
export function exitCodeOfReports(reports: readonly TransferReport[], direction: Direction): ExitCode {
  const codes = new Set(reports.map(report => exitCodeOfReport(report, direction)))
  return codes.size === 0 ? 0 : codes.size === 1 ? (codes.values().next().value as ExitCode) : 3
}

function withoutOwnChoice(files: readonly TransferFile[]): readonly TransferFile[] {
  const wanted = files.filter(file => file.state !== 'declined')
  return wanted.length === 0 ? files : wanted
}

function exitCodeOfFile(file: TransferFile, report: TransferReport, direction: Direction): ExitCode {
  // SND-8: sent and not confirmed is not known to be delivered.
  if (file.state === 'done') return file.confirmed || direction === 'receiving' ? 0 : 3
  if (file.error !== undefined) return exitCodeOfError(file.error)
  if (report.error !== undefined) return exitCodeOfError(report.error)
  if (file.state === 'declined') return 4
  if (file.state === 'cancelled') return 130
  return report.ok ? 0 : 1
}
