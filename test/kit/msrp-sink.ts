import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { parseAll, responseText } from './msrp-hand.js'

/** The media side of a peer that is no program of ours: takes small files over MSRP, answers 200 and one success REPORT each. */
export class MsrpSink {
  /** Bodies of the SENDs, in order. */
  readonly bodies: string[] = []

  static async open(): Promise<MsrpSink> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new MsrpSink(server)
  }

  private constructor(private readonly server: Server) {
    server.on('connection', socket => {
      let text = ''
      socket.on('error', () => {})
      socket.on('data', data => {
        text += data.toString('latin1')
        // A message ends with the end-line of its own transaction
        if (!/-------[^\r\n]+[$+#]\r\n$/.test(text)) return
        for (const { start, tid, headers, body } of parseAll(text)) {
          if (!start.endsWith(' SEND')) continue
          const [to, from] = [headers['From-Path'] as string, headers['To-Path'] as string]
          socket.write(responseText(tid, '200 OK', to, from))
          if (body === undefined) continue
          this.bodies.push(body)
          if (headers['Success-Report'] === 'yes') socket.write(report(to, from, headers))
        }
        text = ''
      })
    })
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  close(): void {
    this.server.close()
  }
}

function report(to: string, from: string, headers: Readonly<Record<string, string>>): string {
  const total = headers['Byte-Range']?.split('/')[1]
  const lines = ['MSRP sinkrep1 REPORT', `To-Path: ${to}`, `From-Path: ${from}`, `Message-ID: ${headers['Message-ID']}`]
  return `${[...lines, `Byte-Range: 1-${total}/${total}`, 'Status: 000 200 OK', '-------sinkrep1$'].join('\r\n')}\r\n`
}
