/** What is looked at before anything else is done with a request. */
export interface GateRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Name, value, name, value: as they came, so that doubles are seen. */
  readonly rawHeaders: readonly string[]
}

export interface GateRefusal {
  readonly status: 400 | 403 | 405
  readonly code: string
  readonly text: string
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE'])

/**
 * Whether a request may come from our own page. A name that was made to point at this machine (DNS rebinding) shows in `Host`, a page of another
 * origin in `Origin` and `Sec-Fetch-Site`; programs of this machine that are no browser have neither, and need the token like everybody.
 * @param authority `127.0.0.1:8080`: what we told the user, and nothing else
 * @returns undefined when it may pass
 */
export function gateRefusal(request: GateRequest, authority: string): GateRefusal | undefined {
  const { method = '', url = '' } = request
  if (!url.startsWith('/') || url.startsWith('//')) return { status: 400, code: 'bad-request', text: 'This is not a path of the page.' }
  if (!METHODS.has(method)) return { status: 405, code: 'bad-request', text: 'This method is not used here.' }
  const [host, ...otherHosts] = valuesOf(request, 'host')
  if (host !== authority || otherHosts.length > 0)
    return { status: 403, code: 'forbidden', text: `This page answers as ${authority} only.` }
  const origins = valuesOf(request, 'origin')
  if (origins.length > 1 || origins.some(origin => origin !== `http://${authority}`))
    return { status: 403, code: 'forbidden', text: 'Pages of other origins may not use this one.' }
  // A link to the page itself may be anywhere: it carries no authority
  if (method === 'GET' && url === '/') return undefined
  const sites = valuesOf(request, 'sec-fetch-site')
  if (sites.length > 1 || sites.some(site => site !== 'same-origin' && site !== 'none'))
    return { status: 403, code: 'forbidden', text: 'Pages of other sites may not use this one.' }
  return undefined
}

function valuesOf({ rawHeaders }: GateRequest, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name)
}
