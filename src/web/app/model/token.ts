const KEY = 'cpmft-token'
/** `#token=8Jq2Lx71Zk…`, as `cpmft web` prints it. */
const FRAGMENT = /^#token=([\w-]{1,256})$/

/** The word that opens this server, from the address or from this tab's memory. It leaves the address at once, so that nobody copies it. */
export function readToken(): string | undefined {
  const given = FRAGMENT.exec(location.hash)?.[1]
  if (given === undefined) return sessionStorage.getItem(KEY) ?? undefined
  sessionStorage.setItem(KEY, given)
  history.replaceState(history.state, '', location.pathname + location.search)
  return given
}
