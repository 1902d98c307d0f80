/** What a job sends next: letters taken in their order, sorted into one batch for each partition that they go to. */
import type { RecordInput } from '@odradek/protocol'
import type { DeadLetter } from '../dead-letter.ts'
import { letterReason } from './letter-reasons.ts'
import { type ResendStamp, recordBytes, resendRecord } from './resend-record.ts'
import type { ResendTargets } from './resend-targets.ts'

export interface ChunkBatch {
  readonly topic: string
  readonly partition: number
  readonly letters: number[]
  readonly records: RecordInput[]
  bytes: number
}

export interface Chunk {
  readonly batches: readonly ChunkBatch[]
  /** Number and reason. */
  readonly failed: readonly (readonly [number, string])[]
  readonly skipped: readonly (readonly [number, string])[]
  /** How many of the numbers were dealt with: the others are for the next chunk. */
  readonly count: number
}

export interface ChunkInput {
  readonly numbers: readonly number[]
  readonly letters: ReadonlyMap<number, DeadLetter>
  readonly stamp: ResendStamp
  readonly targets: ResendTargets
  /** Why a letter is not to be sent; null where it is. */
  readonly obstacle: (number: number) => string | null
  /** How many letters a batch with this one may have: less after a batch with it was refused. */
  readonly batchMax: (number: number) => number
  /** How many letters may be sent. */
  readonly sendMax: number
}

const BATCH_BYTES_MAX = 512 * 1024
const HEAD_BYTES = 61

export function buildChunk({ numbers, letters, stamp, targets, obstacle, batchMax, sendMax }: ChunkInput): Chunk {
  const batches = new Map<string, ChunkBatch>()
  const failed: [number, string][] = []
  const skipped: [number, string][] = []
  let sending = 0
  let count = 0
  for (const number of numbers) {
    const letter = letters.get(number)
    const reason = letter === undefined ? letterReason('gone', {}) : obstacle(number)
    if (letter === undefined || reason !== null) {
      skipped.push([number, reason ?? ''])
      count++
      continue
    }
    if (letter.isReference) {
      failed.push([number, letter.problem ?? letterReason('originalGone', {})])
      count++
      continue
    }
    const record = resendRecord(letter, stamp)
    const target = targets.of(letter, number, record.key)
    if (target.problem !== null) {
      failed.push([number, target.problem])
      count++
      continue
    }
    const bytes = recordBytes(record)
    const bytesMax = targets.bytesMax(target.topic)
    if (HEAD_BYTES + bytes > bytesMax) {
      failed.push([number, letterReason('tooLarge', { bytes, topic: target.topic, most: bytesMax })])
      count++
      continue
    }
    if (sending === sendMax) break
    const name = `${target.topic}-${target.partition}`
    const batch = batches.get(name) ?? { ...target, letters: [], records: [], bytes: HEAD_BYTES }
    const isFull = batch.letters.length > 0 && batch.bytes + bytes > Math.min(BATCH_BYTES_MAX, bytesMax)
    const most = Math.min(batchMax(number), ...(batch.letters.length > 0 ? [batchMax(batch.letters[0]!)] : []))
    if (isFull || batch.letters.length >= most) break
    batches.set(name, batch)
    batch.letters.push(number)
    batch.records.push(record)
    batch.bytes += bytes
    sending++
    count++
  }
  return { batches: [...batches.values()], failed, skipped, count }
}
