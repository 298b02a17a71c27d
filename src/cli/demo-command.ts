import type { CommandScope } from './run-command.js'

/** `cpmft demo` */
export async function demoCommand({ context, stop }: CommandScope, options: { readonly headless?: boolean }): Promise<number> {
  return context.runDemo({ headless: options.headless === true, out: context.stdout, signal: stop.signal })
}
