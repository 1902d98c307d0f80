import { Consumer, stringDeserializers } from '@platformatic/kafka'
import type { Scene } from './scene.ts'

export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string | undefined
  readonly value: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

let readers = 0

/** The first `count` records of a topic, as a Kafka client reads them; by partition and offset. */
export async function readRecords(scene: Scene, topic: string, count: number): Promise<ReadRecord[]> {
  const consumer = new Consumer({
    groupId: `e2e-records-${process.pid}-${readers++}`,
    clientId: 'e2e-records',
    bootstrapBrokers: [scene.bootstrap],
    deserializers: stringDeserializers,
  })
  const records: ReadRecord[] = []
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' })
    for await (const { partition, offset, key, value, headers } of stream) {
      const named = Object.fromEntries([...headers].map(([name, text]) => [String(name), String(text)]))
      records.push({ partition, offset: Number(offset), key, value, headers: named })
      if (records.length === count) break
    }
  } finally {
    await consumer.close(true)
  }
  return records.sort((one, other) => one.partition - other.partition || one.offset - other.offset)
}
