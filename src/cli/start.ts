import { processContext } from './process-context.js'
import { runProgram } from './program.js'

/**
 * Runs the command line of this process to its end. Everything is closed by then, so nobody waits for timers and threads that are left over.
 * @param atEnd is told the exit code when all work is done
 */
export async function start(version: string, args: readonly string[], atEnd?: (exit: number) => void): Promise<void> {
  // `cpmft trace FILE | head` closes the pipe early; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  const exit = await runProgram(processContext(version), args)
  atEnd?.(exit)
  await Promise.all([written(process.stdout), written(process.stderr)])
  process.exit(exit)
}

/** Pipes are written in the background on some systems, and `exit` drops what waits. */
function written(stream: NodeJS.WriteStream): Promise<void> | undefined {
  if (stream.writableLength === 0 || stream.destroyed) return undefined
  return new Promise(resolve => stream.write('', () => resolve()))
}
