import { Cluster, type ClusterOptions, createTopic, KafkaError } from '@odradek/client'
import { RecordWriter } from './record-writer.ts'
import { Shop, type ShopRecord } from './shop.ts'
import { schemaRecords } from './shop-schemas.ts'
import { SCHEMAS_TOPIC, shopTopics } from './shop-topics.ts'

export interface ShopOptions {
  readonly cluster: ClusterOptions
  /** [1]: the same seed and the same times give the same records. */
  readonly seed?: number
  /** Orders that were before the shop is opened, spread over the time before [3,000 over two hours]. */
  readonly orders?: number
  readonly historyMs?: number
  /** When the history ends [now]. */
  readonly now?: number
}

const RECORDS_AT_ONCE = 500

/** An open shop: its topics are there, its history is written. */
export interface OpenShop {
  readonly shop: Shop
  readonly writer: RecordWriter
  readonly cluster: Cluster
}

/** Makes the shop's topics, as far as they are not there, and writes its history into those that it made. */
export async function openShop(options: ShopOptions): Promise<OpenShop> {
  const cluster = new Cluster(options.cluster)
  const shop = new Shop(options.seed ?? 1)
  const writer = new RecordWriter(cluster)
  const made = await makeTopics(cluster)
  await makeSchemas(cluster, writer, options.now ?? Date.now())
  const { orders = 3_000, historyMs = 2 * 3_600_000, now = Date.now() } = options
  let waiting: ShopRecord[] = []
  for (let n = 0; n < orders; n++) {
    const at = Math.round(now - historyMs + (historyMs * n) / orders)
    waiting.push(...shop.next(at).filter(({ topic }) => made.has(topic)))
    if (waiting.length < RECORDS_AT_ONCE && n < orders - 1) continue
    await writer.write(waiting)
    waiting = []
  }
  return { shop, writer, cluster }
}

async function makeTopics(cluster: Cluster): Promise<ReadonlySet<string>> {
  const made = new Set<string>()
  for (const { name, partitions, configs } of shopTopics) {
    if (await makeTopic(cluster, name, partitions, configs)) made.add(name)
  }
  return made
}

/** Writes the shop's schemas where a registry would keep them; those that are there stay. */
async function makeSchemas(cluster: Cluster, writer: RecordWriter, now: number): Promise<void> {
  await makeTopic(cluster, SCHEMAS_TOPIC, 1, { 'cleanup.policy': 'compact' })
  await writer.write(
    schemaRecords.map(({ key, value }) => ({
      topic: SCHEMAS_TOPIC,
      key,
      value: Buffer.from(value),
      headers: [],
      timestamp: now,
    })),
  )
}

/** Whether it was not there. */
async function makeTopic(
  cluster: Cluster,
  name: string,
  partitions: number,
  configs: Readonly<Record<string, string>>,
): Promise<boolean> {
  try {
    await createTopic(cluster, { name, partitions, configs })
    return true
  } catch (error) {
    if (error instanceof KafkaError && error.errorName === 'TOPIC_ALREADY_EXISTS') return false
    throw error
  }
}
