import {
  type Cluster,
  createResendJob,
  type DeadLetterTopic,
  deadLetterTopic,
  deadLetterTopicOf,
  FilterError,
  KafkaError,
  type LetterOrigin,
  type LetterPlace,
  type LetterRow,
  type LetterScanRequest,
  type LetterWhere,
  letterStates,
  MessageSource,
  RefusedError,
  type ResendRequest,
  type ResendSelection,
  scanLetters,
} from '@odradek/client'
import { type Arguments, CommandError, type Flag, UsageError } from './command.ts'
import { decodersOf, filterOf, messageFlags } from './message-flags.ts'
import { parseNumber, parseTime } from './partition-scope.ts'

/** How dead letters are chosen: single ones, or all that match. */
export const letterFlags = {
  at: { type: 'string', value: 'PARTITION@OFFSET', multiple: true, doc: 'This letter. May be repeated.' },
  all: { type: 'boolean', doc: 'All of them.' },
  error: { type: 'string', value: 'CLASS', multiple: true, doc: 'Only with this error. May be repeated.' },
  origin: { type: 'string', value: 'TOPIC', multiple: true, doc: 'Only from this topic. May be repeated.' },
  attempts: { type: 'string', value: 'N', multiple: true, doc: 'Only retried N times. May be repeated.' },
  state: { type: 'string', value: 'STATE', multiple: true, doc: `Only ${letterStates.join(', ')}. May be repeated.` },
  from: { type: 'string', value: 'TIME', doc: 'Dead since: ISO 8601, epoch ms, or how long ago (2h).' },
  to: { type: 'string', value: 'TIME', doc: 'Dead before then.' },
  contains: messageFlags.contains,
  filter: messageFlags.filter,
  'key-decoder': messageFlags['key-decoder'],
  'value-decoder': messageFlags['value-decoder'],
  'schema-registry': messageFlags['schema-registry'],
} as const satisfies Record<string, Flag>

/** Who did it, for headers and histories: the user of this machine. */
export function whoIs(): string {
  return process.env.USER ?? process.env.LOGNAME ?? 'odradek-cli'
}

/** Where a letter was read first, as far as it says. */
export function originText({ topic, partition, offset }: LetterOrigin): string {
  if (partition < 0) return topic
  return `${topic}-${partition}${offset < 0 ? '' : `@${offset}`}`
}

/** The dead-letter topic that is meant by a group's name, `%DLQ%group`, or its own name. */
export async function lettersNamed(cluster: Cluster, name: string): Promise<DeadLetterTopic> {
  const group = /^%DLQ%(.+)$/s.exec(name)?.[1] ?? name
  try {
    return await deadLetterTopicOf(cluster, group)
  } catch (error) {
    if (!(error instanceof RefusedError) || group !== name) throw error
    try {
      return await deadLetterTopic(cluster, name)
    } catch (missing) {
      if (!(missing instanceof KafkaError) || missing.errorName !== 'UNKNOWN_TOPIC_OR_PARTITION') throw missing
      throw new CommandError(`there are no dead letters of a group "${name}", and no topic of that name`)
    }
  }
}

export function sourceOf(args: Arguments, cluster: Cluster): MessageSource {
  const schemaRegistryUrl = args.text('schema-registry')
  return new MessageSource({ ...cluster.options, ...(schemaRegistryUrl && { schemaRegistryUrl }) }, cluster)
}

export function parsePlace(text: string): LetterPlace {
  const match = /^(\d{1,9})@(\d{1,15})$/.exec(text)
  if (match === null) throw new UsageError(`"${text}" is not PARTITION@OFFSET`)
  return { partition: Number(match[1]), offset: Number(match[2]) }
}

export function whereOf(args: Arguments): LetterWhere {
  const [errors, origins, attempts, states] = [
    args.list('error'),
    args.list('origin'),
    args.list('attempts'),
    args.list('state'),
  ]
  const [from, to] = [args.text('from'), args.text('to')]
  return {
    ...(errors.length > 0 && { errorClasses: errors }),
    ...(origins.length > 0 && { originTopics: origins }),
    ...(attempts.length > 0 && { attempts: attempts.map((text) => parseNumber('attempts', text)) }),
    ...(states.length > 0 && { states: states.map(stateNamed) }),
    ...(from !== undefined && { fromMs: parseTime('from', from, Date.now()) }),
    ...(to !== undefined && { toMs: parseTime('to', to, Date.now()) }),
  }
}

function stateNamed(text: string): NonNullable<LetterWhere['states']>[number] {
  const known = letterStates.find((name) => name === text)
  if (known === undefined) throw new UsageError(`--state must be one of ${letterStates.join(', ')}, not "${text}"`)
  return known
}

/** What the flags choose; a UsageError where they choose nothing, so that nobody means all by saying nothing. */
export function lettersChosen(args: Arguments): ResendSelection {
  const places = args.list('at').map(parsePlace)
  const where = whereOf(args)
  const filter = filterOf(args)
  const isNarrow = Object.keys(where).length > 0 || Object.keys(filter).length > 0
  if (places.length > 0) {
    if (isNarrow || args.flag('all')) throw new UsageError('--at chooses single letters: leave the other choices out')
    return { kind: 'places', places }
  }
  if (!isNarrow && !args.flag('all'))
    throw new UsageError('choose letters: --at, --all, or by --error, --from and so on')
  return { kind: 'query', where, filter, decoders: decodersOf(args) }
}

/** The newest letters that match, the newest first. */
export async function newestLetters(
  source: MessageSource,
  topic: string,
  args: Arguments,
  limit: number,
): Promise<LetterRow[]> {
  const request: LetterScanRequest = {
    topic,
    from: { kind: 'newest' },
    to: { kind: 'now' },
    filter: filterOf(args),
    decoders: decodersOf(args),
    readCommitted: true,
    limit,
    where: whereOf(args),
  }
  const rows: LetterRow[] = []
  const take = (found: readonly LetterRow[]) => {
    rows.push(...found)
  }
  const progress = await tellingFilter(() =>
    scanLetters(source, request, { rows: take, progress: () => {} }, new AbortController().signal),
  )
  if (progress.failure !== null) throw new CommandError(progress.failure)
  return rows
}

/** Runs `work`; a filter that cannot be used ends as one line. */
export async function tellingFilter<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof FilterError) throw new CommandError(`the filter cannot be used: ${error.message}`)
    throw error
  }
}

/** Places of all that the flags choose. */
export async function placesChosen(
  source: MessageSource,
  topic: string,
  chosen: ResendSelection,
): Promise<LetterPlace[]> {
  if (chosen.kind === 'places') return [...chosen.places]
  if (chosen.kind === 'failedOf') return []
  const places: LetterPlace[] = []
  const request: LetterScanRequest = {
    topic,
    from: { kind: 'earliest' },
    to: { kind: 'now' },
    filter: chosen.filter ?? {},
    decoders: chosen.decoders ?? { key: 'auto', value: 'auto' },
    readCommitted: true,
    limit: Number.MAX_SAFE_INTEGER,
    ...(chosen.where && { where: chosen.where }),
  }
  const rows = (found: readonly LetterRow[]) => {
    for (const { partition, offset } of found) places.push({ partition, offset })
  }
  const progress = await tellingFilter(() =>
    scanLetters(source, request, { rows, progress: () => {} }, new AbortController().signal),
  )
  if (progress.failure !== null) throw new CommandError(progress.failure)
  return places
}

/** Makes the job that a request asks for. */
export function makeJob(source: MessageSource, request: ResendRequest) {
  return tellingFilter(() => createResendJob(source, request))
}
