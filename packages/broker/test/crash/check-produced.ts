import assert from 'node:assert/strict'
import type { WireClient } from '../wire-client.ts'
import { readPartition } from './read-partition.ts'
import type { SequencedProducer } from './sequenced-producer.ts'

/**
 * Reads all that the producers wrote: every record that was acknowledged is there exactly once, at the offset that was told,
 * and those of one producer are in order. Returns how many there are.
 */
export async function checkProduced(client: WireClient, producers: readonly SequencedProducer[]): Promise<number> {
  const partitions = new Map(
    producers.flatMap(({ targets }) => targets).map((each) => [`${each.topic} ${each.partition}`, each]),
  )
  let count = 0
  for (const { topic, partition } of partitions.values()) {
    const where = `${topic}-${partition}`
    const records = await readPartition(client, topic, partition)
    const next = new Map<string, number>()
    for (const { offset, value } of records) {
      const [name, sequence] = value.split(' ')
      const expected = next.get(name!) ?? 0
      assert.equal(Number(sequence), expected, `${where} at ${offset}: the record of ${name} that comes next`)
      next.set(name!, expected + 1)
      const target = targetOf(producers, name!, topic, partition)
      const told = target.offsets.get(expected)
      if (told !== undefined) assert.equal(told, offset, `${where}: ${name} was told another offset for ${expected}`)
      count++
    }
    for (const { name, targets } of producers) {
      const target = targets.find((each) => each.topic === topic && each.partition === partition)
      if (target) assert.ok((next.get(name) ?? 0) >= target.acknowledged, `${where} lacks records of ${name}`)
    }
  }
  return count
}

function targetOf(producers: readonly SequencedProducer[], name: string, topic: string, partition: number) {
  const producer = producers.find((each) => each.name === name)
  const target = producer?.targets.find((each) => each.topic === topic && each.partition === partition)
  assert.ok(target, `nobody named ${name} writes to ${topic}-${partition}`)
  return target
}
