/** kafkajs, with all codecs, quiet. */
import { createRequire } from 'node:module'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import kafkajsModule, { type EachMessagePayload, type Kafka } from 'kafkajs'

const require = createRequire(import.meta.resolve('@odradek/protocol'))
type Convert = (bytes: Buffer) => Buffer
const snappy: Readonly<Record<'compressSync' | 'uncompressSync', Convert>> = require('snappy')
const lz4: Readonly<Record<'compressFrameSync' | 'decompressFrameSync', Convert>> = require('lz4-napi')

// A CommonJS module whose names Node does not see.
export const { CompressionTypes, ConfigResourceTypes, Partitioners } = kafkajsModule
const { CompressionCodecs, logLevel } = kafkajsModule

interface Encoder {
  readonly buffer: Buffer
}

CompressionCodecs[CompressionTypes.Snappy] = () => ({
  compress: async ({ buffer }: Encoder) => snappy.compressSync(buffer),
  decompress: async (bytes: Buffer) => snappy.uncompressSync(bytes),
})
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async ({ buffer }: Encoder) => lz4.compressFrameSync(buffer),
  decompress: async (bytes: Buffer) => lz4.decompressFrameSync(bytes),
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }: Encoder) => zstdCompressSync(buffer),
  decompress: async (bytes: Buffer) => zstdDecompressSync(bytes),
})

export function kafkajs(bootstrap: string): Kafka {
  return new kafkajsModule.Kafka({
    clientId: 'kafkajs',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 3 },
  })
}

export interface Topic {
  readonly topic: string
  readonly numPartitions?: number
  readonly configEntries?: { name: string; value: string }[]
}

export async function createTopics(kafka: Kafka, ...topics: Topic[]): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics })
  await admin.disconnect()
}

export interface ReadOptions {
  readonly groupId?: string
  /** Where to begin, by partition, instead of the beginning. */
  readonly from?: readonly { readonly partition: number; readonly offset: string }[]
}

/** The first `count` records of a topic, from its beginning. */
export async function read(
  kafka: Kafka,
  topic: string,
  count: number,
  { groupId = `read-${topic}`, from = [] }: ReadOptions = {},
): Promise<EachMessagePayload[]> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 })
  const payloads: EachMessagePayload[] = []
  const all = Promise.withResolvers<void>()
  consumer.on('consumer.crash', ({ payload }) => all.reject(payload.error))
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: async (payload) => {
      if (payloads.length < count) payloads.push(payload)
      if (payloads.length === count) all.resolve()
    },
  })
  for (const { partition, offset } of from) consumer.seek({ topic, partition, offset })
  await all.promise
  await consumer.disconnect()
  return payloads
}

export const textOf = ({ message }: EachMessagePayload): string | null => message.value?.toString() ?? null
