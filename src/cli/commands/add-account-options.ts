import { type Command, Option } from 'commander'
import { sizeArgument } from './option-arguments.js'

/** Heading in help and reference. */
const ACCOUNT_OPTIONS = 'Account and protection:'

/** Who we are, where we listen and how we are protected; for every command that starts a client. */
export function addAccountOptions(command: Command): Command {
  return command
    .optionsGroup(ACCOUNT_OPTIONS)
    .option('--as <uri>', 'own address: sip:alice@example.org (or CPMFT_AS)')
    .option('--display-name <name>', 'name shown with the own address')
    .option('--proxy <uri>', "proxy and registrar: 'sip:HOST:PORT;transport=tcp' (or CPMFT_PROXY)")
    .addOption(new Option('--transport <transport>', 'transport to the proxy').choices(['udp', 'tcp', 'tls', 'ws', 'wss']))
    .option('--username <name>', 'digest user name; default: user part of the address')
    .option('--password-file <file>', 'file that holds the password (or CPMFT_PASSWORD, or a prompt)')
    .option('--listen <uri>', 'where to listen: sip:alice@127.0.0.1:5071 (or CPMFT_LISTEN)')
    .addOption(
      new Option('--profile <profile>', 'secure: TLS only; open: plain; default: secure, but open on this machine alone').choices([
        'secure',
        'open',
      ]),
    )
    .option('--tls-ca <file>', "PEM file of trusted authorities; default: the system's")
    .option('--tls-cert <file>', 'PEM file of the own certificate; see cpmft cert')
    .option('--tls-key <file>', 'PEM file of its key')
    .option('--relay <uri>', "MSRP relay: 'msrps://HOST:PORT;tcp'")
    .option('--allow-private', 'connect to private addresses that a peer names')
    .addOption(new Option('--chunk-size <size>', 'MSRP chunk: 64KiB, 4MiB').argParser(sizeArgument))
    .option('--no-store', 'remember nothing, and look nothing up')
}
