/** What tests of jobs stand on: a topic of dead letters, and what of it arrived where. */
import assert from 'node:assert/strict'
import {
  type Cluster,
  createResendJob,
  createTopic,
  fetchMetadata,
  LATEST,
  listOffsets,
  MessageSource,
  type NewTopic,
  offsetOf,
  type ResendJob,
  type ResendRequest,
  readDeadLetters,
  redriveHeaders,
  topicPlaces,
} from '@odradek/client'
import { encodeBatch, Produce, type RecordInput, sliceOf } from '@odradek/protocol'

const LETTERS_PER_BATCH = 1000

export interface SceneOptions {
  readonly letters: number
  readonly partitions?: number
  /** Of the dead-letter topic. */
  readonly configs?: Record<string, string>
  /** What each letter is like [a key, a small value, its origin]. */
  readonly letter?: (number: number) => RecordInput
}

/** Letters `0`, `1` … spread over the partitions of a new topic one after the other; they come from topic `origin`. */
export async function writeLetters(
  cluster: Cluster,
  topic: string,
  origin: string,
  options: SceneOptions,
): Promise<void> {
  const { letters, partitions = 1, configs, letter = (number: number) => letterFrom(origin, number) } = options
  await makeTopic(cluster, { name: topic, partitions, configs })
  const lists = Array.from({ length: partitions }, (): RecordInput[] => [])
  for (let number = 0; number < letters; number++) lists[number % partitions]!.push(letter(number))
  for (const [partition, list] of lists.entries()) {
    for (let at = 0; at < list.length; at += LETTERS_PER_BATCH) {
      await produce(cluster, topic, partition, list.slice(at, at + LETTERS_PER_BATCH))
    }
  }
}

/** Creates a topic and waits until it can be used: Kafka's brokers hear of it one after the other. */
export async function makeTopic(cluster: Cluster, topic: NewTopic): Promise<void> {
  await createTopic(cluster, topic)
  for (;;) {
    const places = (await fetchMetadata(cluster, [topic.name])).topics.get(topic.name)
    if (places?.errorCode !== 0 || places.partitions.some(({ leader }) => leader < 0)) continue
    const ends = await listOffsets(cluster, [{ topic: places }], LATEST)
    if (places.partitions.every(({ partition }) => offsetOf(ends, topic.name, partition) !== null)) return
  }
}

export function letterFrom(origin: string, number: number, value: string | null = `value ${number}`): RecordInput {
  const headers = [
    { key: 'ORIGIN_TOPIC', value: origin },
    { key: 'EXCEPTION', value: `Error: number ${number % 7}` },
    { key: 'RECONSUME_TIME', value: '16' },
    { key: 'DEAD_LETTER_REASON', value: 'Retried 16 times.' },
    { key: 'mine', value: 'kept' },
  ]
  return { key: `key ${number}`, value, headers, timestamp: 1_700_000_000_000 + number }
}

export async function produce(
  cluster: Cluster,
  topic: string,
  partition: number,
  records: readonly RecordInput[],
): Promise<void> {
  const { partitions } = await topicPlaces(cluster, topic)
  const partitionData = [{ index: partition, records: sliceOf(encodeBatch({ records })) }]
  const request = { acks: -1, timeoutMs: 20_000, topicData: [{ name: topic, partitionData }] }
  const answer = await cluster.request(Produce, request, partitions[partition]!.leader, { atMost: 12 })
  assert.equal(answer.responses[0]!.partitionResponses[0]!.errorCode, 0)
}

/** Makes a job of all letters of a topic. */
export function jobOf(
  cluster: Cluster,
  topic: string,
  request: Partial<ResendRequest> & Pick<ResendRequest, 'target'>,
): Promise<ResendJob> {
  const source = new MessageSource(cluster.options, cluster)
  return createResendJob(source, { topic, select: { kind: 'query' }, by: 'test', ...request })
}

/** `x-redrive-from` of every record of a topic, sorted. */
export async function arrived(cluster: Cluster, topic: string): Promise<string[]> {
  const { partitions } = await topicPlaces(cluster, topic)
  const lists = await Promise.all(
    partitions.map(({ partition }) => readDeadLetters(cluster, topic, partition, 0, Number.MAX_SAFE_INTEGER)),
  )
  return lists.flatMap((list) => list.map(({ redrive }) => redrive?.from ?? '')).sort()
}

/** Every letter of the scene is in the target once. */
export async function assertEachOnce(cluster: Cluster, target: string, letters: number): Promise<void> {
  const found = await arrived(cluster, target)
  assert.equal(new Set(found).size, found.length, 'none is there twice')
  assert.equal(found.length, letters, 'none is missing')
}

export function assertSums(job: ResendJob): void {
  assert.equal(job.matched, job.sent + job.failed + job.skipped + job.waiting)
  if (job.endedMs !== null) assert.equal(job.waiting, 0)
}

/** A record as it comes back to the dead letters when its consumer fails again: all headers are kept. */
export function comeback(job: string, from: string): RecordInput {
  const headers = [
    { key: redriveHeaders.job, value: job },
    { key: redriveHeaders.from, value: from },
    { key: 'DEAD_LETTER_REASON', value: 'Again.' },
  ]
  return { key: from, value: 'again', headers, timestamp: Date.now() }
}
