import type { FindingView, PageState } from '../../protocol/index.js'

const MARKS = { ok: 'ok', warn: 'warning', fail: 'PROBLEM' } as const

/**
 * What the doctor found as text that can be shown to others.
 * ```
 * cpmft 0.1.0, sip:alice@example.com, registered
 * ok       dns: example.com has SRV records
 * PROBLEM  register: 403 Forbidden
 *          fix: check the password
 * ```
 */
export function reportText(findings: readonly FindingView[], page: Pick<PageState, 'version' | 'account' | 'registration'>): string {
  const head = [`cpmft ${page.version}`, page.account?.aor ?? 'no account', page.registration.state].join(', ')
  const lines = findings.flatMap(({ check, status, text, fix }) => [
    `${MARKS[status].padEnd(9)}${check}: ${text}`,
    ...(fix === undefined ? [] : [`${' '.repeat(9)}fix: ${fix}`]),
  ])
  return `${withoutSecrets([head, ...lines].join('\n'))}\n`
}

/** Secrets as they might stand in the words of a finding: in an address, as a token, as the answer to a challenge, as a setting. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b(sips?:[^\s:@/;<>]+):[^\s@<>]+@/gi, '$1:[hidden]@'],
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/]+):[^\s@/]+@/gi, '$1:[hidden]@'],
  [/\b(bearer|basic)\s+[\w\-.~+/]+=*/gi, '$1 [hidden]'],
  [
    /\b(token|password|passwd|passphrase|secret|nonce|cnonce|response|CPMFT_PASSWORD)(["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&]+)/gi,
    '$1$2[hidden]',
  ],
]

/** The same text, with what must not be shown to others hidden. */
export function withoutSecrets(text: string): string {
  return SECRETS.reduce((shown, [pattern, instead]) => shown.replace(pattern, instead), text)
}
