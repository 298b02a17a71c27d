import { CpmftError, readAddress } from '../client/index.js'
import { checkGroup, encodeGroups, type GroupDefinition, type GroupMember } from '../focus/index.js'
import { equalSipUris, parseNameAddress } from '../sip/index.js'
import { LocalProtocolError } from '../wire/index.js'
import { readGroupFile } from './read-group-file.js'
import type { CommandScope } from './run-command.js'
import { terminalText } from './terminal-text.js'
import { UsageError } from './usage-error.js'
import { type DatabaseOptions, withServerDatabase } from './with-server-database.js'

export interface GroupSettings {
  readonly name?: string
  readonly member?: readonly string[]
  readonly hidden?: readonly string[]
  /** `members`, or addresses of some of them. */
  readonly senders?: readonly string[]
  readonly maxSize?: number
  readonly replace?: boolean
}

export type GroupWork =
  | { readonly do: 'list' }
  | { readonly do: 'show'; readonly uri: string }
  | ({ readonly do: 'create'; readonly uri: string } & GroupSettings)
  | { readonly do: 'add'; readonly uri: string; readonly members: readonly string[]; readonly hidden?: boolean }
  | { readonly do: 'remove'; readonly uri: string; readonly members: readonly string[] }
  | {
      readonly do: 'import'
      readonly files: readonly string[]
      readonly uri?: string
      readonly domain?: string
      readonly replace?: boolean
    }

type Groups = Parameters<Parameters<typeof withServerDatabase>[2]>[0]['groups']

/** `cpmft group` */
export async function groupCommand(scope: CommandScope, options: DatabaseOptions, work: GroupWork): Promise<number> {
  const adds = work.do === 'create' || work.do === 'import'
  // A file that cannot be read shows before a database is made
  const imported = work.do === 'import' ? await readAll(scope, work) : []
  await withServerDatabase(scope, { ...options, adds }, async ({ groups }) => {
    try {
      await run(scope, groups, work, imported)
    } catch (error) {
      if (!(error instanceof LocalProtocolError)) throw error
      throw new UsageError(`This cannot be a group (${error.message}).`, 'docs/reference/groups.md says what a group may have.')
    }
  })
  return 0
}

async function run(scope: CommandScope, groups: Groups, work: GroupWork, imported: readonly GroupDefinition[]): Promise<void> {
  const { view } = scope
  switch (work.do) {
    case 'list': {
      const all = await groups.list()
      view.tell('groups', { groups: written(all) }, undefined, all.map(lineOf))
      if (all.length === 0)
        view.note('There are no groups yet. cpmft group create sip:team@example.org --member sip:alice@example.org makes one.')
      return
    }
    case 'show': {
      const group = await groups.get(readAddress(work.uri))
      if (group === undefined) throw noGroup(work.uri)
      view.tell('groups', { groups: written([group]) }, undefined, detailsOf(group))
      return
    }
    case 'create': {
      const group = newGroup(work)
      await groups.change(group.uri, known => {
        if (known !== undefined && !work.replace) throw groupExists([group.uri])
        return group
      })
      view.tell('group', { uri: group.uri, members: group.members.length }, `Created      ${lineOf(group)}`)
      return
    }
    case 'import':
      return importGroups(scope, groups, imported, work.replace === true)
    case 'add': {
      const after = await groups.change(readAddress(work.uri), known => withMembers(known, work))
      view.tell('group', { uri: after.uri, members: after.members.length }, `Changed      ${lineOf(after)}`)
      return
    }
    default:
      return remove(scope, groups, work.uri, work.members)
  }
}

async function remove({ view }: CommandScope, groups: Groups, text: string, members: readonly string[]): Promise<void> {
  const uri = readAddress(text)
  if (members.length === 0) {
    if (!(await groups.remove(uri))) throw noGroup(uri)
    view.tell('group', { uri, removed: true }, `Removed      ${terminalText(uri)}`)
    return
  }
  const gone = members.map(readAddress)
  const after = await groups.change(uri, known => {
    if (known === undefined) throw noGroup(uri)
    const stranger = gone.find(one => !known.members.some(member => equalSipUris(member.uri, one)))
    if (stranger !== undefined)
      throw new UsageError(`${terminalText(stranger)} is no member of the group.`, 'cpmft group show prints all of them.')
    const stays = (one: string): boolean => !gone.some(other => equalSipUris(one, other))
    const left = known.members.filter(member => stays(member.uri))
    if (left.length === 0)
      throw new UsageError('A group has at least one member.', 'cpmft group remove without members removes the whole group.')
    return checkGroup({ ...known, members: left, senders: known.senders === 'members' ? 'members' : known.senders.filter(stays) })
  })
  view.tell('group', { uri: after.uri, members: after.members.length }, `Changed      ${lineOf(after)}`)
}

function withMembers(known: GroupDefinition | undefined, work: Extract<GroupWork, { do: 'add' }>): GroupDefinition {
  if (known === undefined) throw noGroup(work.uri)
  const added = work.members.map(text => readMember(text, work.hidden === true))
  // Who is in already gets what is said now
  const others = known.members.filter(({ uri }) => !added.some(member => equalSipUris(member.uri, uri)))
  return checkGroup({ ...known, members: [...others, ...added] })
}

function newGroup(work: Extract<GroupWork, { do: 'create' }>): GroupDefinition {
  const uri = readAddress(work.uri)
  const members = [...(work.member ?? []).map(text => readMember(text, false)), ...(work.hidden ?? []).map(text => readMember(text, true))]
  if (members.length === 0) throw new UsageError('A group has at least one member.', 'Add --member sip:alice@example.org, once for each.')
  const [first, ...others] = work.senders ?? ['members']
  const senders: GroupDefinition['senders'] = first === 'members' && others.length === 0 ? 'members' : (work.senders ?? []).map(readAddress)
  const group = { uri, name: work.name ?? nameFrom(uri), members, senders, maxSize: work.maxSize ?? LARGEST }
  return checkGroup(group)
}

async function readAll(scope: CommandScope, work: Extract<GroupWork, { do: 'import' }>): Promise<readonly GroupDefinition[]> {
  if (work.uri !== undefined && work.files.length > 1)
    throw new UsageError('--uri is the address of one group, but there are several files.', 'Use --domain for several.')
  const place = {
    ...(work.uri !== undefined && { uri: readAddress(work.uri) }),
    ...(work.domain !== undefined && { domain: work.domain }),
  }
  const groups: GroupDefinition[] = []
  for (const file of work.files) {
    const { groups: found, unresolved } = await readGroupFile(file, place)
    if (unresolved > 0)
      scope.view.tell(
        'warning',
        { code: 'unresolved', text: `${unresolved} references of the file lead elsewhere.` },
        `${terminalText(file)}: ${unresolved} references lead to another server; their people are not in the group.`,
      )
    groups.push(...found)
  }
  const double = groups.find((group, index) => groups.findIndex(other => equalSipUris(other.uri, group.uri)) < index)
  if (double !== undefined) throw new UsageError(`There are two groups ${terminalText(double.uri)}.`, 'Each has an address of its own.')
  return groups
}

async function importGroups({ view }: CommandScope, groups: Groups, imported: readonly GroupDefinition[], replace: boolean): Promise<void> {
  if (!replace) {
    const known: string[] = []
    for (const { uri } of imported) if ((await groups.get(uri)) !== undefined) known.push(uri)
    if (known.length > 0) throw groupExists(known)
  }
  for (const group of imported) {
    await groups.put(group)
    view.tell('group', { uri: group.uri, members: group.members.length }, `Imported     ${lineOf(group)}`)
  }
  if (imported.length === 0) view.note('There is no group in it.')
}

/** `sip:carol@example.org` or `Carol Stone <sip:carol@example.org>` */
function readMember(text: string, hidden: boolean): GroupMember {
  const address = text.includes('<') ? parseNameAddress(text) : { uri: text }
  if (address === undefined) throw new CpmftError('bad-address', `It was "${text}".`)
  const { displayName } = address as { readonly displayName?: string }
  return { uri: readAddress(address.uri), ...(displayName !== undefined && displayName !== '' && { name: displayName }), hidden }
}

/** Most members unless said otherwise: as many as the JSON form allows. */
const LARGEST = 500

function nameFrom(uri: string): string {
  return uri.replace(/^[a-z]+:/i, '').replace(/[@;?].*$/, '')
}

/** The documented JSON form, which `import` takes again. */
function written(groups: readonly GroupDefinition[]): unknown {
  return (JSON.parse(encodeGroups(groups)) as { readonly groups: unknown }).groups
}

function lineOf({ uri, name, members }: GroupDefinition): string {
  return `${terminalText(uri, 200)}  ${terminalText(name)}  ${members.length} ${members.length === 1 ? 'member' : 'members'}`
}

function detailsOf(group: GroupDefinition): string[] {
  const { name, uri, members, senders, maxSize } = group
  const may =
    senders === 'members' ? 'every member' : senders.length === 0 ? 'nobody' : senders.map(one => terminalText(one, 200)).join(', ')
  return [
    `${terminalText(name)} <${terminalText(uri, 200)}>`,
    `may send: ${may}`,
    `members:  ${members.length} of at most ${maxSize}`,
    ...members.map(member => {
      const shown =
        member.name === undefined ? terminalText(member.uri, 200) : `${terminalText(member.name)} <${terminalText(member.uri, 200)}>`
      return `  ${shown}${member.hidden ? '  (hidden)' : ''}`
    }),
  ]
}

function groupExists(uris: readonly string[]): UsageError {
  const names = uris.slice(0, 3).map(uri => terminalText(uri))
  const words = `${names.join(', ')}${uris.length > names.length ? ` and ${uris.length - names.length} more` : ''}`
  return new UsageError(`There is a group ${words} already.`, 'Add --replace, or remove it first.')
}

function noGroup(uri: string): UsageError {
  return new UsageError(`There is no group ${terminalText(uri)}.`, 'cpmft group list shows all of them.')
}
