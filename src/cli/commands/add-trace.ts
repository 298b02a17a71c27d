import { type Command, Option } from 'commander'
import type { CommandContext } from '../context.js'
import { action, type Finish } from './action.js'
import { collectArgument } from './option-arguments.js'

/** `cpmft trace RECORDING` */
export function addTrace(program: Command, context: CommandContext, finish: Finish): void {
  const trace = program
    .command('trace')
    .summary('draw a recorded trace as a ladder')
    .description('Draws what --trace recorded as a ladder of SIP, SDP and MSRP, or converts it.')
    // Its own name would be taken for the global --trace otherwise.
    .argument('<recording>', 'file that --trace wrote')
    .addOption(
      new Option('--format <format>', 'text: the ladder; svg, mermaid: for pages; jsonl: the entries; pcapng: for Wireshark')
        .choices(['text', 'svg', 'mermaid', 'jsonl', 'pcapng'])
        .default('text'),
    )
    .option('--filter <words>', 'only these: sip, msrp, state, party=alice, method=INVITE, dialog=1, text=plan.pdf', collectArgument)
    .option('--redact', 'remove credentials, session ids and folders before showing it to others')
  trace.action(
    action<Parameters<typeof import('../trace-command.js').traceCommand>[2]>(context, finish, async (scope, options) => {
      const { traceCommand } = await import('../trace-command.js')
      return traceCommand(scope, trace.args[0] ?? '', options)
    }),
  )
}
