import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { COMMAND_OCTETS } from './protocol/index.js'
import { COMMAND_WAIT } from './limits.js'
import { Refusal } from './refusal.js'

/** The command in the body of a request. @throws Refusal 413, 415 or 400 */
export async function readCommand<Schema extends z.ZodType>(request: IncomingMessage, schema: Schema): Promise<z.infer<Schema>> {
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/json *(?:;|$)/i.test(type)) throw new Refusal(415, 'bad-request', 'A command is JSON.')
  let value: unknown
  const text = await readText(request, COMMAND_OCTETS)
  try {
    value = JSON.parse(text)
  } catch {
    throw new Refusal(400, 'bad-request', 'This is not JSON.')
  }
  return checked(schema, value)
}

/** @throws Refusal 400 that says what is wrong first */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const where = issue?.path.map(String).join('.') ?? ''
  throw new Refusal(
    400,
    'bad-request',
    `${where === '' ? 'The command' : where.slice(0, 80)} is not as it should be: ${issue?.message ?? ''}`,
  )
}

async function readText(request: IncomingMessage, limit: number): Promise<string> {
  const tooLarge = new Refusal(413, 'too-large', `A command has at most ${limit} octets.`)
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge
  const pieces: Buffer[] = []
  let length = 0
  const patience = setTimeout(() => request.destroy(), COMMAND_WAIT)
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      length += piece.length
      if (length > limit) throw tooLarge
      pieces.push(piece)
    }
  } finally {
    clearTimeout(patience)
  }
  return Buffer.concat(pieces).toString('utf8')
}
