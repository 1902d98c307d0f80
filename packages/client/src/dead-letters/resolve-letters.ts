/** Marks dead letters as dealt with, and takes that back. They stay where they are. */
import { chunks } from '../bounded.ts'
import type { Cluster } from '../cluster.ts'
import { topicPlaces } from '../cluster-metadata.ts'
import type { LetterPlace } from './dead-letter.ts'
import { topicKeyOf } from './jobs/jobs-ledger.ts'
import { jobsLogOf } from './jobs/jobs-log.ts'
import type { MarkAction } from './jobs/jobs-record.ts'
import { FAILED, SENT } from './jobs/ledger-job.ts'
import { type LetterReason, readLetterReason } from './jobs/letter-reasons.ts'
import { comparePlaces, readPlaces, writePlaces } from './jobs/place-list.ts'
import type { LetterState } from './letter-where.ts'

export interface MarkOptions {
  readonly by: string
  /** Why, for whoever looks later. */
  readonly note?: string
}

/** What happened to a letter, as far as it is kept. */
export interface LetterEvent {
  /** When it was written down, epoch milliseconds; of a resend when its job was made. */
  readonly atMs: number
  readonly kind: 'resent' | 'failed' | 'resolved' | 'unresolved'
  readonly job: string | null
  readonly by: string
  /** Where it went; why it did not; the note of a mark. */
  readonly text: string | null
  /** Why it did not go, by its code. */
  readonly why: LetterReason | null
}

const PLACES_PER_RECORD = 20_000

/** Marks those that are not yet; how many that were. */
export async function resolveLetters(
  cluster: Cluster,
  topic: string,
  places: readonly LetterPlace[],
  options: MarkOptions,
): Promise<{ readonly marked: number }> {
  return mark(cluster, topic, places, 'resolved', options)
}

/** Takes marks back. */
export async function unresolveLetters(
  cluster: Cluster,
  topic: string,
  places: readonly LetterPlace[],
  options: MarkOptions,
): Promise<{ readonly marked: number }> {
  return mark(cluster, topic, places, 'unresolved', options)
}

/** What was done about one letter. */
export async function letterState(cluster: Cluster, topic: string, place: LetterPlace): Promise<LetterState> {
  const [{ id }, ledger] = await Promise.all([topicPlaces(cluster, topic), jobsLogOf(cluster).sync()])
  return ledger.stateOf(topicKeyOf({ topic, topicId: id }), place)
}

/** All that is known to have happened to a letter, the oldest first. */
export async function letterHistory(cluster: Cluster, topic: string, place: LetterPlace): Promise<LetterEvent[]> {
  const [{ id }, ledger] = await Promise.all([topicPlaces(cluster, topic), jobsLogOf(cluster).sync()])
  const events: LetterEvent[] = []
  const isPlace = ({ partition, offset }: LetterPlace) => partition === place.partition && offset === place.offset
  for (const { record, atMs } of ledger.notedMarks.values()) {
    const { action, by, note } = record
    if (record.topic !== topic || record.topicId !== id || !readPlaces(record.places).some(isPlace)) continue
    events.push({ atMs, kind: action, job: null, by, text: note, why: null })
  }
  for (const job of ledger.jobs.values()) {
    if (job.record.topic !== topic || job.record.topicId !== id) continue
    const index = job.places.findIndex(isPlace)
    const outcome = index < 0 ? undefined : job.outcomes[index]
    if (outcome !== SENT && outcome !== FAILED) continue
    const to = `${job.targetTopics[job.sentTopic[index]!]}-${job.sentPartition[index]}`
    const kind = outcome === SENT ? 'resent' : 'failed'
    const text = outcome === SENT ? to : (job.reasons.get(index) ?? null)
    events.push({
      atMs: job.record.atMs,
      kind,
      job: job.record.job,
      by: job.record.by,
      text,
      why: kind === 'failed' ? readLetterReason(text) : null,
    })
  }
  return events.sort((a, b) => a.atMs - b.atMs)
}

async function mark(
  cluster: Cluster,
  topic: string,
  places: readonly LetterPlace[],
  action: MarkAction,
  { by, note }: MarkOptions,
): Promise<{ marked: number }> {
  const log = jobsLogOf(cluster)
  const [{ id: topicId }, ledger] = await Promise.all([topicPlaces(cluster, topic), log.sync()])
  const once = new Map(places.map((place) => [`${place.partition}@${place.offset}`, place]))
  const topicKey = topicKeyOf({ topic, topicId })
  const changed = [...once.values()]
    .filter((place) => ledger.stateOf(topicKey, place).isResolved !== (action === 'resolved'))
    .sort(comparePlaces)
  const records = chunks(changed, PLACES_PER_RECORD).map((part) => {
    return { kind: 'mark', topic, topicId, action, places: writePlaces(part), by, note: note ?? null } as const
  })
  if (records.length > 0) await log.append(records)
  await log.sync()
  return { marked: changed.length }
}
