import { resolve } from 'node:path'
import type { Broker } from '@odradek/broker'
import type { BrokerConfig } from '@odradek/config'
import { type Arguments, CommandError } from './command.ts'
import { collectConfig } from './config-sources.ts'
import { ConsoleBeside } from './console-beside.ts'
import { createLogger } from './log-output.ts'
import { nextSignal } from './next-signal.ts'
import { giveSmallHeapRoom } from './small-heap.ts'
import { version } from './version.ts'

/**
 * Runs a broker until a signal ends it. Prints `Listening on HOST:PORT` on stdout once per listener when it serves; logs go to
 * stderr. SIGTERM and SIGINT shut down cleanly; another one, more than a second later, ends the process at once.
 * @returns the exit code: 0 after a clean shutdown, 1 when the disks failed
 * @throws CommandError when the configuration is refused or the broker cannot start
 */
export async function runBroker(args: Arguments, options: { greet: boolean }): Promise<number> {
  const { config, texts, warnings } = await collectConfig(args, process.env)
  for (const warning of warnings) process.stderr.write(`odradek: ${warning}\n`)
  const { raiseFileLimit, runAtOnce, StartError, startBroker } = await import('@odradek/broker')
  const console = options.greet && ConsoleBeside.wanted(args) ? new ConsoleBeside() : null
  const stopped = nextSignal(process.env.ODRADEK_SUPERVISED !== undefined)
  const logger = createLogger(config['log.level'])
  const openFilesMax = raiseFileLimit()
  // Whoever starts it by hand is greeted by what to do next, not by this.
  const level = options.greet ? 'debug' : 'info'
  if (openFilesMax > 0) logger[level]({ openFilesMax }, 'The system allows this many open files and connections')
  let broker: Broker
  try {
    broker = await startBroker({
      dataDir: config['log.dirs'].map((directory) => resolve(directory)),
      config: { ...standaloneTexts(config), ...texts },
      logger,
    })
  } catch (error) {
    if (error instanceof StartError) throw new CommandError(error.message)
    throw error
  }
  // Not before all is loaded that a start needs: V8 uses compiled code again only under the flags that it was compiled with.
  giveSmallHeapRoom()
  logger.debug({ sliceNs: runAtOnce() }, 'The event loop asked for short turns of the processor')
  for (const { host, port } of broker.listeners) process.stdout.write(`Listening on ${bracketed(host)}:${port}\n`)
  if (options.greet) process.stdout.write(greeting(broker))
  void console?.start(broker, args.text('console-port'), args.flag('demo'))
  const failure = await Promise.race([stopped, broker.failed])
  if (failure instanceof Error)
    logger.fatal({ err: failure }, 'No data directory is left that can be used: the broker ends.')
  try {
    await Promise.all([broker.close(), console?.stop()])
  } catch (error) {
    if (!(failure instanceof Error)) throw error
  }
  return failure instanceof Error ? 1 : 0
}

/** Settings for which an embedded broker has defaults of its own, as a broker by itself has them. */
function standaloneTexts(config: BrokerConfig): Record<string, string> {
  return {
    listeners: config.listeners.join(','),
    'admin.listener': config['admin.listener'],
    'group.initial.rebalance.delay.ms': String(config['group.initial.rebalance.delay.ms']),
  }
}

function greeting(broker: Broker): string {
  const interval = Math.min(broker.config['flush.interval.ms'], broker.config['log.flush.interval.ms'])
  const flush =
    broker.config['flush.mode'] === 'sync'
      ? 'sync: a write is on disk before it is acknowledged'
      : `async: a write is acknowledged when the system has it, and on disk within about ${interval} ms`
  const lines = [
    '',
    `odradek ${version()}`,
    `  clients  ${broker.address}`,
    `  data     ${broker.dataDirs.join(', ')}`,
    `  flush    ${flush}`,
  ]
  if (broker.adminAddress !== null) lines.push(`  health   http://${broker.adminAddress}/health`)
  lines.push('', 'Try it:')
  lines.push(`  echo hello | kcat -P -b ${broker.address} -t greetings`)
  lines.push(`  kcat -C -b ${broker.address} -t greetings -e`, '', 'Ctrl-C stops it.', '')
  return lines.join('\n')
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
