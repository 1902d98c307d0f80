import { type Command, CommandError } from '../command.ts'
import { buildConsole, CONSOLE_MISSING, hasConsole, startConsoleProcess } from '../console-process.ts'

/** Flags that are handed on as they are; the console itself reads them. */
const flags = {
  bootstrap: { type: 'string', short: 'b', value: 'HOST:PORT,…', doc: "The cluster's brokers [127.0.0.1:9092]." },
  name: { type: 'string', value: 'TEXT', doc: 'What the cluster is called [local].' },
  config: { type: 'string', short: 'c', value: 'FILE', doc: 'Clusters, users and sign-in, as JSON.' },
  users: { type: 'string', value: 'FILE', doc: 'Local users, made by odradek console users add.' },
  port: { type: 'string', short: 'p', value: 'PORT', doc: 'Listen on this port [8080, or the next free one]; 0: any.' },
  host: { type: 'string', value: 'HOST', doc: 'Listen on this address [127.0.0.1].' },
} as const

export const console: Command = {
  name: 'console',
  summary: 'Run the web console, for any Kafka cluster.',
  flags: {
    ...flags,
    demo: { type: 'boolean', doc: 'Load a sample shop into the first cluster.' },
    'read-only': { type: 'boolean', doc: 'Change nothing.' },
  },
  examples: ['odradek console', 'odradek console --bootstrap kafka-1:9092,kafka-2:9092 --port 9000 --read-only'],
  async run(args) {
    if (!hasConsole()) throw new CommandError(CONSOLE_MISSING)
    if (!buildConsole()) throw new CommandError('the console could not be built')
    const words = Object.keys(flags).flatMap((name) => {
      const value = args.text(name)
      return value === undefined ? [] : [`--${name}`, value]
    })
    if (args.flag('read-only')) words.push('--read-only')
    if (args.flag('demo')) words.push('--demo')
    const running = startConsoleProcess(words)
    // A terminal's Ctrl-C reaches both; a signal sent to this process alone is passed on.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void running.stop())
    const end = await running.ended
    return typeof end === 'number' ? end : 1
  },
}
