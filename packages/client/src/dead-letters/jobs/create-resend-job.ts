/** Makes a job: which letters, and what is to be done with them. It runs when somebody runs it. */
import { randomUUID } from 'node:crypto'
import { RefusedError } from '../../cluster-errors.ts'
import { fetchMetadata } from '../../cluster-metadata.ts'
import { payloadBytes } from '../../messages/produce-message.ts'
import type { MessageSource } from '../../messages/scan/message-source.ts'
import { LATEST, listOffsets, offsetOf } from '../../partition-offsets.ts'
import { jobsLogOf } from './jobs-log.ts'
import type { JobRecord, PlanRecord } from './jobs-record.ts'
import { writePlaces } from './place-list.ts'
import { type ResendJob, resendJob } from './resend-job.ts'
import type { ResendRequest } from './resend-request.ts'
import { ResendTargets } from './resend-targets.ts'
import { selectLetters } from './select-letters.ts'

const PLACES_PER_RECORD = 20_000

/**
 * Freezes which letters match, and writes the job. With an `id` that there is already, that job is returned and nothing
 * is made: of two who ask at once for the same, both get the one that is first in the log.
 */
export async function createResendJob(source: MessageSource, request: ResendRequest): Promise<ResendJob> {
  const { cluster } = source
  check(request)
  const log = jobsLogOf(cluster)
  const id = request.id ?? randomUUID().slice(0, 13)
  if ((await log.sync()).jobs.has(id)) return resendJob(cluster, id)
  const { topic, letters } = await selectLetters(source, request)
  const creation = randomUUID().slice(0, 8)
  const record: JobRecord = {
    kind: 'job',
    job: id,
    creation,
    topic: topic.topic,
    topicId: topic.topicId,
    group: topic.group,
    retryTopic: topic.retryTopic,
    target: request.target,
    matched: letters.length,
    again: request.again ?? false,
    recordsPerSecond: request.recordsPerSecond ?? null,
    canary: request.canary ?? null,
    stop: request.stop ?? null,
    edit: request.edit ?? null,
    mayCopy: request.mayCopy ?? true,
    by: request.by,
    atMs: Date.now(),
    ends: [],
    retryOf: request.select.kind === 'failedOf' ? request.select.job : null,
  }
  const isWatched = request.canary !== undefined || request.stop !== undefined
  const ends = isWatched ? await endsOf(source, record) : []
  const plans = []
  for (let first = 0; first < letters.length; first += PLACES_PER_RECORD) {
    const places = writePlaces(letters.slice(first, first + PLACES_PER_RECORD))
    plans.push({ kind: 'plan', job: id, creation, first, places } satisfies PlanRecord)
  }
  await log.append([...plans, { ...record, ends }])
  return resendJob(cluster, id)
}

/** Where the topics end in which letters would come back. The retry topic is made for that where it is not there. */
async function endsOf({ cluster }: MessageSource, job: JobRecord): Promise<JobRecord['ends']> {
  if (job.retryTopic !== null)
    await new ResendTargets(cluster, { ...job, target: { kind: 'retry' } }).leader(job.retryTopic, 0)
  const names = [job.topic, ...(job.retryTopic === null ? [] : [job.retryTopic])]
  const { topics } = await fetchMetadata(cluster, names)
  const known = names.flatMap((name) => topics.get(name) ?? []).filter(({ errorCode }) => errorCode === 0)
  const ends = await listOffsets(
    cluster,
    known.map((topic) => ({ topic })),
    LATEST,
  )
  return known.flatMap(({ name, partitions }) =>
    partitions.map(({ partition }) => [name, partition, offsetOf(ends, name, partition) ?? 0] as const),
  )
}

function check(request: ResendRequest): void {
  const tried = `resend letters of topic "${request.topic}"`
  const refuse = (message: string, remedy: string): never => {
    throw new RefusedError(message, tried, remedy)
  }
  const { id, recordsPerSecond, canary, stop, edit } = request
  if (id !== undefined && !/^[A-Za-z0-9._-]{1,64}$/.test(id)) {
    refuse(`"${id}" cannot name a job.`, 'Use 1 to 64 letters, digits, dots, underscores and hyphens.')
  }
  if (recordsPerSecond !== undefined && !(recordsPerSecond > 0 && recordsPerSecond <= 1_000_000)) {
    refuse(`A rate of ${recordsPerSecond} records a second cannot be kept.`, 'Choose more than 0, at most 1,000,000.')
  }
  if (canary !== undefined && !(isPercent(canary.percentMax) && canary.records >= 1 && canary.waitMs >= 0)) {
    refuse('The canary makes no sense.', 'Choose at least 1 record, a time from 0 ms on, and 0 to 100 percent.')
  }
  if (stop !== undefined && !(isPercent(stop.percent) && stop.atLeast >= 1)) {
    refuse('The stop rule makes no sense.', 'Choose 0 to 100 percent, of at least 1 record.')
  }
  if (edit?.key !== undefined) payloadBytes(edit.key, 'key', tried)
  if (edit?.value !== undefined) payloadBytes(edit.value, 'value', tried)
  for (const header of edit?.headers ?? []) payloadBytes(header.value, `header "${header.key}"`, tried)
}

function isPercent(value: number): boolean {
  return value >= 0 && value <= 100
}
