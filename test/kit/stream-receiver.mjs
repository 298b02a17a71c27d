// Takes every offer as a stream, counts the octets and keeps nothing: `node stream-receiver.mjs PORT`
import { createClient } from '../../dist/node/index.js'

const client = await createClient({ aor: 'sip:bob@127.0.0.1', listen: `sip:bob@127.0.0.1:${process.argv[2]};transport=tcp` })
process.stdout.write('listening\n')
for await (const offer of client.offers()) {
  const transfer = offer.accept()
  let octets = 0
  for await (const block of transfer.files[0].readable) octets += block.length
  const { ok } = await transfer.done
  process.stdout.write(`${JSON.stringify({ ok, octets })}\n`)
}
