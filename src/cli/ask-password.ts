import type { Readable, Writable } from 'node:stream'

/** Asks for yes or no; no when the person gives up. */
export async function askYesNo(
  streams: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream },
  message: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { confirm } = await import('@clack/prompts')
  const answer = await confirm({ input: streams.input as Readable, output: streams.output as Writable, signal, message, withGuide: false })
  return answer === true
}

/** Asks for a line of text; `usual` is what Enter alone stands for. Undefined when the person gives up. */
export async function askText(
  streams: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream },
  message: string,
  usual: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { isCancel, text } = await import('@clack/prompts')
  const typed = await text({
    input: streams.input as Readable,
    output: streams.output as Writable,
    signal,
    message,
    withGuide: false,
    ...(usual !== undefined && { placeholder: usual, defaultValue: usual }),
  })
  return isCancel(typed) ? undefined : (typed ?? '').trim()
}

/** Asks without showing what is typed; undefined when the person gives up. */
export async function askPassword(
  streams: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream },
  message: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { isCancel, password } = await import('@clack/prompts')
  const typed = await password({ input: streams.input as Readable, output: streams.output as Writable, signal, message, withGuide: false })
  return isCancel(typed) ? undefined : (typed ?? '')
}
