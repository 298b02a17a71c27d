import { existsSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { CommandContext, GlobalOptions } from './context.js'
import { parseDuration } from './duration.js'
import { nearestCommand } from './nearest-command.js'
import { type CommandScope, runCommand } from './run-command.js'
import { parseSize } from './size.js'
import { terminalText } from './terminal-text.js'
import { UsageError } from './usage-error.js'

/** Takes the exit code of the command that ran. */
type Finish = (exit: number) => void
type Load<Options> = (scope: CommandScope, options: Options) => Promise<number>

/** Runs the command line `args` (without program name) to its exit code. Never rejects. */
export async function runProgram(context: CommandContext, args: readonly string[]): Promise<number> {
  let exit = 0
  const program = buildProgram(context, code => {
    exit = code
  })
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

/** The tree of commands. `finish` gets the exit code of the one that ran. */
export function buildProgram(context: CommandContext, finish: Finish = () => {}): Command {
  const program = new Command('cpmft')
    .description('Sends and receives files by CPM File Transfer: SIP, SDP and MSRP (RFC 5547, RFC 4975).')
    .version(context.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({ writeOut: text => context.stdout.write(text), writeErr: text => context.stderr.write(text) })
    .exitOverride()
    .showHelpAfterError('(cpmft --help shows what there is)')
  addGlobalOptions(program)
  addSend(program, context, finish)
  addReceive(program, context, finish)
  addDescribe(program, context, finish)
  addTrace(program, context, finish)
  addDemo(program, context, finish)
  program.on('command:*', (operands: string[]) =>
    program.error(unknownCommand(operands[0] ?? '', program), { code: 'cpmft.unknownCommand', exitCode: 2 }),
  )
  return program
}

function addGlobalOptions(program: Command): void {
  program
    .option('--json', 'print events as JSON, one a line, on stdout')
    .option('-q, --quiet', 'print errors and results only')
    .option('-v, --verbose', 'print every message and state change')
    .addOption(new Option('--trace <file>', 'record messages for `cpmft trace`; without file bytes and credentials'))
    .addOption(new Option('--timeout <duration>', 'give up after 500ms, 30s, 5m or 1h').argParser(duration))
    .option('--yes', 'answer every question with yes')
    .option('--no-color', 'print without colours')
}

function addSend(program: Command, context: CommandContext, finish: Finish): void {
  const send = program
    .command('send')
    .alias('tx')
    .summary('send files to somebody')
    .description('Sends files to somebody. Each file is offered, accepted or declined, sent and verified by itself.')
    .argument('<file...>', 'files to send')
    .option('--to <uri>', 'recipient: sip:bob@example.org', collect)
    .option('--subject <text>', 'short text shown with the offer')
    .addOption(new Option('--release-timer <seconds>', 'keep the session open after the last file').argParser(seconds).default(0))
    .addOption(new Option('--max-size <size>', 'refuse larger files: 100MB, 2GiB').argParser(size))
    .option('--dry-run', 'print the INVITE that would be sent, and send nothing')
  addAccount(send).action(
    run<Parameters<typeof import('./send-command.js').sendCommand>[2]>(context, finish, async (scope, options) => {
      const { sendCommand } = await import('./send-command.js')
      return sendCommand(scope, send.args, options)
    }),
  )
}

function addReceive(program: Command, context: CommandContext, finish: Finish): void {
  const receive = program
    .command('receive')
    .alias('rx')
    .summary('wait for files')
    .description('Waits for files, asks about each offer, and prints the path of every saved file on stdout.')
    .option('--into <folder>', 'folder for received files', '.')
    .addOption(
      new Option('--accept <answer>', 'answer to offers; default: ask at a terminal, none elsewhere').choices(['ask', 'all', 'none']),
    )
    .option('--once', 'end after the first offer that was answered')
    .addOption(
      new Option('--on-conflict <policy>', 'when a file of this name exists').choices(['rename', 'overwrite', 'skip']).default('rename'),
    )
    .addOption(new Option('--max-size <size>', 'decline larger files: 100MB, 2GiB').argParser(size))
  addAccount(receive).action(
    run<Parameters<typeof import('./receive-command.js').receiveCommand>[1]>(context, finish, async (scope, options) => {
      const { receiveCommand } = await import('./receive-command.js')
      return receiveCommand(scope, options)
    }),
  )
}

function addDescribe(program: Command, context: CommandContext, finish: Finish): void {
  const describe = program
    .command('describe')
    .summary('print file selectors')
    .description('Prints the file selector of each file as it goes into SDP, one a line.')
    .argument('<file...>', 'files to describe')
  describe.action(
    run(context, finish, async scope => {
      const { describeCommand } = await import('./describe-command.js')
      return describeCommand(scope, describe.args)
    }),
  )
}

function addTrace(program: Command, context: CommandContext, finish: Finish): void {
  const trace = program
    .command('trace')
    .summary('draw a recorded trace as a ladder')
    .description('Draws what --trace recorded as a ladder of SIP, SDP and MSRP, or converts it.')
    // Its own name would be taken for the global --trace otherwise.
    .argument('<recording>', 'file that --trace wrote')
    .addOption(
      new Option('--format <format>', 'text: the ladder; jsonl: the entries; pcapng: for Wireshark')
        .choices(['text', 'jsonl', 'pcapng'])
        .default('text'),
    )
    .option('--redact', 'remove credentials, session ids and folders before showing it to others')
  trace.action(
    run<Parameters<typeof import('./trace-command.js').traceCommand>[2]>(context, finish, async (scope, options) => {
      const { traceCommand } = await import('./trace-command.js')
      return traceCommand(scope, trace.args[0] ?? '', options)
    }),
  )
}

function addDemo(program: Command, context: CommandContext, finish: Finish): void {
  program
    .command('demo')
    .summary('watch a transfer without any setup')
    .description('Runs two clients in this process, sends files between them and shows the ladder.')
    .option('--headless', 'ask nothing; for tests')
    .action(
      run<{ headless?: boolean }>(context, finish, async (scope, options) => {
        const { demoCommand } = await import('./demo-command.js')
        return demoCommand(scope, options)
      }),
    )
}

function addAccount(command: Command): Command {
  return command
    .option('--as <uri>', 'own address: sip:alice@example.org (or CPMFT_AS)')
    .option('--proxy <uri>', "proxy and registrar: 'sip:HOST:PORT;transport=tcp' (or CPMFT_PROXY)")
    .option('--listen <uri>', 'where to listen: sip:alice@127.0.0.1:5071 (or CPMFT_LISTEN)')
    .option('--password-file <file>', 'file that holds the password (or CPMFT_PASSWORD, or a prompt)')
}

/** A commander action: commander gives the arguments, then the options, then the command. */
function run<Options extends object>(context: CommandContext, finish: Finish, load: Load<Options>): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const command = args[args.length - 1] as Command
    const options = command.opts<Options>()
    const globals = (command.parent as Command).opts<GlobalOptions>()
    finish(await runCommand(context, globals, scope => load(scope, options)))
  }
}

function unknownCommand(word: string, program: Command): string {
  const shown = terminalText(word)
  if (existsSync(word)) return `error: '${shown}' is a file, not a command. Did you mean \`cpmft send ${shown} --to sip:…\`?`
  const names = program.commands.flatMap(command => [command.name(), ...command.aliases()])
  const nearest = nearestCommand(word, names)
  return `error: there is no command '${shown}'.${nearest === undefined ? '' : ` Did you mean \`cpmft ${nearest}\`?`}`
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}

function duration(text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds === undefined || milliseconds === 0) throw new InvalidArgumentError('Write it like 500ms, 30s, 5m or 1h.')
  return milliseconds
}

function seconds(text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds === undefined) throw new InvalidArgumentError('Write seconds, like 30.')
  return milliseconds / 1000
}

function size(text: string): number {
  const octets = parseSize(text)
  if (octets === undefined) throw new InvalidArgumentError('Write it like 100MB or 2GiB.')
  return octets
}
