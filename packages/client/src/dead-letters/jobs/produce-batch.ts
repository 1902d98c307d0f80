import { errors, Produce, sliceOf } from '@odradek/protocol'
import type { Cluster } from '../../cluster.ts'

export interface BatchAnswer {
  readonly errorCode: number
  /** Of its first record; -1 where it is not told. */
  readonly baseOffset: number
  readonly text: string | null
  /** The records that are to blame, by their numbers in the batch. */
  readonly recordErrors: readonly { readonly index: number; readonly text: string | null }[]
}

/**
 * Sends one batch, to be acknowledged by all replicas in sync. Throws UnreachableError where no answer comes, and what
 * `before` throws, which is called right before it is given to the connection.
 */
export async function produceBatch(
  cluster: Cluster,
  to: { readonly topic: string; readonly partition: number; readonly leader: number; readonly batch: Buffer },
  before: () => void = () => {},
): Promise<BatchAnswer> {
  const tried = `produce to topic "${to.topic}"`
  const partitionData = [{ index: to.partition, records: sliceOf(to.batch) }]
  const request = { acks: -1, timeoutMs: 20_000, topicData: [{ name: to.topic, partitionData }] }
  // Newer versions name topics by id.
  const { responses } = await cluster.request(Produce, request, to.leader, { atMost: 12, tried, before })
  const answer = responses[0]?.partitionResponses[0]
  if (answer === undefined) {
    return { errorCode: errors.UNKNOWN_SERVER_ERROR.code, baseOffset: -1, text: null, recordErrors: [] }
  }
  return {
    errorCode: answer.errorCode,
    baseOffset: answer.baseOffset,
    text: answer.errorMessage,
    recordErrors: answer.recordErrors.map(({ batchIndex, batchIndexErrorMessage }) => {
      return { index: batchIndex, text: batchIndexErrorMessage }
    }),
  }
}
