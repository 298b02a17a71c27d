import type { CommandScope } from './run-command.js'
import { TraceRecorder } from './trace-recorder.js'

/** `cpmft demo` */
export async function demoCommand({ context, globals, stop }: CommandScope, options: { readonly headless?: boolean }): Promise<number> {
  const recorder = globals.trace === undefined ? undefined : new TraceRecorder(globals.trace, () => {})
  try {
    const follow = recorder === undefined ? {} : { follow: recorder.follow.bind(recorder) }
    return await context.runDemo({ headless: options.headless === true, out: context.stdout, signal: stop.signal, ...follow })
  } finally {
    await recorder?.close()
  }
}
