/** How many dead letters there are, of many topics at once: a handful of requests for all of them. */
import type { Cluster } from '../cluster.ts'
import { fetchMetadata, type TopicPlaces } from '../cluster-metadata.ts'
import { EARLIEST, LATEST, listOffsets, MAX_TIMESTAMP, offsetOf, type TopicQuestion } from '../partition-offsets.ts'
import type { DeadLetterTopic } from './dead-letter-topics.ts'
import { briefMeaningOf } from './letter-meaning.ts'
import { readNewest } from './newest-meanings.ts'

export interface DeadLetterSummary {
  readonly topic: string
  readonly group: string | null
  /** Offsets between start and end: letters, and what compaction took. */
  readonly depth: number
  /** When the oldest and the newest became letters, epoch milliseconds; null where there is none. */
  readonly oldestMs: number | null
  readonly newestMs: number | null
  /** How many came within `growthMs`. */
  readonly grown: number
  /** The topic is gone. */
  readonly isMissing: boolean
  /** A partition cannot be asked, as one without a leader: there may be more than is told. */
  readonly isPartial: boolean
}

const GROWTH_MS = 24 * 3_600_000
const SAMPLE = 10

/** In the order of `topics`. No letter is read. */
export async function summarizeDeadLetters(
  cluster: Cluster,
  topics: readonly DeadLetterTopic[],
  options: { readonly growthMs?: number } = {},
): Promise<DeadLetterSummary[]> {
  const metadata = await cluster.metadata()
  const places = topics.flatMap(({ topic }) => metadata.topics.get(topic) ?? [])
  const questions = places.map((topic) => ({ topic }))
  const since = Date.now() - (options.growthMs ?? GROWTH_MS)
  const [starts, ends] = await Promise.all([
    listOffsets(cluster, questions, EARLIEST),
    listOffsets(cluster, questions, LATEST),
  ])
  // A look for a time opens batches: only where something is, and for the oldest only where another look did not find it.
  const filled = narrowed(questions, (topic, partition) => {
    return (offsetOf(ends, topic, partition) ?? 0) > (offsetOf(starts, topic, partition) ?? 0)
  })
  const [then, newest] = await Promise.all([
    listOffsets(cluster, filled, since),
    listOffsets(cluster, filled, MAX_TIMESTAMP),
  ])
  const older = narrowed(filled, (topic, partition) => {
    return offsetOf(then, topic, partition) !== offsetOf(starts, topic, partition)
  })
  // The first record of any time.
  const oldest = await listOffsets(cluster, older, 0)
  return topics.map(({ topic, group }): DeadLetterSummary => {
    const partitions = metadata.topics.get(topic)?.partitions ?? []
    let depth = 0
    let grown = 0
    let isPartial = false
    const times: number[] = []
    const last: number[] = []
    for (const { partition } of partitions) {
      const start = offsetOf(starts, topic, partition)
      const end = offsetOf(ends, topic, partition)
      if (start === null || end === null) {
        isPartial = true
        continue
      }
      depth += end - start
      const first = offsetOf(then, topic, partition) ?? -1
      if (first >= 0) grown += end - Math.max(start, first)
      if (end <= start) continue
      times.push((oldest.get(topic)?.get(partition) ?? then.get(topic)?.get(partition))?.timestamp ?? -1)
      last.push(newest.get(topic)?.get(partition)?.timestamp ?? -1)
    }
    const known = (list: number[]) => list.filter((time) => time >= 0)
    return {
      topic,
      group,
      depth,
      oldestMs: known(times).length > 0 ? Math.min(...known(times)) : null,
      newestMs: known(last).length > 0 ? Math.max(...known(last)) : null,
      grown,
      isMissing: partitions.length === 0,
      isPartial,
    }
  })
}

/** The questions about those partitions alone that `isWanted`. */
function narrowed(
  questions: readonly TopicQuestion[],
  isWanted: (topic: string, partition: number) => boolean,
): { readonly topic: TopicPlaces; readonly partitions: readonly number[] }[] {
  return questions.flatMap(({ topic, partitions = topic.partitions.map(({ partition }) => partition) }) => {
    const wanted = partitions.filter((partition) => isWanted(topic.name, partition))
    return wanted.length === 0 ? [] : [{ topic, partitions: wanted }]
  })
}

/** The most frequent error of the newest letters of each topic that has some: their records are read, which takes longer. */
export async function topErrors(
  cluster: Cluster,
  summaries: readonly Pick<DeadLetterSummary, 'topic' | 'depth'>[],
): Promise<Map<string, string | null>> {
  const metadata = await cluster.metadata()
  const filled = summaries.filter(({ depth }) => depth > 0)
  const places = filled.flatMap(({ topic }) => metadata.topics.get(topic) ?? [])
  const questions = places.map((topic) => ({ topic }))
  const [starts, ends] = await Promise.all([
    listOffsets(cluster, questions, EARLIEST),
    listOffsets(cluster, questions, LATEST),
  ])
  const newest = await readNewest(cluster, places, { starts, ends, count: SAMPLE }, briefMeaningOf)
  return new Map(
    places.map(({ name }) => [name, mostFrequent((newest.get(name) ?? []).flatMap((each) => each.errorClass ?? []))]),
  )
}

/** How many letters came in each of `points` intervals since a time, by topic. One look-up of a time for each: ask for few. */
export async function deadLetterGrowth(
  cluster: Cluster,
  topics: readonly string[],
  { sinceMs, points }: { readonly sinceMs: number; readonly points: number },
): Promise<Map<string, number[]>> {
  const metadata = await fetchMetadata(cluster, topics)
  const places = topics.flatMap((topic): TopicPlaces[] => {
    const place = metadata.topics.get(topic)
    return place?.errorCode === 0 ? [place] : []
  })
  const questions = places.map((topic) => ({ topic }))
  const width = (Date.now() - sinceMs) / points
  const ends = await listOffsets(cluster, questions, LATEST)
  const looks = await Promise.all(
    Array.from({ length: points }, (_, at) => listOffsets(cluster, questions, Math.floor(sinceMs + at * width))),
  )
  return new Map(
    places.map(({ name, partitions }) => {
      const before = [...looks, ends].map((offsets) =>
        partitions.reduce((sum, { partition }) => {
          const offset = offsetOf(offsets, name, partition) ?? -1
          return sum + (offset < 0 ? (offsetOf(ends, name, partition) ?? 0) : offset)
        }, 0),
      )
      return [name, before.slice(1).map((count, at) => Math.max(0, count - before[at]!))]
    }),
  )
}

function mostFrequent(names: readonly string[]): string | null {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  let top: string | null = null
  for (const [name, count] of counts) if (top === null || count > counts.get(top)!) top = name
  return top
}
