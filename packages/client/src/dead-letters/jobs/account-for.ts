/** What becomes of letters whose batch was refused, or of which nobody knows whether it is in the target. */
import { errors } from '@odradek/protocol'
import type { Cluster } from '../../cluster.ts'
import { findSent } from './find-sent.ts'
import type { ClaimedBatch } from './jobs-record.ts'
import type { LedgerJob } from './ledger-job.ts'
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
    else draft.fail(number, `It is not known whether it reached ${topic}-${partition}: records wait there unseen.`)
  }
}
