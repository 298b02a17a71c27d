import type { Command } from 'commander'
import type { CommandContext } from '../context.js'
import { action, type Finish } from './action.js'
import { collectArgument } from './option-arguments.js'

/** `cpmft focus` */
export function addFocus(program: Command, context: CommandContext, finish: Finish): void {
  program
    .command('focus')
    .summary('run groups alone, behind another proxy')
    .description(
      'Runs the focus of groups as application server of a SIP core or Kamailio: conference factory, conferences and groups, without registrar ' +
        'and proxy. Every option is also a variable CPMFT_SERVER_… and a key of server.toml, as for cpmft server.',
    )
    .option('--listen <uri>', "where the proxy reaches it: 'sip:HOST:PORT;transport=tcp'", collectArgument)
    .option('--proxy <uri>', "the proxy before it, whose asserted identities count: 'sip:HOST;transport=tcp;lr'")
    .option('--domain <domain>', 'domain of factory, conferences and groups', collectArgument)
    .option('--factory <user>', 'user part of the conference factory; default conference-factory')
    .option('--media <place>', 'where it takes files (MSRP): HOST:PORT; default any port of the address of --listen')
    .option('--public-host <host>', 'name or address that members reach it by')
    .option('--allow-private', 'members may be at private addresses')
    .option('--data <folder>', 'folder of the database and of stored files')
    .option('--database <url>', 'postgres://USER@HOST/NAME instead of the database in the data folder')
    .option('--node <name>', 'name among several focuses, part of the addresses of its conferences: letters and digits')
    .option('--tls-cert <file>', 'PEM file of its certificate')
    .option('--tls-key <file>', 'PEM file of the key')
    .option('--tls-ca <file>', "PEM file of trusted authorities; default: the system's")
    .option('--metrics <place>', '/metrics and /healthz: HOST:PORT or none; default 127.0.0.1:9464')
    .option('--log-level <level>', 'debug, info, warn, error or silent; default info')
    .option('--drain-limit <duration>', 'longest wait for running transfers after SIGTERM; default 5m')
    .action(
      action<Parameters<typeof import('../focus-command.js').focusCommand>[1]>(context, finish, async (scope, options) => {
        const { focusCommand } = await import('../focus-command.js')
        return focusCommand(scope, options)
      }),
    )
}
