import type { Command } from 'commander'
import type { CommandContext } from '../context.js'
import { action, type Finish } from './action.js'
import { addAccountOptions } from './add-account-options.js'

/** `cpmft doctor` */
export function addDoctor(program: Command, context: CommandContext, finish: Finish): void {
  const doctor = program
    .command('doctor')
    .summary('find out why it does not work')
    .description('Looks at configuration, folders, certificates, DNS, the way to the server, the account and the peer; says what to mend.')
    .option('--to <uri>', 'ask this peer what it can do: sip:bob@example.org')
    .option('--into <folder>', 'folder for received files')
  addAccountOptions(doctor).action(
    action<Parameters<typeof import('../doctor-command.js').doctorCommand>[1]>(context, finish, async (scope, options) => {
      const { doctorCommand } = await import('../doctor-command.js')
      return doctorCommand(scope, options)
    }),
  )
}
