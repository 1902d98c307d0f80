import { meantWord } from '@odradek/config'
import { type Command, CommandError, parseArguments, UsageError } from './command.ts'
import { commandHelp, overview } from './help.ts'
import { version } from './version.ts'

/** Every command by its name. Each is loaded when it is called, so that `--version` does not load a broker. */
const commands: { readonly [name: string]: { readonly summary: string; load(): Promise<Command> } } = {
  start: {
    summary: 'Start a broker on 127.0.0.1:9092 with its data in ./data, and the console',
    load: async () => (await import('./commands/start.ts')).start,
  },
  up: {
    summary: 'Start a cluster on this machine: several brokers and the console',
    load: async () => (await import('./commands/up.ts')).up,
  },
  status: {
    summary: 'Print how the cluster of odradek up is',
    load: async () => (await import('./commands/status.ts')).status,
  },
  console: {
    summary: 'Run the web console, for any Kafka cluster',
    load: async () => (await import('./commands/console.ts')).console,
  },
  broker: {
    summary: 'Run a broker, configured by file, environment and flags',
    load: async () => (await import('./commands/broker.ts')).broker,
  },
  'cluster describe': {
    summary: 'Print the brokers of a cluster, and what is not as it should be',
    load: async () => (await import('./commands/cluster-describe.ts')).clusterDescribe,
  },
  'cluster history': {
    summary: 'Print what happened to brokers, leaders and in-sync replicas',
    load: async () => (await import('./commands/cluster-history.ts')).clusterHistoryCommand,
  },
  'cluster reassign': {
    summary: 'Plan, and with --apply do, a move of partitions to other brokers',
    load: async () => (await import('./commands/cluster-reassign.ts')).clusterReassign,
  },
  'cluster elect-leaders': {
    summary: 'Give partitions back to their preferred leaders',
    load: async () => (await import('./commands/cluster-elect-leaders.ts')).clusterElectLeaders,
  },
  'cluster unregister': {
    summary: 'Forget a broker that is gone for good',
    load: async () => (await import('./commands/cluster-unregister.ts')).clusterUnregister,
  },
  'cluster move-metadata': {
    summary: 'Copy the metadata of a stopped broker into etcd',
    load: async () => (await import('./commands/cluster-move-metadata.ts')).clusterMoveMetadata,
  },
  config: {
    summary: 'Print every configuration key with its default',
    load: async () => (await import('./commands/config.ts')).config,
  },
  'dead-letters groups': {
    summary: 'Print the topics of dead letters',
    load: async () => (await import('./commands/dead-letters-groups.ts')).deadLettersGroups,
  },
  'dead-letters list': {
    summary: "Print a group's dead letters",
    load: async () => (await import('./commands/dead-letters-list.ts')).deadLettersList,
  },
  'dead-letters show': {
    summary: 'Print one dead letter in full',
    load: async () => (await import('./commands/dead-letters-show.ts')).deadLettersShow,
  },
  'dead-letters resend': {
    summary: 'Plan, and with --apply do, a resend of dead letters',
    load: async () => (await import('./commands/dead-letters-resend.ts')).deadLettersResend,
  },
  'dead-letters edit': {
    summary: 'Send one dead letter again, edited',
    load: async () => (await import('./commands/dead-letters-edit.ts')).deadLettersEdit,
  },
  'dead-letters resolve': {
    summary: 'Mark dead letters as dealt with, or take that back',
    load: async () => (await import('./commands/dead-letters-resolve.ts')).deadLettersResolve,
  },
  'dead-letters purge': {
    summary: 'Plan, and with --apply do, the deletion of the oldest dead letters',
    load: async () => (await import('./commands/dead-letters-purge.ts')).deadLettersPurge,
  },
  'dead-letters jobs': {
    summary: 'Print the jobs that send dead letters again',
    load: async () => (await import('./commands/dead-letters-jobs.ts')).deadLettersJobs,
  },
  'dead-letters job show': {
    summary: 'Print a job and its results',
    load: async () => (await import('./commands/dead-letters-job.ts')).deadLettersJobShow,
  },
  'dead-letters job run': {
    summary: 'Run a job that nobody runs',
    load: async () => (await import('./commands/dead-letters-job.ts')).deadLettersJobRun,
  },
  'dead-letters job pause': {
    summary: 'Let a job stop for a while',
    load: async () => (await import('./commands/dead-letters-job.ts')).deadLettersJobPause,
  },
  'dead-letters job resume': {
    summary: 'Let a job go on, and run it',
    load: async () => (await import('./commands/dead-letters-job.ts')).deadLettersJobResume,
  },
  'dead-letters job cancel': {
    summary: 'End a job',
    load: async () => (await import('./commands/dead-letters-job.ts')).deadLettersJobCancel,
  },
  'dead-letters job retry': {
    summary: 'Send again what a job could not send',
    load: async () => (await import('./commands/dead-letters-job.ts')).deadLettersJobRetry,
  },
  'dead-letters job delete': {
    summary: 'Remove a job that has ended',
    load: async () => (await import('./commands/dead-letters-job.ts')).deadLettersJobDelete,
  },
  'delayed list': {
    summary: 'Print records that wait for their time',
    load: async () => (await import('./commands/delayed-list.ts')).delayedList,
  },
  'delayed recall': {
    summary: 'Take records back that wait',
    load: async () => (await import('./commands/delayed-recall.ts')).delayedRecall,
  },
  'delayed deliver': {
    summary: 'Deliver records now that wait',
    load: async () => (await import('./commands/delayed-deliver.ts')).delayedDeliver,
  },
  'delayed reschedule': {
    summary: 'Give a record that waits another time',
    load: async () => (await import('./commands/delayed-reschedule.ts')).delayedReschedule,
  },
  'delayed bury': {
    summary: 'Make dead letters now of retries that wait',
    load: async () => (await import('./commands/delayed-bury.ts')).delayedBury,
  },
  'groups list': {
    summary: 'Print the groups of a cluster',
    load: async () => (await import('./commands/groups-list.ts')).groupsList,
  },
  'groups describe': {
    summary: 'Print a group: members, commits, lag',
    load: async () => (await import('./commands/groups-describe.ts')).groupsDescribe,
  },
  'groups reset': {
    summary: "Plan, and with --apply do, a move of a group's offsets",
    load: async () => (await import('./commands/groups-reset.ts')).groupsReset,
  },
  'groups delete': {
    summary: 'Plan, and with --apply do, the deletion of a group',
    load: async () => (await import('./commands/groups-delete.ts')).groupsDelete,
  },
  'groups config': {
    summary: "Print or change a group's configs",
    load: async () => (await import('./commands/groups-config.ts')).groupsConfig,
  },
  'messages find': {
    summary: 'Print messages of a topic between two bounds, filtered',
    load: async () => (await import('./commands/messages-find.ts')).messagesFind,
  },
  'messages tail': {
    summary: 'Print messages of a topic as they are written',
    load: async () => (await import('./commands/messages-tail.ts')).messagesTail,
  },
  'messages get': {
    summary: 'Print one message in full',
    load: async () => (await import('./commands/messages-get.ts')).messagesGet,
  },
  'messages produce': {
    summary: 'Write one message',
    load: async () => (await import('./commands/messages-produce.ts')).messagesProduce,
  },
  'topics list': {
    summary: 'Print the topics of a cluster',
    load: async () => (await import('./commands/topics-list.ts')).topicsList,
  },
  'topics describe': {
    summary: 'Print a topic: partitions, offsets, configs',
    load: async () => (await import('./commands/topics-describe.ts')).topicsDescribe,
  },
  'topics create': {
    summary: 'Create a topic',
    load: async () => (await import('./commands/topics-create.ts')).topicsCreate,
  },
  'topics delete': {
    summary: 'Plan, and with --apply do, the deletion of a topic',
    load: async () => (await import('./commands/topics-delete.ts')).topicsDelete,
  },
  'topics config': {
    summary: "Change a topic's configs, or print its own",
    load: async () => (await import('./commands/topics-config.ts')).topicsConfig,
  },
  'topics partitions add': {
    summary: 'Give a topic more partitions',
    load: async () => (await import('./commands/topics-partitions-add.ts')).topicsPartitionsAdd,
  },
  'topics records delete': {
    summary: "Plan, and with --apply do, the deletion of a topic's oldest records",
    load: async () => (await import('./commands/topics-records-delete.ts')).topicsRecordsDelete,
  },
  'brokers config': {
    summary: 'Change configs of a broker or of all, or print what is set',
    load: async () => (await import('./commands/brokers-config.ts')).brokersConfig,
  },
  'console users add': {
    summary: 'Add a user of the console',
    load: async () => (await import('./commands/console-users.ts')).consoleUsersAdd,
  },
  'console users remove': {
    summary: 'Remove a user of the console',
    load: async () => (await import('./commands/console-users.ts')).consoleUsersRemove,
  },
  'console users list': {
    summary: 'Print the users of the console',
    load: async () => (await import('./commands/console-users.ts')).consoleUsersList,
  },
  'console rotate-key': {
    summary: 'Change the key that seals the webhooks of alerts',
    load: async () => (await import('./commands/console-users.ts')).consoleRotateKey,
  },
  'cleanup plan': {
    summary: 'Print what cleanup deleted and will delete: when, and why',
    load: async () => (await import('./commands/cleanup-plan.ts')).cleanupPlan,
  },
  'log dump': {
    summary: 'Print what the files of a log hold, without a broker',
    load: async () => (await import('./commands/log-dump.ts')).logDump,
  },
  'log repair': {
    summary: 'Make damaged files of a log readable again, without a broker',
    load: async () => (await import('./commands/log-repair.ts')).logRepair,
  },
  'log scrub': {
    summary: 'Have a broker read and check its closed segments now',
    load: async () => (await import('./commands/log-scrub.ts')).logScrub,
  },
  'log verify': {
    summary: 'Check the files of a log, without a broker',
    load: async () => (await import('./commands/log-verify.ts')).logVerify,
  },
}

/**
 * Runs one command line and returns its exit code: 0 done, 1 it went wrong, 2 the words make no command.
 * @param words what stands behind `odradek`
 */
export async function run(words: readonly string[]): Promise<number> {
  try {
    return await dispatch(words)
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`odradek: ${error.message}\n`)
      return 2
    }
    if (error instanceof CommandError) {
      process.stderr.write(`odradek: ${error.message}\n`)
      return 1
    }
    // What the system refused (a path, a permission) is said by its message; anything else is a bug and keeps its stack.
    if (error instanceof Error && 'syscall' in error) {
      process.stderr.write(`odradek: ${error.message}\n`)
      return 1
    }
    throw error
  }
}

async function dispatch(words: readonly string[]): Promise<number> {
  const [first, second] = words
  if (first === '--version' || first === '-V') return print(`${version()}\n`)
  const summaries = Object.entries(commands).map(([name, { summary }]): [string, string] => [name, summary])
  if (first === undefined || first === '--help' || first === '-h' || (first === 'help' && second === undefined)) {
    return print(overview(summaries))
  }
  if (first === 'help') return print(commandHelp(await find(words.slice(1)).command.load()))
  const { command, rest } = find(words)
  const loaded = await command.load()
  const end = rest.indexOf('--')
  const flags = end < 0 ? rest : rest.slice(0, end)
  if (flags.includes('--help') || flags.includes('-h')) return print(commandHelp(loaded))
  return loaded.run(parseArguments(loaded, rest))
}

/** The command that the first words name, the longest name first. */
function find(words: readonly string[]) {
  const [first = ''] = words
  for (const count of [3, 2, 1]) {
    const name = words.slice(0, count).join(' ')
    if (words.length >= count && Object.hasOwn(commands, name)) {
      return { command: commands[name]!, rest: words.slice(count) }
    }
  }
  if (first.startsWith('-')) throw new UsageError(`Unknown flag ${first}. Try odradek --help`)
  const family = Object.keys(commands).filter((name) => name.startsWith(`${first} `))
  if (family.length > 0) throw new UsageError(`odradek ${first} is one of: ${family.join(', ')}`)
  const meant = meantWord(first, new Set(Object.keys(commands).flatMap((name) => [name, name.split(' ')[0]!])))
  const hint = meant === null ? '' : ` Did you mean "${meant}"?`
  throw new UsageError(`Unknown command "${first}".${hint} See odradek --help`)
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
