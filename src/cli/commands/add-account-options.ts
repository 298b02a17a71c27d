import type { Command } from 'commander'

/** Who we are and where we listen; for every command that starts a client. */
export function addAccountOptions(command: Command): Command {
  return command
    .option('--as <uri>', 'own address: sip:alice@example.org (or CPMFT_AS)')
    .option('--proxy <uri>', "proxy and registrar: 'sip:HOST:PORT;transport=tcp' (or CPMFT_PROXY)")
    .option('--listen <uri>', 'where to listen: sip:alice@127.0.0.1:5071 (or CPMFT_LISTEN)')
    .option('--password-file <file>', 'file that holds the password (or CPMFT_PASSWORD, or a prompt)')
}
