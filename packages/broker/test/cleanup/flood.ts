/** Writes as fast as a broker takes it, and tries again what is refused because the disk is full. */
import { deepEqual } from 'node:assert/strict'
import { ListOffsets } from '@odradek/protocol'
import type { WireTopic } from '../protocol/wire-topic.ts'
import type { ReadRecord } from '../protocol-cross-check/read-records.ts'

const NOT_ENOUGH_REPLICAS = 19
const EARLIEST = -2
const LATEST = -1

export interface FloodOptions {
  readonly topic: WireTopic
  readonly partition: number
  readonly bytes: number
  readonly batchBytes: number
  /** Called after each answer. */
  readonly answered?: (errorCode: number, errorMessage: string | null) => void
}

/** Writes so many bytes; the values are numbered. Returns how many batches that were. Fails on any other refusal. */
export async function flood(options: FloodOptions): Promise<number> {
  const { topic, partition, bytes, batchBytes, answered } = options
  let batches = 0
  for (let written = 0; written < bytes; written += batchBytes) {
    const value = `${batches}`.padEnd(batchBytes - 80, '.')
    for (;;) {
      const records = [{ value, timestamp: Date.now() }]
      const answer = await topic.produce({ records }, { partition, version: 9 })
      answered?.(answer.errorCode, answer.errorMessage ?? null)
      if (answer.errorCode === 0) break
      deepEqual([answer.errorCode, answer.baseOffset], [NOT_ENOUGH_REPLICAS, -1])
      await boundsOf(topic, partition)
    }
    batches++
  }
  return batches
}

/** Where a partition begins and ends. */
export async function boundsOf(topic: WireTopic, partition: number): Promise<{ start: number; end: number }> {
  const ask = async (timestamp: number) => {
    const topics = [{ name: topic.name, partitions: [{ partitionIndex: partition, timestamp }] }]
    const answer = await topic.client.send(ListOffsets, 5, { isolationLevel: 0, topics })
    const [told] = answer.topics[0]!.partitions
    deepEqual(told!.errorCode, 0)
    return told!.offset
  }
  return { start: await ask(EARLIEST), end: await ask(LATEST) }
}

/** All that is in a partition; fails where an offset is missing or a value is not that of its number. */
export async function readFlood(topic: WireTopic, partition: number): Promise<number> {
  const { start, end } = await boundsOf(topic, partition)
  let offset = start
  while (offset < end) {
    const records: ReadRecord[] = await topic.read(offset, { partition })
    for (const record of records) {
      if (record.offset < offset) continue
      deepEqual(record.offset, offset)
      deepEqual(
        Number(
          Buffer.from(record.value ?? '')
            .toString()
            .split('.')[0],
        ),
        offset,
      )
      offset++
    }
  }
  return end - start
}
