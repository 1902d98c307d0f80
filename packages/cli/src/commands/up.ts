import { resolve } from 'node:path'
import { type Arguments, type Command, UsageError } from '../command.ts'
import { collectConfig, configFlags } from '../config-sources.ts'
import { ConsoleBeside } from '../console-beside.ts'
import { nextSignal } from '../next-signal.ts'
import { defaultBrokers, type Mode, modes, ownedKeys, planDeployment } from '../up/deployment.ts'
import { freePorts } from '../up/free-ports.ts'
import { Supervisor } from '../up/supervisor.ts'

const PORT = 9092
const ADMIN_PORT = 9644

export const up: Command = {
  name: 'up',
  summary: 'Start a cluster on this machine: several brokers, restarted when they end, with their console.',
  flags: {
    mode: {
      type: 'string',
      short: 'm',
      value: 'MODE',
      doc: 'single; multi-master (each record on one broker); async-replica or sync-replica (on several) [single].',
    },
    brokers: { type: 'string', short: 'n', value: 'N', doc: 'How many brokers [1 in mode single, else 3].' },
    cores: { type: 'string', value: 'N', doc: 'The same: a broker uses one core.' },
    ...configFlags,
    port: { ...configFlags.port, doc: 'Of the first broker, the others count on [9092]; 0 takes free ones.' },
    'admin-port': { type: 'string', value: 'PORT', doc: 'Of the first admin listener, the others count on [9644].' },
    'data-dir': { ...configFlags['data-dir'], doc: 'Keep everything there [./cluster].' },
    'console-port': { type: 'string', value: 'PORT', doc: 'The console listens there [8080, or the next free one].' },
    'no-console': { type: 'boolean', doc: 'Start the brokers alone.' },
  },
  examples: [
    'odradek up',
    'odradek up --mode sync-replica --brokers 3 --port 9092 --data-dir /var/lib/odradek',
    'odradek up --mode multi-master --cores 4 --no-console',
  ],
  run: runUp,
}

async function runUp(args: Arguments): Promise<number> {
  const mode = modeOf(args)
  const brokers = brokersOf(args, mode)
  const { texts, host } = await sharedTexts(args)
  const deployment = planDeployment({
    mode,
    host,
    ...(await portsOf(args, brokers)),
    directory: resolve(args.text('data-dir') ?? 'cluster'),
    texts,
  })
  const console = ConsoleBeside.wanted(args) ? new ConsoleBeside() : null
  const stopped = nextSignal()
  const supervisor = await Supervisor.start(deployment)
  let isStopped = false
  try {
    await Promise.race([supervisor.served(), stopped.then(() => (isStopped = true))])
    if (!isStopped) {
      for (const { address } of supervisor.brokers) process.stdout.write(`Listening on ${address}\n`)
      const addresses = supervisor.brokers.map(({ address }) => address).join(',')
      process.stderr.write(
        `odradek: ${mode}, ${brokers} broker${brokers === 1 ? '' : 's'}, data in ${deployment.directory}; odradek status shows how they are. Ctrl-C stops all.\n`,
      )
      void console?.start({ address: addresses }, args.text('console-port'), false)
      await stopped
    }
  } finally {
    await Promise.all([supervisor.stop(), console?.stop()])
  }
  return 0
}

function modeOf(args: Arguments): Mode {
  const text = args.text('mode') ?? 'single'
  const mode = modes.find((name) => name === text)
  if (mode === undefined) throw new UsageError(`--mode must be one of ${modes.join(', ')}, not "${text}"`)
  return mode
}

function brokersOf(args: Arguments, mode: Mode): number {
  const [brokers, cores] = [args.text('brokers'), args.text('cores')]
  if (brokers !== undefined && cores !== undefined) throw new UsageError('Give --brokers or --cores, not both')
  const text = brokers ?? cores ?? String(defaultBrokers[mode])
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  const flag = cores === undefined ? '--brokers' : '--cores'
  if (count < 1) throw new UsageError(`${flag} must be a number from 1 to 999, not "${text}"`)
  if (mode === 'single' && count > 1) {
    throw new UsageError(`--mode single has one broker, not ${count}; the others are ${modes.slice(1).join(', ')}`)
  }
  if (mode.endsWith('-replica') && count < 2) throw new UsageError(`--mode ${mode} needs at least 2 brokers`)
  return count
}

function portOf(args: Arguments, flag: string): number | undefined {
  const text = args.text(flag)
  if (text === undefined) return undefined
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new UsageError(`--${flag} must be a number from 0 to 65535, not "${text}"`)
  }
  return Number(text)
}

/** The ports of the brokers and of their admin listeners: counted on from what is given, or free ones for 0. */
async function portsOf(args: Arguments, brokers: number): Promise<{ ports: number[]; adminPorts: number[] }> {
  const first = portOf(args, 'port') ?? PORT
  const firstAdmin = portOf(args, 'admin-port') ?? (first === 0 ? 0 : ADMIN_PORT)
  const free = await freePorts((first === 0 ? brokers : 0) + (firstAdmin === 0 ? brokers : 0))
  const from = (port: number) => {
    if (port === 0) return free.splice(0, brokers)
    if (port + brokers - 1 > 65_535) throw new UsageError(`${brokers} ports from ${port} on go beyond 65535`)
    return Array.from({ length: brokers }, (_, index) => port + index)
  }
  return { ports: from(first), adminPorts: from(firstAdmin) }
}

/** What file, environment and --set say for all brokers. What differs between them is not theirs to say. */
async function sharedTexts(args: Arguments): Promise<{ texts: Record<string, string>; host: string }> {
  const host = args.text('host') ?? '127.0.0.1'
  const { texts, warnings } = await collectConfig(args.without('port', 'host', 'data-dir'), process.env)
  for (const warning of warnings) process.stderr.write(`odradek: ${warning}\n`)
  const owned = ownedKeys.find((key) => Object.hasOwn(texts, key))
  if (owned !== undefined) {
    throw new UsageError(
      `odradek up sets ${owned} of each broker itself: use --host, --port, --admin-port and --data-dir`,
    )
  }
  return { texts: { ...texts }, host }
}
