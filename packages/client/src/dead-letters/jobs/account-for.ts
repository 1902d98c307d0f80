/** What becomes of letters whose batch was refused, or of which nobody knows whether it is in the target. */
import { errors } from '@odradek/protocol'
import type { Cluster } from '../../cluster.ts'
import { KafkaError, UnsupportedError } from '../../cluster-errors.ts'
import { topicPlaces } from '../../cluster-metadata.ts'
import { describeProducers } from '../../topics/partition-producers.ts'
import { findSent } from './find-sent.ts'
import type { ClaimedBatch, ClaimRecord, LeaseRecord } from './jobs-record.ts'
import type { LedgerJob } from './ledger-job.ts'
import { letterReason } from './letter-reasons.ts'
import { readSteps } from './place-list.ts'
import { placeText } from './resend-record.ts'
import type { ResultDraft } from './result-draft.ts'
import type { SendOutcome } from './send-claimed.ts'

/** Of the batch, or of one record in it. */
const SMALLER_HELPS: ReadonlySet<number> = new Set([
  errors.MESSAGE_TOO_LARGE.code,
  errors.RECORD_LIST_TOO_LARGE.code,
  errors.INVALID_RECORD.code,
])

/**
 * One record may be to blame: those that the answer names fail, and else batches get smaller until it is alone.
 * `batchMax` is told how many letters a batch with each may have from now on.
 */
export function noteRefusal(
  draft: ResultDraft,
  { answer, reason }: SendOutcome & { kind: 'refused' },
  letters: readonly number[],
  batchMax: Map<number, number>,
): void {
  const blamed = new Map(answer.recordErrors.map(({ index, text }) => [letters[index], text ?? reason]))
  const isOfOne = SMALLER_HELPS.has(answer.errorCode) && letters.length > 1
  for (const number of letters) {
    const text = blamed.get(number)
    if (text !== undefined) draft.fail(number, text)
    else if (blamed.size > 0) draft.giveBack(number)
    else if (isOfOne) {
      batchMax.set(number, Math.ceil(letters.length / 2))
      draft.giveBack(number)
    } else draft.fail(number, reason)
  }
}

/** What a target says of a batch that was claimed, and may have been sent. */
export type Whereabouts =
  /** Offsets by `x-redrive-from`, of what was found; `isWhole`: all of it is there, or was. */
  | { readonly kind: 'there'; readonly offsets: ReadonlyMap<string, number>; readonly isWhole: boolean }
  /** Not by now. Sent again under its own producer id and sequence it is there once, also if whoever claimed it sends it yet. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly reason: string }

/**
 * Whether a batch is in its target, where the partition may have forgotten its producer or the batch cannot be made again.
 * Throws while the partition cannot be asked: that it does not tell is never taken for its not being there.
 */
export async function whereIs(
  cluster: Cluster,
  job: LedgerJob,
  { topic, partition, sequence, letters }: ClaimedBatch,
  { claim, lease }: { readonly claim: ClaimRecord; readonly lease: LeaseRecord },
): Promise<Whereabouts> {
  const numbers = readSteps(letters)
  const lastSequence = await lastSequenceOf(cluster, { topic, partition }, lease)
  if (lastSequence !== null && lastSequence < sequence + numbers.length - 1) return { kind: 'absent' }
  const { offsets, isCertain } = await findSent(cluster, { topic, partition }, job.record.job, claim.atMs)
  if (lastSequence !== null) return { kind: 'there', offsets, isWhole: true }
  if (numbers.some((number) => offsets.has(placeText(job.record.topic, job.places[number]!)))) {
    return { kind: 'there', offsets, isWhole: false }
  }
  return isCertain ? { kind: 'absent' } : { kind: 'unknown', reason: unknownIn(topic, partition) }
}

/**
 * Notes a batch that is in its target. One that was settled before, by somebody who was killed then, has those letters only
 * that were left; `letters` are those that are left now.
 */
export function noteThere(
  job: LedgerJob,
  { topic, partition, letters: steps }: ClaimedBatch,
  { offsets, isWhole }: Whereabouts & { kind: 'there' },
  letters: ReadonlyMap<number, unknown>,
  draft: ResultDraft,
): void {
  for (const number of readSteps(steps)) {
    const offset = offsets.get(placeText(job.record.topic, job.places[number]!))
    if (offset !== undefined || isWhole || letters.has(number)) draft.send(topic, partition, offset ?? -1, [number])
    else draft.giveBack(number)
  }
}

/**
 * The last sequence that a partition remembers of a lease's producer; null where it remembers nothing, or never tells.
 * Throws a KafkaError where it cannot be asked now.
 */
async function lastSequenceOf(
  cluster: Cluster,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  { producerId, producerEpoch }: LeaseRecord,
): Promise<number | null> {
  try {
    const { producers, failed } = await describeProducers(cluster, await topicPlaces(cluster, topic), [partition])
    if (failed[0] !== undefined)
      throw new KafkaError(failed[0].errorCode, `ask ${topic}-${partition} for its producers`)
    const known = producers.find((each) => each.producerId === producerId && each.producerEpoch === producerEpoch)
    return known === undefined || known.lastSequence < 0 ? null : known.lastSequence
  } catch (error) {
    // Older than Kafka 2.8, or not for us to see.
    if (error instanceof UnsupportedError || (error instanceof KafkaError && !error.isRetriable)) return null
    throw error
  }
}

function unknownIn(topic: string, partition: number): string {
  return letterReason('whereUnknown', { place: `${topic}-${partition}` })
}

/** Looks in the target for a batch that was claimed at `atMs`, of which its partition does not tell whether it has it. */
export async function findOut(
  cluster: Cluster,
  job: LedgerJob,
  { topic, partition, letters }: ClaimedBatch,
  atMs: number,
  draft: ResultDraft,
): Promise<void> {
  const { offsets, isCertain } = await findSent(cluster, { topic, partition }, job.record.job, atMs)
  for (const number of readSteps(letters)) {
    const offset = offsets.get(placeText(job.record.topic, job.places[number]!))
    if (offset !== undefined) draft.send(topic, partition, offset, [number])
    else if (isCertain) draft.giveBack(number)
    else draft.fail(number, unknownIn(topic, partition))
  }
}
