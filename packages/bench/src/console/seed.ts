/**
 * Fills a cluster with what the console must stay quick beside: ten thousand topics, a thousand groups, ten million messages.
 *
 *     node packages/bench/src/console/seed.ts [--bootstrap 127.0.0.1:9092] [--topics 10000] [--groups 1000] [--messages 10000000]
 */
import { parseArgs } from 'node:util'
import { Cluster, chunks, fetchMetadata, findCoordinator, KafkaError, mapBounded } from '@odradek/client'
import { CreateTopics, errors, OffsetCommit, Produce, RecordBatchBuilder, sliceOf } from '@odradek/protocol'

const { values } = parseArgs({
  options: {
    bootstrap: { type: 'string', default: '127.0.0.1:9092' },
    topics: { type: 'string', default: '10000' },
    groups: { type: 'string', default: '1000' },
    messages: { type: 'string', default: '10000000' },
  },
})
const topicCount = Number(values.topics)
const groupCount = Number(values.groups)
const messageCount = Number(values.messages)

const TOPICS_AT_ONCE = 500
const BATCH_RECORDS = 1_000
const FULL_TOPICS = 10
const FULL_PARTITIONS = 4
const startedAt = performance.now()

await using cluster = new Cluster({ bootstrap: values.bootstrap.split(','), requestTimeoutMs: 120_000 })
await makeTopics()
await makeMessages()
await makeGroups()

function say(what: string): void {
  process.stdout.write(`${what} after ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`)
}

function nameOf(n: number): string {
  return n < FULL_TOPICS ? `seed-full-${n}` : `seed-${String(n).padStart(5, '0')}`
}

async function makeTopics(): Promise<void> {
  const names = Array.from({ length: Math.max(FULL_TOPICS, topicCount) }, (_, n) => nameOf(n))
  for (const part of chunks(names, TOPICS_AT_ONCE)) {
    const { topics } = await cluster.request(
      CreateTopics,
      {
        topics: part.map((name) => ({
          name,
          numPartitions: name.startsWith('seed-full') ? FULL_PARTITIONS : 1,
          replicationFactor: 1,
          assignments: [],
          configs: [],
        })),
        timeoutMs: 60_000,
        validateOnly: false,
      },
      'controller',
    )
    for (const { name, errorCode, errorMessage } of topics) {
      const isThere = errorCode === errors.TOPIC_ALREADY_EXISTS.code
      if (errorCode !== 0 && !isThere) throw new KafkaError(errorCode, `create topic "${name}"`, errorMessage)
    }
  }
  say(`${names.length} topics`)
}

async function makeMessages(): Promise<void> {
  const places = Array.from({ length: FULL_TOPICS * FULL_PARTITIONS }, (_, n) => ({
    topic: nameOf(Math.floor(n / FULL_PARTITIONS)),
    partition: n % FULL_PARTITIONS,
  }))
  const { topics } = await fetchMetadata(cluster, [...new Set(places.map(({ topic }) => topic))])
  const each = Math.ceil(messageCount / places.length)
  const since = Date.now() - 86_400_000
  await mapBounded(places, 8, async ({ topic, partition }, index) => {
    const leader = topics.get(topic)?.partitions.find((place) => place.partition === partition)?.leader ?? -1
    for (let first = 0; first < each; first += BATCH_RECORDS) {
      const builder = new RecordBatchBuilder()
      for (let n = first; n < Math.min(each, first + BATCH_RECORDS); n++) {
        const id = 9_000_000_000_000_000 + index * each + n
        const value = `{"id":${id},"customer":{"id":${n % 5000},"country":"${n % 3 === 0 ? 'DE' : 'FR'}"},"amount":${n % 1000},"note":"${'x'.repeat(100)}"}`
        builder.append({ key: `customer-${n % 5000}`, value, timestamp: since + Math.floor((86_400_000 * n) / each) })
      }
      const topicData = [{ name: topic, partitionData: [{ index: partition, records: sliceOf(builder.build()) }] }]
      const { responses } = await cluster.request(Produce, { acks: 1, timeoutMs: 30_000, topicData }, leader, {
        atMost: 12,
      })
      const code = responses[0]?.partitionResponses[0]?.errorCode ?? -1
      if (code !== 0) throw new KafkaError(code, `write to topic "${topic}"`)
    }
  })
  say(`${each * places.length} messages`)
}

/** Each group has committed some of the full topics, without members: lags of every size. */
async function makeGroups(): Promise<void> {
  const each = Math.ceil(messageCount / (FULL_TOPICS * FULL_PARTITIONS))
  const ids = Array.from({ length: groupCount }, (_, n) => `seed-group-${String(n).padStart(4, '0')}`)
  await mapBounded(ids, 8, async (groupId, n) => {
    const coordinator = await findCoordinator(cluster, groupId)
    const topics = [nameOf(n % FULL_TOPICS), nameOf((n + 3) % FULL_TOPICS)].map((name) => ({
      name,
      partitions: Array.from({ length: FULL_PARTITIONS }, (_, partitionIndex) => ({
        partitionIndex,
        committedOffset: Math.floor((each * ((n * 7 + partitionIndex * 13) % 100)) / 100),
        committedMetadata: '',
      })),
    }))
    const answer = await cluster.request(OffsetCommit, { groupId, topics }, coordinator, { atMost: 9 })
    const code = answer.topics[0]?.partitions[0]?.errorCode ?? -1
    if (code !== 0) throw new KafkaError(code, `commit for group "${groupId}"`)
  })
  say(`${ids.length} groups`)
}
