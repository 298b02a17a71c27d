import type { Page } from 'playwright-core'
import type { FindingView, HistoryRow, TransferView } from '../../src/web/protocol/index.js'
import { longRecording, mergedTransfer } from './recordings.js'
import {
  CAROL,
  CONTACTS,
  errorView,
  fileView,
  firstRun,
  GROUPS,
  historyFile,
  historyRow,
  MIB,
  NOW,
  offeredFile,
  offerView,
  pageState,
  party,
  recipientView,
  STRANGER,
  transferView,
} from './scenes.js'
import type { Scenario } from './scripted-answers.js'
import type { ScriptedServer } from './scripted-server.js'

/** One state of the page that is looked at: by axe and in pictures. */
export interface Screen {
  /** Of the picture: `transfers-running`. */
  readonly name: string
  /** One line about what is seen. */
  readonly about: string
  readonly path?: string
  readonly scenario: Scenario
  /** From the opened page to the state. */
  readonly act?: (page: Page, server: ScriptedServer, width: number) => Promise<unknown>
}

const HOUR = 3_600_000
const people = { contacts: CONTACTS, groups: GROUPS }

const running = transferView(
  '7Q2F',
  [
    fileView(0, 'plan.pdf', 1_363_148, { bytes: 1_048_576, rate: 8_100_000, eta: 4 }),
    fileView(1, 'photos.zip', 41_838_182, { state: 'offered' }),
  ],
  { subject: 'Plans for Thursday' },
)

const ended: TransferView[] = [
  transferView('K3X9', [fileView(0, 'contract.pdf', 2_400_000, { state: 'done', bytes: 2_400_000 })], {
    phase: 'ended',
    ok: true,
    started: NOW - 9 * 60_000,
    ended: NOW - 8 * 60_000,
    actions: [],
  }),
  transferView(
    'M8AA',
    [
      fileView(0, 'talk.mp4', 812_000_000, {
        state: 'failed',
        bytes: 310_000_000,
        error: errorView('connection-lost', 'The connection broke.', { hint: 'Go on where it stopped, or send again.' }),
      }),
      fileView(1, 'slides.pdf', 4_100_000, { state: 'done', bytes: 4_100_000 }),
    ],
    { phase: 'ended', ok: false, peer: CAROL, started: NOW - 30 * 60_000, ended: NOW - 25 * 60_000, actions: ['resume', 'retry'] },
  ),
  transferView(
    'P1QZ',
    [
      fileView(0, 'report.pdf', 900_000, {
        state: 'failed',
        bytes: 0,
        error: errorView('hash-mismatch', 'The received bytes do not match the announced hash; nothing was kept.', {
          hint: 'Ask the sender to send again.',
        }),
      }),
    ],
    { phase: 'ended', ok: false, direction: 'received', peer: STRANGER, started: NOW - 50 * 60_000, ended: NOW - 49 * 60_000, actions: [] },
  ),
]

const group = transferView(
  '8KD1',
  [
    fileView(0, 'build.zip', 88 * MIB, { bytes: 46 * MIB, rate: 3_200_000, eta: 14 }),
    fileView(1, 'notes.md', 4_200, { state: 'done', bytes: 4_200 }),
  ],
  {
    peer: party('sip:sprint@groups.example.com', 'Sprint team', { known: true }),
    group: { uri: 'sip:sprint@groups.example.com', name: 'Sprint team' },
    recipients: [
      recipientView('sip:bob@example.com', 'delivered', parts(88 * MIB, 4_200, 'delivered'), {
        displayName: 'Bob Stone',
        total: 88 * MIB + 4_200,
      }),
      recipientView(
        'sip:carol@example.com',
        'sending',
        [
          { index: 0, state: 'sending', bytes: 46 * MIB },
          { index: 1, state: 'delivered', bytes: 4_200 },
        ],
        {
          displayName: 'Carol Winter',
          total: 88 * MIB + 4_200,
        },
      ),
      recipientView('sip:dan@example.com', 'unreachable', parts(0, 0, 'unreachable'), {
        displayName: 'Dan Field',
        total: 88 * MIB + 4_200,
        error: errorView('unreachable', 'The peer cannot be reached.', { status: 480, hint: 'Try again when they are online.' }),
      }),
    ],
  },
)

function parts(first: number, second: number, state: string) {
  return [
    { index: 0, state, bytes: first },
    { index: 1, state, bytes: second },
  ]
}

const offer = offerView('OF1', [
  offeredFile('f1', 'plan.pdf', 1_363_148, { description: 'The plan as of Monday' }),
  offeredFile('f2', 'photos.zip', 39_900_000),
  offeredFile('f3', 'notes.txt', 2_100, { alreadyAt: '/srv/alice/Downloads/notes.txt' }),
])

const risky = offerView(
  'OF2',
  [offeredFile('f1', 'invoice-2026-11.pdf.exe', 913_400, { risky: true }), offeredFile('f2', 'readme.txt', 600)],
  {
    from: STRANGER,
    subject: 'Your invoice',
  },
)

const rows: HistoryRow[] = [
  historyRow(
    'A1',
    [
      historyFile(0, 'plan.pdf', 1_363_148, { notice: 'displayed' }),
      historyFile(1, 'photos.zip', 41_838_182, { state: 'declined', bytes: 0 }),
    ],
    { subject: 'Plans for Thursday', actions: ['retry', 'send-again'] },
  ),
  historyRow('A2', [historyFile(0, 'talk.mp4', 812_000_000, { state: 'interrupted', bytes: 310_000_000 })], {
    direction: 'received',
    peer: 'sip:carol@example.com',
    peerName: 'Carol Winter',
    started: NOW - 2 * HOUR,
    actions: ['resume'],
  }),
  historyRow('A3', [historyFile(0, 'build.zip', 88_000_000, { notice: 'delivered' })], {
    group: 'sip:sprint@groups.example.com',
    peer: 'sip:sprint@groups.example.com',
    peerName: 'Sprint team',
    started: NOW - 5 * HOUR,
    recipients: [
      { uri: 'sip:bob@example.com', state: 'delivered' },
      { uri: 'sip:carol@example.com', state: 'displayed' },
      { uri: 'sip:dan@example.com', state: 'unreachable' },
    ],
    actions: ['retry', 'send-again'],
  }),
  historyRow(
    'A4',
    [historyFile(0, 'budget 2027.ods', 78_204, { here: false }), historyFile(1, 'notes.txt', 1_200, { notice: 'delivered' })],
    {
      started: NOW - 26 * HOUR,
      actions: ['send-again'],
    },
  ),
  historyRow(
    'A5',
    [
      historyFile(0, 'contract.pdf', 2_400_000, {
        state: 'failed',
        bytes: 0,
        error: errorView('hash-mismatch', 'The received bytes do not match the announced hash; nothing was kept.', {
          hint: 'Ask the sender to send again.',
        }),
      }),
    ],
    { direction: 'received', peer: 'sip:erin@partner.example', peerName: 'Erin Moss', started: NOW - 27 * HOUR },
  ),
]

const findings: FindingView[] = [
  { check: 'config', status: 'ok', text: '/srv/alice/.config/cpmft/config.toml: account work.' },
  {
    check: 'folder',
    status: 'fail',
    text: '/srv/alice/Downloads does not exist.',
    fix: 'Create it, or choose another folder.',
    action: 'create-folder',
  },
  { check: 'dns', status: 'ok', text: 'example.com: SRV _sips._tcp, 2 hosts.' },
  {
    check: 'tls',
    status: 'warn',
    text: 'The certificate of proxy.example.com ends in 6 days.',
    fix: 'Tell the administrator of the server.',
  },
  { check: 'register', status: 'ok', text: 'sip:alice@example.com is registered.' },
]

const refusedAccount = {
  ok: false,
  fields: {
    password: errorView('auth-failed', 'The user name or password was not accepted.', { status: 403, hint: 'Check the password.' }),
    proxy: errorView('unknown-host', 'The host name cannot be resolved.', {
      detail: 'proxy.exmaple.com',
      hint: 'Check the address and the DNS.',
    }),
  },
  text: 'The account does not work yet.',
}

async function fillAccount(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Address' }).fill('alice@example.com')
  await page.getByLabel('Password', { exact: true }).fill('secret')
  const server = page.getByRole('textbox', { name: /Server/ })
  await server.fill('proxy.exmaple.com')
  await server.blur()
}

async function compose(page: Page): Promise<void> {
  await page.getByTestId('file-field').setInputFiles([
    { name: 'plan.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(1_363_148) },
    { name: 'holiday.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(2_600_000) },
  ])
  const field = page.getByRole('textbox', { name: 'To' })
  await field.fill('bob@example.com')
  await field.press('Enter')
  await page.getByRole('textbox', { name: 'Message' }).fill('Plans for Thursday')
}

const wire = { state: pageState(), trace: mergedTransfer(21) }
const openMessage = async (page: Page): Promise<unknown> =>
  page
    .getByRole('option', { name: /INVITE/ })
    .or(page.getByRole('row', { name: /INVITE/ }))
    .or(page.getByRole('button', { name: /INVITE/ }))
    .first()
    .click()

/** Every screen and state that is shown. */
export const SCREENS: readonly Screen[] = [
  { name: 'first-run', about: 'First run: the demo, or an account', scenario: { state: firstRun() } },
  {
    name: 'first-run-failed',
    about: 'First run: what failed, by field',
    scenario: { state: firstRun(), accountCheck: refusedAccount },
    act: async page => {
      await fillAccount(page)
      await page.getByText('was not accepted').waitFor()
    },
  },
  {
    name: 'first-run-works',
    about: 'First run: the account works',
    scenario: { state: firstRun() },
    act: async page => {
      await fillAccount(page)
      await page.getByText('This works').last().waitFor()
    },
  },
  { name: 'transfers-empty', about: 'Transfers: nothing yet', scenario: { state: pageState(), ...people } },
  {
    name: 'transfers-compose',
    about: 'Transfers: files, a recipient, and the review before sending',
    scenario: { state: pageState(), ...people, capabilities: { 'sip:bob@example.com': { maxSize: 2_000_000 } } },
    act: compose,
  },
  {
    name: 'transfers-running',
    about: 'Transfers: one runs, others ended',
    scenario: { state: pageState({ transfers: [running, ...ended] }), ...people },
  },
  {
    name: 'transfers-group',
    about: 'Transfers: to a group, each recipient by itself',
    scenario: { state: pageState({ transfers: [group] }), ...people },
  },
  {
    name: 'transfers-ringing',
    about: 'Transfers: preparing, waiting for an answer, paused',
    scenario: {
      state: pageState({
        transfers: [
          transferView('H1', [fileView(0, 'disk.img', 4_000 * MIB, { state: 'hashing', bytes: 1_300 * MIB })], {
            phase: 'preparing',
            actions: ['cancel'],
          }),
          transferView('R1', [fileView(0, 'plan.pdf', 1_363_148, { state: 'offered' })], {
            phase: 'ringing',
            peer: CAROL,
            actions: ['cancel'],
          }),
          transferView('S1', [fileView(0, 'talk.mp4', 812_000_000, { state: 'paused', bytes: 310_000_000 })], {
            actions: ['cancel', 'continue'],
          }),
        ],
      }),
      ...people,
    },
  },
  {
    name: 'transfers-offline',
    about: 'cpmft does not answer: a banner counts down to the next try',
    scenario: { state: pageState({ transfers: [running] }), ...people },
    act: async (page, server) => {
      await server.goAway()
      await page.getByText('cpmft does not answer.').first().waitFor()
    },
  },
  {
    name: 'transfers-unregistered',
    about: 'The SIP server does not answer: nobody can reach us',
    scenario: {
      state: pageState({
        registration: { state: 'failed', error: errorView('unreachable', 'The server cannot be reached.'), retryAt: NOW + 30_000 },
      }),
      ...people,
    },
  },
  {
    name: 'tour',
    about: 'The demo with its tour',
    scenario: {
      state: pageState({
        tour: {
          note: 'Bob offers you three files.',
          steps: [
            { id: 'send', state: 'done' },
            { id: 'accept-some', state: 'running' },
            { id: 'decline', state: 'open' },
            { id: 'group', state: 'open' },
            { id: 'resume', state: 'open' },
          ],
        },
        transfers: [ended[0] as TransferView],
      }),
      ...people,
    },
  },
  {
    name: 'accept-card',
    about: 'The accept card over a running transfer: who, which files, how large, where to',
    scenario: { state: pageState({ transfers: [running], offers: [offer] }), ...people },
    act: page => page.getByRole('dialog').waitFor(),
  },
  {
    name: 'accept-card-stranger',
    about: 'The accept card: an unknown sender and a risky type',
    scenario: { state: pageState({ offers: [risky] }), ...people },
    act: page => page.getByRole('dialog').waitFor(),
  },
  {
    name: 'accept-card-not-now',
    about: 'The accept card: decline, ignore or later',
    scenario: { state: pageState({ offers: [offer] }), ...people },
    act: async page => {
      await page.getByRole('dialog').waitFor()
      await page.keyboard.press('Escape')
      await page.getByText('Not now?').waitFor()
    },
  },
  {
    name: 'people',
    about: 'People: contacts, the trust rule in words, groups, the own address',
    path: '/people',
    scenario: { state: pageState(), ...people },
    act: page => page.getByRole('button', { name: '2 people' }).click(),
  },
  { name: 'people-empty', about: 'People: nobody yet', path: '/people', scenario: { state: pageState() } },
  {
    name: 'people-add',
    about: 'People: an address that is there already',
    path: '/people',
    scenario: { state: pageState(), ...people },
    act: async page => {
      await page.getByRole('button', { name: 'Add contact' }).click()
      await page.getByRole('textbox', { name: 'Address' }).fill('bob@example.com')
    },
  },
  {
    name: 'people-group',
    about: 'People: a group and its members',
    path: '/people',
    scenario: { state: pageState(), ...people },
    act: async page => {
      await page.getByRole('button', { name: 'More about Family' }).click()
      await page.getByRole('menuitem', { name: 'Edit' }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'people-removed',
    about: 'People: removed, with a way back',
    path: '/people',
    scenario: { state: pageState(), ...people },
    act: async page => {
      await page.getByRole('button', { name: 'More about Dan Field' }).click()
      await page.getByRole('menuitem', { name: 'Remove' }).click()
      await page.getByRole('button', { name: 'Undo' }).waitFor()
    },
  },
  {
    name: 'history',
    about: 'History: by day, with what can be done about each transfer',
    path: '/history',
    scenario: { state: pageState(), ...people, history: rows },
    act: page => page.getByRole('button', { name: '2 of 3 have it' }).click(),
  },
  { name: 'history-empty', about: 'History: nothing yet', path: '/history', scenario: { state: pageState() } },
  {
    name: 'history-nothing-fits',
    about: 'History: a search that finds nothing',
    path: '/history',
    scenario: { state: pageState(), history: rows },
    act: async page => {
      await page.getByRole('textbox', { name: 'Search names, files, addresses' }).fill('zebra')
      await page.getByText('Nothing fits').waitFor()
    },
  },
  {
    name: 'history-delete',
    about: 'History: deleting asks first',
    path: '/history',
    scenario: { state: pageState(), history: rows },
    act: async page => {
      await page.getByRole('button', { name: 'More: From Carol Winter' }).click()
      await page.getByRole('menuitem', { name: 'Delete from the list' }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'wire',
    about: 'Wire: SIP, SDP, MSRP and states on one ladder',
    path: '/wire',
    scenario: wire,
    act: page => page.getByText('INVITE').first().waitFor(),
  },
  {
    name: 'wire-message',
    about: 'Wire: a message taken apart, with the clause that applies',
    path: '/wire',
    scenario: wire,
    act: openMessage,
  },
  {
    name: 'wire-list',
    about: 'Wire: the same as a list',
    path: '/wire',
    scenario: { state: pageState(), trace: longRecording(2_000) },
    act: async page => {
      await page.getByText('List', { exact: true }).click()
      await page.getByText('INVITE').first().waitFor()
    },
  },
  { name: 'wire-empty', about: 'Wire: no traffic', path: '/wire', scenario: { state: pageState() } },
  {
    name: 'doctor',
    about: 'Doctor: a problem with its fix',
    path: '/doctor',
    scenario: { state: pageState(), findings },
    act: page => page.getByText('One problem was found.').last().waitFor(),
  },
  {
    name: 'doctor-fine',
    about: 'Doctor: everything is fine',
    path: '/doctor',
    scenario: { state: pageState(), findings: findings.filter(({ status }) => status === 'ok') },
    act: page => page.getByText('Everything is fine.').last().waitFor(),
  },
  {
    name: 'settings',
    about: 'The settings',
    path: '/history',
    scenario: { state: pageState() },
    act: async (page, _server, width) => {
      if (width <= 768) await page.getByRole('button', { name: 'More', exact: true }).click()
      await page.getByRole('button', { name: 'Settings' }).click()
      await page.getByRole('dialog', { name: 'Settings' }).waitFor()
    },
  },
  {
    name: 'another-run',
    about: 'The page of an earlier run: it has no key to this one',
    scenario: { state: pageState() },
    path: '/#token=of-an-earlier-run',
    act: page => page.getByText('Open the new link').waitFor(),
  },
]
