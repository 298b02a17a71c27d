import type { Command } from 'commander'

/** Where the database of the server is; for every command that works on it. */
export function addDatabaseOptions(command: Command): Command {
  return command
    .option('--data <folder>', 'folder of the server; default: below the state folder (or CPMFT_SERVER_DATA)')
    .option('--database <url>', 'postgres://USER@HOST/NAME instead of that folder (or CPMFT_SERVER_DATABASE)')
}
