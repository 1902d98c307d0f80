import { type CodecName, encodeBatch, errors, Produce, sliceOf } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { KafkaError, RefusedError } from '../cluster-errors.ts'
import { topicPlaces } from '../cluster-metadata.ts'
import { JsonError } from './json/json-error.ts'
import { parseJsonBytes } from './json/json-value.ts'
import { partitionOfKey } from './partition-of-key.ts'

/** How a payload is typed in. `json` is text that must be JSON; it is sent as it was typed. */
export const payloadFormats = ['text', 'json', 'hex', 'base64', 'null'] as const
export type PayloadFormat = (typeof payloadFormats)[number]

export interface PayloadInput {
  readonly format: PayloadFormat
  readonly text: string
}

export interface ProduceInput {
  readonly topic: string
  /** [of the key, as Kafka's clients choose it; without a key any] */
  readonly partition?: number
  readonly key: PayloadInput
  readonly value: PayloadInput
  readonly headers: readonly { readonly key: string; readonly value: PayloadInput }[]
  /** Epoch milliseconds [now]. */
  readonly timestamp?: number
  /** [none] */
  readonly codec?: CodecName
}

export interface ProducedMessage {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
}

/** Writes one message, acknowledged by all replicas in sync. Throws RefusedError for input that is not what it says. */
export async function produceMessage(cluster: Cluster, input: ProduceInput): Promise<ProducedMessage> {
  const tried = `produce to topic "${input.topic}"`
  const topic = await topicPlaces(cluster, input.topic)
  const key = payloadBytes(input.key, 'key', tried)
  const value = payloadBytes(input.value, 'value', tried)
  const headers = input.headers.map((header) => ({
    key: header.key,
    value: payloadBytes(header.value, `header "${header.key}"`, tried),
  }))
  const count = topic.partitions.length
  const partition = input.partition ?? (key === null ? Math.floor(Math.random() * count) : partitionOfKey(key, count))
  const place = topic.partitions.find((candidate) => candidate.partition === partition)
  if (place === undefined) {
    throw new RefusedError(`The topic has no partition ${partition}.`, tried, `Choose one of 0 to ${count - 1}.`)
  }
  if (place.leader < 0) throw new KafkaError(errors.LEADER_NOT_AVAILABLE.code, tried)
  const timestamp = input.timestamp ?? Date.now()
  const batch = encodeBatch({ records: [{ key, value, headers, timestamp }], codec: input.codec ?? 'none' })
  const { responses } = await cluster.request(
    Produce,
    {
      acks: -1,
      timeoutMs: 20_000,
      topicData: [{ name: input.topic, partitionData: [{ index: partition, records: sliceOf(batch) }] }],
    },
    place.leader,
    { atMost: 12, tried },
  )
  const answer = responses[0]?.partitionResponses[0]
  if (answer === undefined) throw new KafkaError(errors.UNKNOWN_SERVER_ERROR.code, tried)
  if (answer.errorCode !== 0) {
    throw new KafkaError(answer.errorCode, tried, answer.recordErrors[0]?.batchIndexErrorMessage ?? answer.errorMessage)
  }
  return {
    partition,
    offset: answer.baseOffset,
    timestamp: answer.logAppendTimeMs >= 0 ? answer.logAppendTimeMs : timestamp,
  }
}

/** The bytes that a text stands for; null for null. Throws RefusedError where the text is not of its format. */
export function payloadBytes({ format, text }: PayloadInput, what: string, tried: string): Buffer | null {
  switch (format) {
    case 'null':
      return null
    case 'text':
      return Buffer.from(text)
    case 'json': {
      const bytes = Buffer.from(text)
      try {
        parseJsonBytes(bytes, 0, bytes.length)
      } catch (error) {
        if (!(error instanceof JsonError)) throw error
        throw new RefusedError(`The ${what} is not JSON: ${error.message}.`, tried, 'Correct it, or send it as text.')
      }
      return bytes
    }
    case 'hex': {
      const digits = text.replace(/\s+/g, '')
      if (!/^(?:[0-9a-fA-F]{2})*$/.test(digits)) {
        throw new RefusedError(`The ${what} is not hex.`, tried, 'Write two digits 0–9, a–f for each byte.')
      }
      return Buffer.from(digits, 'hex')
    }
    case 'base64': {
      const digits = text.replace(/\s+/g, '')
      if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(digits)) {
        throw new RefusedError(`The ${what} is not base64.`, tried, 'Correct it, or send it in another format.')
      }
      return Buffer.from(digits, 'base64')
    }
    default:
      return format satisfies never
  }
}
