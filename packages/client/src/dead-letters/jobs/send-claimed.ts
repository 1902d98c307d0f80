/** Sends one claimed batch until it is known what became of it. */
import { encodeBatch, errors, type RecordInput } from '@odradek/protocol'
import type { Cluster } from '../../cluster.ts'
import { KafkaError, kafkaErrorName, UnreachableError } from '../../cluster-errors.ts'
import { letterReason } from './letter-reasons.ts'
import { type BatchAnswer, produceBatch } from './produce-batch.ts'
import type { ResendTargets } from './resend-targets.ts'

export interface BatchToSend {
  readonly topic: string
  readonly partition: number
  readonly records: readonly RecordInput[]
  readonly producerId: number
  readonly producerEpoch: number
  readonly sequence: number
}

export type SendOutcome =
  | { readonly kind: 'sent'; readonly baseOffset: number }
  /** Certainly not written. */
  | { readonly kind: 'refused'; readonly answer: BatchAnswer; readonly reason: string }
  /** The partition does not know this producer as we do: whether it is there must be looked for. */
  | { readonly kind: 'unclear'; readonly reason: string }
  /** Not known and not to be had now: nobody leads the partition, nothing answers, or it is too full for too long. */
  | { readonly kind: 'stuck'; readonly reason: string }

export interface SendPatience {
  /** How long the same refusal may last that may pass. */
  readonly patienceMs: number
  readonly signal: AbortSignal
  /** Told why it waits, and null when it does not any more. */
  readonly onWaiting: (reason: string | null) => void
  /** Throws where another runs the job by now: asked before what is sent late. */
  readonly check: () => Promise<void>
  /** Whether nobody looked for so long that another may run it. */
  readonly isHeldUp: () => boolean
}

/** This process stood still between looking whose the job is and sending: it looks again. */
class HeldUpError extends Error {
  override readonly message = 'This process was held up before it sent.'
}

const RETRY_MS = 100
const RETRY_MS_MAX = 2000
/** How old the knowledge may be that the job is still ours. */
const CHECK_MS = 2000
const UNKNOWN_TOPIC_PATIENCE_MS = 5000

/** What says that the partition has another memory of this producer than we have. */
const UNCLEAR: ReadonlySet<number> = new Set([
  errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code,
  errors.DUPLICATE_SEQUENCE_NUMBER.code,
  errors.UNKNOWN_PRODUCER_ID.code,
  errors.INVALID_PRODUCER_EPOCH.code,
])

/** Errors after which a batch may be in the log. */
const WRITTEN: ReadonlySet<number> = new Set([
  errors.REQUEST_TIMED_OUT.code,
  errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND.code,
  errors.UNKNOWN_SERVER_ERROR.code,
])

/**
 * The same batch under the same producer id and sequence is written once however often it is sent: so it is sent again
 * while its answer is lost or says that another try may help.
 */
export async function sendClaimed(
  cluster: Cluster,
  targets: ResendTargets,
  to: BatchToSend,
  { patienceMs, signal, onWaiting, check, isHeldUp }: SendPatience,
): Promise<SendOutcome> {
  const { producerId, producerEpoch, sequence: baseSequence, records, topic, partition } = to
  const batch = encodeBatch({ records, producerId, producerEpoch, baseSequence })
  const beganMs = performance.now()
  /** Whether an answer was lost, or said that it is written and not safe. */
  let mayBeThere = false
  let checkedMs = beganMs
  const before = () => {
    if (isHeldUp()) throw new HeldUpError()
  }
  for (let waitMs = RETRY_MS; ; waitMs = Math.min(RETRY_MS_MAX, waitMs * 2)) {
    let reason: string
    if (performance.now() - checkedMs > CHECK_MS || isHeldUp()) {
      await check()
      checkedMs = performance.now()
    }
    try {
      const leader = await targets.leader(topic, partition)
      const answer =
        leader === null || leader < 0
          ? nobody(leader === null ? errors.UNKNOWN_TOPIC_OR_PARTITION.code : errors.LEADER_NOT_AVAILABLE.code)
          : await produceBatch(cluster, { topic, partition, leader, batch }, before)
      if (answer.errorCode === 0) {
        onWaiting(null)
        return { kind: 'sent', baseOffset: answer.baseOffset }
      }
      const error = new KafkaError(answer.errorCode, `produce to topic "${topic}"`, answer.text)
      reason = letterReason('refused', {
        place: `${topic}-${partition}`,
        text: error.message,
        error: kafkaErrorName(answer.errorCode),
      })
      if (UNCLEAR.has(answer.errorCode)) return { kind: 'unclear', reason }
      const isGone =
        answer.errorCode === errors.UNKNOWN_TOPIC_OR_PARTITION.code &&
        performance.now() - beganMs > Math.min(patienceMs, UNKNOWN_TOPIC_PATIENCE_MS)
      if (!error.isRetriable || isGone) {
        return mayBeThere ? { kind: 'unclear', reason } : { kind: 'refused', answer, reason }
      }
      mayBeThere ||= WRITTEN.has(answer.errorCode)
    } catch (error) {
      const isHeldUpNow = error instanceof HeldUpError
      if (!(isHeldUpNow || error instanceof UnreachableError || error instanceof KafkaError)) throw error
      if (error instanceof KafkaError && !error.isRetriable) throw error
      // What was held up was not sent.
      mayBeThere ||= !isHeldUpNow
      reason = error.message
    }
    targets.forget(topic)
    if (signal.aborted || performance.now() - beganMs > patienceMs) return { kind: 'stuck', reason }
    onWaiting(reason)
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}

function nobody(errorCode: number): BatchAnswer {
  return { errorCode, baseOffset: -1, text: null, recordErrors: [] }
}
