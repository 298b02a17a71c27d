import type { Command } from 'commander'
import type { CommandContext } from '../context.js'
import { action, type Finish } from './action.js'
import { daysArgument } from './option-arguments.js'
import { Option } from 'commander'

/** `cpmft cert NAME…` */
export function addCert(program: Command, context: CommandContext, finish: Finish): void {
  const cert = program
    .command('cert')
    .summary('make certificates to try TLS with')
    .description(
      'Makes a certificate for development, and an authority that vouches for it. A second call with the same folder uses that authority again.',
    )
    .argument('<name...>', 'DNS names, IP addresses and SIP domains it is for; files are named by the first')
    .option('--into <folder>', 'folder of the files', 'certs')
    .addOption(new Option('--days <days>', 'days it is valid, 1 to 825; default: 30').argParser(daysArgument))
  cert.action(
    action<Parameters<typeof import('../cert-command.js').certCommand>[2]>(context, finish, async (scope, options) => {
      const { certCommand } = await import('../cert-command.js')
      return certCommand(scope, cert.args, options)
    }),
  )
}
