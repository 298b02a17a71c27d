import { encodeRecipientList, type Recipient, recipientListPart } from '../focus/index.js'
import type { SendOptions, TransferGroup } from './api.js'
import { keyOfList, type Target } from './group.js'
import type { GroupTransferOptions } from './group-transfer.js'
import { personal, type SessionTarget } from './session-pool.js'

/** How a destination of several is sent to. */
export interface GroupPlan {
  readonly kind: GroupTransferOptions['kind']
  /** Who stands in the record as the peer. */
  readonly uri: string
  /** Undefined where each recipient has a session of its own. */
  readonly session: SessionTarget | undefined
  readonly recipients: readonly Recipient[]
  readonly group: TransferGroup
}

/** CR-2 to CR-4 */
export function groupPlan(target: Target, send: SendOptions): GroupPlan {
  const group: TransferGroup = {
    uri: target.kind === 'group' ? target.uri : undefined,
    name: target.group?.name,
    subject: send.subject ?? target.group?.subject,
  }
  switch (target.kind) {
    case 'single':
      return {
        kind: 'alone',
        uri: target.uri,
        session: personal(target.uri),
        recipients: [{ uri: target.uri, copyControl: 'to', anonymize: false }],
        group,
      }
    case 'group':
      return { kind: 'group', uri: target.uri, session: { key: `group ${target.uri}`, uri: target.uri, group: {} }, recipients: [], group }
    case 'each':
      return { kind: 'each', uri: (target.recipients[0] as Recipient).uri, session: undefined, recipients: target.recipients, group }
    case 'list': {
      const { recipients, factory } = target
      // Doubles and ourselves are out already
      const recipientList = recipientListPart(encodeRecipientList(recipients, [], recipients.length + 1))
      return {
        kind: 'list',
        uri: factory,
        session: { key: keyOfList(recipients), uri: factory, group: { recipientList } },
        recipients,
        group,
      }
    }
  }
}
