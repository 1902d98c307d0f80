/**
 * How fast messages are searched: fills a topic with JSON records of 256 bytes and scans it with a CEL filter, as the console
 * does, in a thread of its own.
 *
 *     node packages/bench/src/console/cel-rate.ts [--bootstrap 127.0.0.1:9092] [--records 1000000]
 */
import { parseArgs } from 'node:util'
import { Cluster, createTopic, deleteTopics, ScanPool, type ScanProgress } from '@odradek/client'
import { Produce, RecordBatchBuilder, sliceOf } from '@odradek/protocol'

const { values } = parseArgs({
  options: {
    bootstrap: { type: 'string', default: '127.0.0.1:9092' },
    records: { type: 'string', default: '1000000' },
    cel: { type: 'string', default: 'value.amount > 990 && value.country == "DE"' },
  },
})
const RECORD_BYTES = 256
const BATCH_RECORDS = 500
const records = Number(values.records)
const options = { bootstrap: [values.bootstrap] }
const topic = `cel-rate-${process.pid}`

await using cluster = new Cluster(options)
await createTopic(cluster, { name: topic, partitions: 1, replicationFactor: 1 })
const countries = ['DE', 'FR', 'CN', 'US', 'IN']
for (let first = 0; first < records; first += BATCH_RECORDS) {
  const builder = new RecordBatchBuilder()
  for (let n = first; n < Math.min(records, first + BATCH_RECORDS); n++) {
    const head = `{"id":${9_000_000_000_000_000 + n},"customer":{"name":"customer ${n % 1000}","vip":${n % 7 === 0}},"country":"${countries[n % 5]}","amount":${n % 1000},"note":"`
    builder.append({
      key: `k${n % 10_000}`,
      value: `${head}${'x'.repeat(RECORD_BYTES - head.length - 2)}"}`,
      timestamp: Date.now(),
    })
  }
  const batch = sliceOf(builder.build())
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: batch }] }]
  const { responses } = await cluster.request(Produce, { acks: 1, timeoutMs: 10_000, topicData }, 'any', { atMost: 12 })
  const code = responses[0]?.partitionResponses[0]?.errorCode
  if (code !== 0) throw new Error(`Produce answered ${code}`)
}

const pool = new ScanPool({ workersMax: 1 })
const memory: number[] = []
for (let round = 0; round < 3; round++) {
  let last: ScanProgress | undefined
  const request = {
    topic,
    from: { kind: 'earliest' },
    to: { kind: 'now' },
    filter: { cel: values.cel },
    decoders: { key: 'auto', value: 'auto' },
    readCommitted: true,
    limit: 1_000_000,
  } as const
  for await (const event of pool.run(options, { kind: 'scan', request }))
    if (event.kind === 'progress') last = event.progress
  memory.push(Math.round(process.memoryUsage().rss / 2 ** 20))
  const { scanned = 0, matched = 0, elapsedMs = 1 } = last ?? {}
  const rate = Math.round((scanned / elapsedMs) * 1000)
  process.stdout.write(
    `${scanned} records, ${matched} match, ${elapsedMs} ms, ${rate} records/s, ${memory.at(-1)} MiB resident\n`,
  )
}
await pool.close()
await deleteTopics(cluster, [topic])
