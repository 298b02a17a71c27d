import type { Connection } from '../client/index.js'

/** What the proxy at the other end of a pipe is called here: a name that no DNS is asked for, and that can be trusted like any proxy. */
export const PIPE_PROXY = 'sip:pipe:1;transport=tcp'

export function proxyOf(proxy: string | undefined): { readonly proxy?: string } {
  return proxy === undefined ? {} : { proxy }
}

/** The same connection, to a remote end of that name. */
export function namedPipe(connection: Connection): Connection {
  return {
    local: connection.local,
    remote: { host: 'pipe', port: 1 },
    start: events => connection.start(events),
    write: views => connection.write(views),
    pause: () => connection.pause(),
    resume: () => connection.resume(),
    end: () => connection.end(),
    destroy: () => connection.destroy(),
  }
}
