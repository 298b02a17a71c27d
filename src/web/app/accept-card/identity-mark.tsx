import { ShieldAlert, ShieldCheck, UserRound, UserRoundCheck, UserRoundX, VenetianMask } from 'lucide-react'
import type { ReactNode } from 'react'
import type { PartyView } from '../../protocol/index.js'
import { strings } from '../strings.js'
import styles from './identity-mark.module.css'

const words = strings.accept
const SIGNS = { asserted: ShieldCheck, unverified: ShieldAlert, anonymous: VenetianMask } as const

/** How sure it is who somebody is, and whether we know them: a sign, a colour and words. */
export function IdentityMark({ party: { identity, known, trusted } }: { readonly party: PartyView }): ReactNode {
  const Sign = SIGNS[identity]
  const Known = trusted ? UserRoundCheck : known ? UserRound : UserRoundX
  return (
    <ul className={styles.marks}>
      <li className={styles.mark} data-tone={identity === 'asserted' ? 'good' : 'warn'}>
        <Sign size={15} aria-hidden />
        {words.identity[identity]}
      </li>
      {identity !== 'anonymous' && (
        <li className={styles.mark} data-tone={known ? 'quiet' : 'warn'}>
          <Known size={15} aria-hidden />
          {trusted ? words.trusted : known ? words.known : words.unknown}
        </li>
      )}
    </ul>
  )
}
