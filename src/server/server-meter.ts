/** What the desks count. */
export interface ServerMeter {
  request(method: string): void
  /** Final response, ours or one that passed. */
  response(method: string, status: number): void
  registration(outcome: 'registered' | 'removed' | 'refused'): void
  refused(reason: 'rate' | 'busy' | 'login' | 'draining' | 'policy'): void
}
