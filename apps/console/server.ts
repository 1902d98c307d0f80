/**
 * The console's process: Next's pages, tRPC over HTTP and over WebSocket, all on one port. Prints `Console on URL` on stdout once it
 * serves; everything else goes to stderr.
 *
 *     node server.ts --bootstrap 127.0.0.1:9092 --port 8080
 */
import { enableCompileCache } from 'node:module'

enableCompileCache()

const { readOptions, usage, OptionError } = await import('./server/options.ts')
const { startConsole } = await import('./server/start-console.ts')

// Started as somebody's child: when that process is gone, this one must not live on.
if (process.channel !== undefined && process.channel !== null) {
  process.channel.unref()
  process.on('disconnect', () => process.exit(1))
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') {
    process.stdout.write(usage)
    process.exit(0)
  }
  const console = await startConsole(options)
  process.stdout.write(`Console on ${console.url}\n`)
  if (console.isOpen)
    process.stdout.write('  for this machine only: it has no users. To add one: odradek console users add NAME\n')
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, async () => {
      await console.close()
      process.exit(0)
    })
  }
} catch (error) {
  const told = error instanceof OptionError || (error instanceof Error && 'syscall' in error)
  process.stderr.write(`odradek console: ${told ? (error as Error).message : (error as Error).stack}\n`)
  process.exit(error instanceof OptionError ? 2 : 1)
}
