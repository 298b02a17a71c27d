import type { ErrorView, SendCommand, UploadView } from '../../protocol/index.js'
import type { DraftFile, Recipient } from './draft.js'
import { errorView, request } from './server.js'
import { Store } from './store.js'
import { uploadFile } from './upload-file.js'

/** Files copied at the same time; they share one disk. */
const AT_ONCE = 2
/** Milliseconds between updates of what is shown. */
const UPDATE_INTERVAL = 100

export interface OutgoingFile {
  readonly file: File
  readonly bytes: number
  readonly upload: UploadView | undefined
}

/** Files on their way into the server, before it sends them. */
export interface OutgoingJob {
  readonly id: number
  readonly recipients: readonly Recipient[]
  readonly subject: string
  readonly oneByOne: boolean
  readonly files: readonly OutgoingFile[]
  readonly phase: 'copying' | 'calling' | 'failed'
  readonly error: ErrorView | undefined
}

/** The jobs of this page. They are lost with it: only a browser's page holds what its user picked. */
export const outbox = new Store<readonly OutgoingJob[]>([])

const running = new Map<number, AbortController>()
let lastId = 0

/** Copies files into the server and has them sent. */
export function sendFiles(files: readonly DraftFile[], recipients: readonly Recipient[], subject: string, oneByOne: boolean): void {
  const job: OutgoingJob = {
    id: ++lastId,
    recipients,
    subject,
    oneByOne,
    files: files.map(({ file }) => ({ file, bytes: 0, upload: undefined })),
    phase: 'copying',
    error: undefined,
  }
  outbox.update(jobs => [job, ...jobs])
  void run(job.id)
}

/** Tries again what failed; files that are copied are not copied again. */
export function retryJob(id: number, more: Partial<Pick<OutgoingJob, 'oneByOne'>> = {}): void {
  change(id, job => ({ ...job, ...more, phase: 'copying', error: undefined }))
  void run(id)
}

/** Gives a job up, with what is copied of it. */
export function dropJob(id: number): void {
  running.get(id)?.abort()
  running.delete(id)
  const job = jobOf(id)
  outbox.update(jobs => jobs.filter(other => other.id !== id))
  for (const { upload } of job?.files ?? []) if (upload !== undefined) request('DELETE', `/api/uploads/${upload.id}`).catch(() => undefined)
}

async function run(id: number): Promise<void> {
  const control = new AbortController()
  running.set(id, control)
  window.addEventListener('beforeunload', askToStay)
  try {
    await copyAll(id, control.signal)
    change(id, job => ({ ...job, phase: 'calling' }))
    const job = jobOf(id)
    if (job === undefined) return
    await request('POST', '/api/transfers', sendCommand(job), control.signal)
    outbox.update(jobs => jobs.filter(other => other.id !== id))
  } catch (error) {
    if (!control.signal.aborted) {
      control.abort()
      change(id, job => ({ ...job, phase: 'failed', error: errorView(error) }))
    }
  } finally {
    if (running.get(id) === control) running.delete(id)
    if (running.size === 0) window.removeEventListener('beforeunload', askToStay)
  }
}

async function copyAll(id: number, signal: AbortSignal): Promise<void> {
  const waiting = [...(jobOf(id)?.files ?? [])].filter(({ upload }) => upload === undefined).map(({ file }) => file)
  const copyNext = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) await copyOne(id, file, signal)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, copyNext))
}

async function copyOne(id: number, file: File, signal: AbortSignal): Promise<void> {
  let shown = 0
  const progress = (bytes: number): void => {
    const now = performance.now()
    if (now - shown < UPDATE_INTERVAL) return
    shown = now
    changeFile(id, file, { bytes: Math.min(bytes, file.size) })
  }
  const upload = await uploadFile(file, progress, signal)
  changeFile(id, file, { bytes: file.size, upload })
}

/** The command that sends what a job has copied. */
export function sendCommand({ files, recipients, subject, oneByOne }: OutgoingJob): SendCommand {
  const group = recipients.length === 1 ? recipients[0]?.group?.uri : undefined
  return {
    uploads: files.flatMap(({ upload }) => (upload === undefined ? [] : [upload.id])),
    ...(group === undefined ? { to: recipients.map(({ uri, copyControl }) => ({ uri, copyControl })) } : { group }),
    ...(subject.trim() !== '' && { subject: subject.trim() }),
    ...(oneByOne && { oneByOne }),
  }
}

function jobOf(id: number): OutgoingJob | undefined {
  return outbox.get().find(job => job.id === id)
}

function change(id: number, changed: (job: OutgoingJob) => OutgoingJob): void {
  outbox.update(jobs => jobs.map(job => (job.id === id ? changed(job) : job)))
}

function changeFile(id: number, file: File, news: Partial<OutgoingFile>): void {
  change(id, job => ({ ...job, files: job.files.map(other => (other.file === file ? { ...other, ...news } : other)) }))
}

function askToStay(event: BeforeUnloadEvent): void {
  event.preventDefault()
}
