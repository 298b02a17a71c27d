import type { CommandContext, GlobalOptions } from './context.js'
import { JsonView } from './json-view.js'
import { createPalette, wantsColour } from './palette.js'
import { PlainView } from './plain-view.js'
import type { View } from './view.js'

/** JSON when asked for; bars only at a terminal that can move its cursor; lines otherwise. */
export async function createView(context: CommandContext, options: GlobalOptions): Promise<View> {
  if (options.json) return new JsonView(context)
  const palette = createPalette(wantsColour(options.color !== false, context.env, context.isTerminal.stderr))
  const bars = context.isTerminal.stderr && context.env['TERM'] !== 'dumb' && !options.quiet && !options.verbose
  if (!bars) return new PlainView(context, options, palette)
  const { ProgressView } = await import('./progress-view.js')
  return ProgressView.create(context, options, palette)
}
