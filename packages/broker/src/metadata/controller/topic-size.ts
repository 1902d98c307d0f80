import { errors } from '@odradek/protocol'
import type { Refusal } from './decision.ts'

/** Partitions of one topic: all of them are one value of the store. */
export const topicPartitionsMax = 10_000
/** Bytes of a topic's value: with its key and its neighbours in a transaction well below what the store takes. */
export const topicValueBytesMax = 1_000_000

/** Refuses a topic whose value would not fit into the store. */
export function topicBytesProblem(value: string): Refusal | null {
  if (value.length <= topicValueBytesMax) return null
  const errorMessage = `The topic has too many partitions and replicas: they need ${value.length} bytes of ${topicValueBytesMax}.`
  return { errorCode: errors.INVALID_PARTITIONS.code, errorMessage }
}
