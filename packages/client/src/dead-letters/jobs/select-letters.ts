/** The letters that a request means, and what would become of each now. */
import { RefusedError } from '../../cluster-errors.ts'
import { fetchMetadata } from '../../cluster-metadata.ts'
import { groupNow } from '../../groups/group-now.ts'
import type { MessageSource } from '../../messages/scan/message-source.ts'
import type { LetterPlace } from '../dead-letter.ts'
import { type DeadLetterTopic, deadLetterTopic } from '../dead-letter-topics.ts'
import { type LetterOrigin, meaningOf } from '../letter-meaning.ts'
import { lostOriginals } from '../original-records.ts'
import { type LetterScanRequest, visitLetters } from '../scan-letters.ts'
import { topicKeyOf } from './jobs-ledger.ts'
import { jobsLogOf } from './jobs-log.ts'
import { FAILED } from './ledger-job.ts'
import { jobOfMark, resentOfMark } from './letter-marks.ts'
import { type LetterReason, letterReason, readLetterReason } from './letter-reasons.ts'
import { comparePlaces } from './place-list.ts'
import { ledgerJob } from './resend-job.ts'
import type { ResendRequest, ResendSelection } from './resend-request.ts'

export interface SelectedLetter extends LetterPlace {
  /** Where it was read first; null where that is not known. */
  readonly originTopic: string | null
  readonly isGone: boolean
  /** Where its record is, of which it has no copy; null where it has one. */
  readonly record: LetterOrigin | null
}

export interface Selection {
  readonly topic: DeadLetterTopic
  /** In the order of partitions and offsets. */
  readonly letters: readonly SelectedLetter[]
}

export interface ResendPlanRow extends LetterPlace {
  readonly outcome: 'send' | 'fail' | 'skip'
  readonly reason: string | null
  /** The reason by its code. */
  readonly why: LetterReason | null
  readonly target: string | null
}

export interface ResendPlanReason {
  readonly outcome: 'fail' | 'skip'
  readonly reason: string
  /** The reason by its code. */
  readonly why: LetterReason | null
  readonly count: number
}

/** What a job would do: matched = toSend + toFail + toSkip. */
export interface ResendPlan {
  readonly topic: string
  readonly group: string | null
  readonly matched: number
  readonly toSend: number
  readonly toFail: number
  readonly toSkip: number
  readonly reasons: readonly ResendPlanReason[]
  /** The first thousand. */
  readonly rows: readonly ResendPlanRow[]
  readonly targets: readonly { readonly topic: string; readonly count: number }[]
  /** Where the records are of those that have no copy of theirs, and are sent. */
  readonly sources: readonly { readonly topic: string; readonly count: number }[]
  /** What a person should know before. */
  readonly notes: readonly string[]
  /** The notes by their codes, in the same order. */
  readonly notesWhy: readonly (LetterReason | null)[]
  /** Members of the group that are there now; null where that is not known. */
  readonly membersOnline: number | null
}

const LETTERS_MAX = 1_000_000
const ROWS_MAX = 1000

/** Throws a RefusedError where the request makes no sense, or means too many. */
export async function selectLetters(source: MessageSource, request: ResendRequest): Promise<Selection> {
  const tried = `resend letters of topic "${request.topic}"`
  const topic = await deadLetterTopic(source.cluster, request.topic)
  if (request.target.kind === 'retry' && topic.retryTopic === null) {
    throw new RefusedError(letterReason('noRetryTopic', {}), tried, 'Send them to their origin, or to a topic.')
  }
  if (request.target.kind === 'topic' && request.target.topic === request.topic) {
    throw new RefusedError('They are in that topic.', tried, 'Choose another topic.')
  }
  const letters = await find(source, request, tried)
  if (request.edit !== undefined && letters.length !== 1) {
    throw new RefusedError(`An edit is of one letter, not of ${letters.length}.`, tried, 'Choose one letter.')
  }
  return { topic, letters: letters.sort(comparePlaces) }
}

async function find(source: MessageSource, request: ResendRequest, tried: string): Promise<SelectedLetter[]> {
  const { select, topic } = request
  const letters: SelectedLetter[] = []
  const wanted = select.kind === 'query' ? null : await placesOf(source, request, tried)
  const rest = new Map(wanted?.map((place) => [`${place.partition}@${place.offset}`, place]))
  const query: Partial<Extract<ResendSelection, { kind: 'query' }>> = select.kind === 'query' ? select : {}
  const [from, to] = bounds(wanted)
  const scan: LetterScanRequest = {
    topic,
    from: { kind: 'offset', offset: from },
    to: to === null ? { kind: 'now' } : { kind: 'offset', offset: to },
    filter: query.filter ?? {},
    decoders: query.decoders ?? { key: 'auto', value: 'auto' },
    readCommitted: true,
    limit: Number.MAX_SAFE_INTEGER,
    where: wanted === null ? (query.where ?? {}) : { places: wanted },
    ...(wanted === null ? {} : { partitions: [...new Set(wanted.map(({ partition }) => partition))] }),
  }
  const stop = new AbortController()
  const progress = await visitLetters(
    source,
    scan,
    (cursor, partition, { originTopic }) => {
      const { offset } = cursor
      // Only one without key and value may be one that names its record.
      const meaning = cursor.keyStart < 0 && cursor.valueStart < 0 ? meaningOf(cursor) : null
      const record = meaning?.isReference === true ? meaning.origin : null
      letters.push({ partition, offset, originTopic, isGone: false, record })
      rest.delete(`${partition}@${offset}`)
      if (letters.length > LETTERS_MAX) stop.abort()
      return false
    },
    { rows: () => {}, progress: () => {} },
    stop.signal,
  )
  if (letters.length > LETTERS_MAX) {
    throw new RefusedError(`More than ${LETTERS_MAX} letters match.`, tried, 'Choose fewer, by time or error.')
  }
  if (progress.failure !== null) throw new RefusedError(progress.failure, tried, 'Try again.')
  for (const place of rest.values()) letters.push({ ...place, originTopic: null, isGone: true, record: null })
  return letters
}

/** Each once. */
async function placesOf(
  { cluster }: MessageSource,
  { select, topic }: ResendRequest,
  tried: string,
): Promise<LetterPlace[]> {
  if (select.kind === 'query') return []
  let places = select.kind === 'places' ? select.places : []
  if (select.kind === 'failedOf') {
    const job = await ledgerJob(cluster, select.job)
    if (job.record.topic !== topic)
      throw new RefusedError(`Job ${select.job} is of another topic.`, tried, 'Name its topic.')
    places = job.places.filter((_, index) => job.outcomes[index] === FAILED)
  }
  if (places.length > LETTERS_MAX) {
    throw new RefusedError(`${places.length} letters are too many.`, tried, `Choose at most ${LETTERS_MAX}.`)
  }
  const once = new Map(places.map(({ partition, offset }) => [`${partition}@${offset}`, { partition, offset }]))
  return [...once.values()]
}

function bounds(places: readonly LetterPlace[] | null): [number, number | null] {
  if (places === null) return [0, null]
  let from = Number.POSITIVE_INFINITY
  let to = 0
  for (const { offset } of places) {
    from = Math.min(from, offset)
    to = Math.max(to, offset + 1)
  }
  return places.length === 0 ? [0, 0] : [from, to]
}

/** A dry run: reads, and writes nothing. */
export async function planResend(source: MessageSource, request: ResendRequest): Promise<ResendPlan> {
  const { topic, letters } = await selectLetters(source, request)
  const { cluster } = source
  const ledger = await jobsLogOf(cluster).sync()
  const targetOf = ({ originTopic }: SelectedLetter): string | null => {
    const { target } = request
    return target.kind === 'retry' ? topic.retryTopic : target.kind === 'topic' ? target.topic : originTopic
  }
  const names = [...new Set(letters.flatMap((letter) => targetOf(letter) ?? []))]
  const known = (await fetchMetadata(cluster, names)).topics
  const lost = await lostOriginals(
    cluster,
    letters.flatMap(({ record }) => record ?? []),
  )
  const reasons = new Map<string, { -readonly [K in keyof ResendPlanReason]: ResendPlanReason[K] }>()
  const targets = new Map<string, number>()
  const sources = new Map<string, number>()
  const rows: ResendPlanRow[] = []
  const counts = { send: 0, fail: 0, skip: 0 }
  for (const letter of letters) {
    const target = targetOf(letter)
    const skip = letter.isGone ? letterReason('gone', {}) : obstacle(letter)
    const isThere = target !== null && (known.get(target)?.errorCode === 0 || request.target.kind === 'retry')
    const fail =
      target === null
        ? letterReason('originUnknown', {})
        : !isThere
          ? letterReason('topicMissing', { topic: target })
          : letter.record === null
            ? null
            : (lost.get(letter.record) ?? null)
    const outcome = skip !== null ? 'skip' : fail !== null ? 'fail' : 'send'
    const reason = skip ?? fail
    const why = readLetterReason(reason)
    counts[outcome]++
    if (outcome === 'send') {
      count(targets, target!)
      if (letter.record !== null) count(sources, letter.record.topic)
    } else {
      const noted = reasons.get(`${outcome} ${reason}`)
      if (noted === undefined) reasons.set(`${outcome} ${reason}`, { outcome, reason: reason!, why, count: 1 })
      else noted.count++
    }
    if (rows.length < ROWS_MAX) {
      const { partition, offset } = letter
      rows.push({ partition, offset, outcome, reason, why, target: outcome === 'send' ? target : null })
    }
  }
  const membersOnline = topic.group === null ? null : await membersOf(source, topic.group)
  const copied = mostFirst(sources)
  const notes = [
    ...copied.map((source) => letterReason('recordsOf', source)),
    ...notesOf(request, topic, membersOnline),
  ]
  return {
    topic: topic.topic,
    group: topic.group,
    matched: letters.length,
    toSend: counts.send,
    toFail: counts.fail,
    toSkip: counts.skip,
    reasons: [...reasons.values()].sort((a, b) => b.count - a.count),
    rows,
    targets: mostFirst(targets),
    sources: copied,
    notes,
    notesWhy: notes.map(readLetterReason),
    membersOnline,
  }

  function obstacle({ partition, offset }: SelectedLetter): string | null {
    if (request.again === true) return null
    const mark = ledger.marks.get(topicKeyOf(topic), partition, offset)
    if (resentOfMark(mark) > 0) return letterReason('sentBefore', {})
    if (jobOfMark(mark) > 0) return letterReason('beingSent', {})
    return mark % 2 === 1 ? letterReason('resolved', {}) : null
  }
}

function count(counts: Map<string, number>, topic: string): void {
  counts.set(topic, (counts.get(topic) ?? 0) + 1)
}

function mostFirst(counts: ReadonlyMap<string, number>): { topic: string; count: number }[] {
  return [...counts].map(([topic, of]) => ({ topic, count: of })).sort((a, b) => b.count - a.count)
}

async function membersOf({ cluster }: MessageSource, group: string): Promise<number | null> {
  try {
    return (await groupNow(cluster, group)).members.length
  } catch {
    // A group of another kind, or one that may not be looked at.
    return null
  }
}

function notesOf(request: ResendRequest, topic: DeadLetterTopic, membersOnline: number | null): string[] {
  const notes: string[] = []
  const { kind } = request.target
  if (kind === 'origin') notes.push(letterReason('othersOfOrigin', {}))
  if (kind === 'topic') notes.push(letterReason('othersOfTopic', {}))
  if (kind !== 'retry') notes.push(letterReason('outOfOrder', {}))
  if (kind === 'retry' && membersOnline === 0) {
    notes.push(letterReason('nobodyThere', { group: topic.group!, topic: topic.retryTopic! }))
  }
  return notes
}
