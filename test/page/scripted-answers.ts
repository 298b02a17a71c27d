import type {
  AccountCheckView,
  CapabilitiesView,
  ContactView,
  ErrorView,
  FindingView,
  GroupView,
  HistoryRow,
  PageChange,
  PageState,
} from '../../src/web/protocol/index.js'
import { HISTORY_PAGE } from '../../src/web/protocol/limits.js'
import type { SeenCommand } from './scripted-server.js'

/** What a scripted server has and does. */
export interface Scenario {
  readonly state: PageState
  /** Folder of the built page; what `npm run build` makes by default. */
  readonly page?: string
  /** What happens after the first page came, milliseconds later. */
  readonly script?: readonly { readonly at: number; readonly changes?: readonly PageChange[]; readonly trace?: readonly string[] }[]
  /** Newest first. */
  readonly history?: readonly HistoryRow[]
  readonly contacts?: readonly ContactView[]
  readonly groups?: readonly GroupView[]
  /** By address; others can do everything. */
  readonly capabilities?: Readonly<Record<string, Partial<CapabilitiesView>>>
  readonly findings?: readonly FindingView[]
  /** Milliseconds between findings. */
  readonly findingDelay?: number
  /** Lines of a recording. */
  readonly trace?: readonly string[]
  readonly accountCheck?: AccountCheckView
  /** State after the account was saved or the demo was begun. */
  readonly begun?: PageState
  /** By `METHOD /path`: this is refused. */
  readonly refuse?: Readonly<Record<string, { readonly status?: number; readonly error: ErrorView }>>
  /** Milliseconds that every command takes. */
  readonly delay?: number
  /** Answers of an own kind; undefined leaves it to the usual one. */
  readonly answer?: (command: SeenCommand) => Answer | undefined | Promise<Answer | undefined>
}

export interface Answer {
  readonly status?: number
  readonly body?: unknown
  /** Newline-delimited JSON instead of a body. */
  readonly lines?: readonly unknown[]
}

/** The part of the scripted server that answers need. */
export interface Stage {
  readonly scenario: Scenario
  readonly state: PageState
  change(...changes: PageChange[]): void
  become(state: PageState): void
}

interface People {
  contacts: ContactView[]
  groups: GroupView[]
  history: HistoryRow[]
  count: number
}

const people = new WeakMap<Stage, People>()

/** People and history of one server, which commands change. */
function peopleOf(stage: Stage): People {
  const known = people.get(stage) ?? {
    contacts: [...(stage.scenario.contacts ?? [])],
    groups: [...(stage.scenario.groups ?? [])],
    history: [...(stage.scenario.history ?? [])],
    count: 0,
  }
  people.set(stage, known)
  return known
}

/** Does what a real server would, as far as the page can see it. */
export async function answerTo(command: SeenCommand, stage: Stage): Promise<Answer> {
  const own = await stage.scenario.answer?.(command)
  if (own !== undefined) return own
  const refused = stage.scenario.refuse?.[`${command.method} ${command.path}`]
  if (refused !== undefined) return { status: refused.status ?? 400, body: { error: refused.error } }
  const [room = '', id = '', what = ''] = command.path.split('/').slice(2).map(decodeURIComponent)
  const body = (command.body ?? {}) as Record<string, unknown>
  const answer = ANSWERS[`${command.method} ${room}`]
  return (
    answer?.(stage, { command, body, id, what }) ?? { status: 404, body: { error: { code: 'not-found', text: 'There is no such thing.' } } }
  )
}

interface Asked {
  readonly command: SeenCommand
  readonly body: Record<string, unknown>
  readonly id: string
  readonly what: string
}

const ANSWERS: Readonly<Record<string, (stage: Stage, asked: Asked) => Answer>> = {
  'GET state': stage => ({ body: stage.state }),
  'POST uploads': (stage, { body }) => ({ body: { id: `UP${++peopleOf(stage).count}`, ...body } }),
  'DELETE uploads': () => ({}),
  'POST transfers': (stage, { id }) => ({ body: { id: id === '' ? `TX${++peopleOf(stage).count}` : id } }),
  'POST offers': (stage, { id, body }) => {
    stage.change({ type: 'offer-gone', id, why: 'answered' })
    return { body: body['answer'] === 'accept' ? { id: `RX${++peopleOf(stage).count}` } : {} }
  },
  'GET history': (stage, { command }) => ({ body: historyPage(peopleOf(stage).history, command.query) }),
  'POST history': (_stage, { body }) => ({ body: body['action'] === 'download' ? { url: '/download/ticket-1' } : {} }),
  'DELETE history': (stage, { id }) => {
    const known = peopleOf(stage)
    known.history = known.history.filter(row => row.id !== id)
    stage.change({ type: 'history' })
    return {}
  },
  'GET contacts': stage => ({ body: peopleOf(stage).contacts }),
  'PUT contacts': (stage, { body }) => {
    const known = peopleOf(stage)
    const before = known.contacts.find(contact => contact.uri === body['uri'])
    const contact = { name: undefined, trusted: false, added: Date.now(), ...before, ...body } as ContactView
    known.contacts = before === undefined ? [...known.contacts, contact] : known.contacts.map(other => (other === before ? contact : other))
    stage.change({ type: 'people' })
    return { body: contact }
  },
  'DELETE contacts': (stage, { command }) => {
    const known = peopleOf(stage)
    known.contacts = known.contacts.filter(contact => contact.uri !== command.query['uri'])
    stage.change({ type: 'people' })
    return {}
  },
  'GET groups': stage => ({ body: peopleOf(stage).groups }),
  'PUT groups': (stage, { body }) => {
    const known = peopleOf(stage)
    const { was, ...group } = body as unknown as GroupView & { readonly was?: string }
    known.groups = [...known.groups.filter(other => other.name !== (was ?? group.name)), group]
    stage.change({ type: 'people' })
    return { body: group }
  },
  'DELETE groups': (stage, { command }) => {
    const known = peopleOf(stage)
    known.groups = known.groups.filter(group => group.name !== command.query['name'])
    stage.change({ type: 'people' })
    return {}
  },
  'GET capabilities': (stage, { command }) => {
    const uri = command.query['uri'] ?? ''
    const known = stage.scenario.capabilities?.[uri]
    return { body: { uri, reachable: true, fileTransfer: true, ...known } }
  },
  'GET doctor': stage => ({ lines: stage.scenario.findings ?? [] }),
  'POST doctor': () => ({}),
  'POST account': stage => ({ body: stage.scenario.accountCheck ?? { ok: true, fields: {}, text: 'Registered.' } }),
  'PUT account': begin,
  'POST demo': begin,
  'PUT settings': (stage, { body }) => {
    if (typeof body['into'] === 'string') stage.change({ type: 'folder', folder: { ...stage.state.folder, path: body['into'] } })
    return {}
  },
  'POST tour': () => ({}),
}

function begin(stage: Stage): Answer {
  if (stage.scenario.begun !== undefined) stage.become(stage.scenario.begun)
  return {}
}

function historyPage(rows: readonly HistoryRow[], query: Readonly<Record<string, string>>): unknown {
  const text = query['text']?.toLowerCase()
  const limit = Number(query['limit'] ?? HISTORY_PAGE)
  const before = query['before'] === undefined ? Number.POSITIVE_INFINITY : Number(query['before'])
  const fitting = rows.filter(
    row =>
      row.started < before &&
      (query['direction'] === undefined || row.direction === query['direction']) &&
      (query['state'] === undefined || row.files.some(file => file.state === query['state'])) &&
      (text === undefined ||
        `${row.peer} ${row.peerName ?? ''} ${row.files.map(file => file.name).join(' ')}`.toLowerCase().includes(text)),
  )
  const page = fitting.slice(0, limit)
  return { rows: page, before: fitting.length > limit ? page.at(-1)?.started : undefined }
}
