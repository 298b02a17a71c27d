import type { Command } from 'commander'
import type { CommandContext } from '../context.js'
import { action, type Finish } from './action.js'
import { collectArgument } from './option-arguments.js'

/** `cpmft server` */
export function addServer(program: Command, context: CommandContext, finish: Finish): void {
  program
    .command('server')
    .summary('run a server: registrar, proxy and groups')
    .description(
      'Runs a SIP registrar and proxy for a domain, and the focus of its groups. Without options it serves this machine alone. Every option is ' +
        'also a variable CPMFT_SERVER_… and a key of server.toml in the configuration folder (or of the file that --config names).',
    )
    .option(
      '--listen <uri>',
      "where SIP is taken, may be repeated: sip:HOST:PORT, 'sip:HOST:PORT;transport=ws', sips:HOST:PORT",
      collectArgument,
    )
    .option('--domain <domain>', 'domain it answers for, may be repeated; default cpm.test on loopback', collectArgument)
    .option('--public-host <host>', 'name or address that others reach it by')
    .option('--media <place>', 'where groups take files (MSRP): HOST:PORT; default any port of the first address of --listen')
    .option('--allow-private', 'members of groups may be at private addresses; default on loopback only')
    .option('--data <folder>', 'folder of the database and of stored files')
    .option('--database <url>', 'postgres://USER@HOST/NAME instead of the database in the data folder')
    .option('--open-registration', 'believe every address of the domain without password; loopback only')
    .option('--store-and-forward <boolean>', 'keep files for people who are away and bring them later; default true')
    .option('--store-not-for <uri>', 'keep nothing for this address, may be repeated', collectArgument)
    .option('--store-file-size <size>', 'largest file that is kept; default 100 MiB')
    .option('--store-quota <size>', 'all kept files of this server; default 16 GiB')
    .option('--store-time <duration>', 'how long a file waits for its recipient; default 24h')
    .option('--spool <folder>', 'folder of kept files; default spool in the data folder')
    .option('--shared-spool', 'the other servers of the database have the same spool folder')
    .optionsGroup('Protection and limits:')
    .option('--tls-cert <file>', 'PEM file of its certificate; see cpmft cert')
    .option('--tls-key <file>', 'PEM file of the key')
    .option('--tls-ca <file>', "PEM file of trusted authorities; default: the system's")
    .option(
      '--algorithms <name>',
      'digest algorithms offered, best first, may be repeated; default SHA-256, SHA-512-256, MD5',
      collectArgument,
    )
    .option('--trust <address>', 'IP address of a proxy whose asserted identities count, not over UDP; may be repeated', collectArgument)
    .option(
      '--edge <address>',
      'IP address of a proxy of yours before it: requests count by where that got them, may be repeated',
      collectArgument,
    )
    .option('--request-rate <number>', 'requests a second from one address, loopback too; default 100, loopback free')
    .option('--max-bindings <number>', 'devices of one user; default 10')
    .option('--max-connections <number>', 'SIP connections; default 10000')
    .option('--max-connections-per-address <number>', 'SIP connections of one address but loopback; default 64')
    .option('--least-expires <duration>', 'shortest registration; default 60s')
    .option('--most-expires <duration>', 'longest registration; default 7d')
    .optionsGroup('Running it:')
    .option('--factory <user>', 'user part of the conference factory; default conference-factory')
    .option('--node <name>', 'name among the servers of one database; default: that of the machine')
    .option('--node-address <uri>', "where the other servers reach it: 'sip:HOST:PORT;transport=tcp'; default: the first of --listen")
    .option('--node-timeout <duration>', 'silence after which another server is dead, the same for all; default 20s')
    .option('--metrics <place>', '/metrics and /healthz: HOST:PORT or none; default 127.0.0.1:9464')
    .option('--log-level <level>', 'debug, info, warn, error or silent; default info')
    .option('--drain-limit <duration>', 'longest wait for running transfers after SIGTERM; default 5m')
    .option('--check', 'look at settings, ports, certificate, disk and database, and do not start')
    .action(
      action<Parameters<typeof import('../server-command.js').serverCommand>[1]>(context, finish, async (scope, options) => {
        const { serverCommand } = await import('../server-command.js')
        return serverCommand(scope, options)
      }),
    )
}
