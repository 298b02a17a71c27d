import { Command, CommanderError, Option } from 'commander'
import type { Finish } from './commands/action.js'
import { addResume, addRetry } from './commands/add-continue.js'
import { addAccount } from './commands/add-account.js'
import { addCert } from './commands/add-cert.js'
import { addCompletion } from './commands/add-completion.js'
import { addConfig } from './commands/add-config.js'
import { addContacts } from './commands/add-contacts.js'
import { addDemo } from './commands/add-demo.js'
import { addDoctor } from './commands/add-doctor.js'
import { addDescribe } from './commands/add-describe.js'
import { addHelp } from './commands/add-help.js'
import { addHistory } from './commands/add-history.js'
import { addReceive } from './commands/add-receive.js'
import { addSend } from './commands/add-send.js'
import { addServer } from './commands/add-server.js'
import { addGet, addShare } from './commands/add-share.js'
import { addUser } from './commands/add-user.js'
import { addFocus } from './commands/add-focus.js'
import { addGroup } from './commands/add-group.js'
import { addTrace } from './commands/add-trace.js'
import { addWeb } from './commands/add-web.js'
import { durationArgument } from './commands/option-arguments.js'
import type { CommandContext } from './context.js'
import { runCommand } from './run-command.js'
import { refuseCommand } from './refuse-command.js'
import { UsageError } from './usage-error.js'

/** Runs the command line `args` (without program name) to its exit code. Never rejects. */
export async function runProgram(context: CommandContext, args: readonly string[]): Promise<number> {
  let exit = 0
  const finish: Finish = code => {
    exit = code
  }
  const [first = ''] = args
  const program = buildProgram(context, finish, ALONE[first] === undefined ? COMMANDS : [ALONE[first]])
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    // Commander has written its own words already, except in JSON, where nothing but events may appear.
    const json = args.includes('--json')
    if (error instanceof CommanderError && !json) return 2
    const usage = error instanceof CommanderError ? new UsageError(error.message.replace(/^error: /, ''), 'See cpmft --help.') : error
    return runCommand(context, { json }, () => Promise.reject(usage))
  }
}

type AddCommand = (program: Command, context: CommandContext, finish: Finish) => void

/** Commands that begin at once: the rest of the tree takes longer to build than they do to parse. Nothing they say is about other commands. */
const ALONE: Readonly<Record<string, AddCommand | undefined>> = {
  send: addSend,
  tx: addSend,
  receive: addReceive,
  rx: addReceive,
  describe: addDescribe,
}

/** In the order of `cpmft --help`. */
const COMMANDS: readonly AddCommand[] = [
  addSend,
  addReceive,
  addWeb,
  addResume,
  addRetry,
  addShare,
  addGet,
  addHistory,
  addContacts,
  addAccount,
  addConfig,
  addUser,
  addGroup,
  addCert,
  addDoctor,
  addCompletion,
  addDescribe,
  addTrace,
  addServer,
  addFocus,
  addDemo,
  addHelp,
]

/** The tree of commands, or a part of it. `finish` gets the exit code of the one that ran. */
export function buildProgram(context: CommandContext, finish: Finish = () => {}, commands: readonly AddCommand[] = COMMANDS): Command {
  const program = new Command('cpmft')
    .description('Sends and receives files by CPM File Transfer: SIP, SDP and MSRP (RFC 5547, RFC 4975).')
    .version(context.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({ writeOut: text => context.stdout.write(text), writeErr: text => context.stderr.write(text) })
    .exitOverride()
    .showHelpAfterError('(cpmft --help shows what there is)')
  addGlobalOptions(program)
  for (const add of commands) add(program, context, finish)
  program.on('command:*', (operands: string[]) => refuseCommand(program, operands[0] ?? ''))
  return program
}

function addGlobalOptions(program: Command): void {
  program
    .option('--json', 'print events as JSON, one a line, on stdout')
    .option('-q, --quiet', 'print errors and results only')
    .option('-v, --verbose', 'print every message and state change')
    .addOption(new Option('--trace <file>', 'record messages for `cpmft trace`; without file bytes and credentials'))
    .addOption(new Option('--timeout <duration>', 'give up after 500ms, 30s, 5m or 1h').argParser(durationArgument))
    .option('--yes', 'answer every question with yes')
    .option('--no-color', 'print without colours')
    .option('--config <file>', 'configuration file (or CPMFT_CONFIG)')
    .option('--account <name>', 'account of the configuration (or CPMFT_ACCOUNT)')
}
