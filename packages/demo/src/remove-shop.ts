import {
  alterConfigs,
  Cluster,
  type ClusterOptions,
  deleteGroup,
  deleteTopics,
  fetchMetadata,
  groupTopics,
  KafkaError,
  MessageSource,
  scan,
} from '@odradek/client'
import { RecordWriter } from './record-writer.ts'
import { FAILING_GROUP } from './shop-failures.ts'
import { REMINDERS_TOPIC } from './shop-reminders.ts'
import { schemaRecords } from './shop-schemas.ts'
import { SCHEMAS_TOPIC, shopGroups, shopTopics } from './shop-topics.ts'

const GROUP_ATTEMPTS_MAX = 20

/** Takes the shop out of a cluster: its topics, its groups, its schemas. What is not the shop's stays. */
export async function removeShop(options: ClusterOptions): Promise<void> {
  await using cluster = new Cluster(options)
  const { topics } = await fetchMetadata(cluster)
  const failing = await topicsOfFailing(cluster)
  const names = [...shopTopics.map(({ name }) => name), REMINDERS_TOPIC, ...failing]
  const own: string[] = names.filter((name) => topics.has(name))
  if (topics.has(SCHEMAS_TOPIC)) {
    if (await holdsOnlyOurs(options, cluster)) own.push(SCHEMAS_TOPIC)
    else await forgetSchemas(cluster)
  }
  // What waits for another try goes too.
  for (const name of own.filter((topic) => failing.includes(topic))) {
    await alterConfigs(cluster, { type: 'topic', name }, [{ name: 'intake.delete.allow', value: 'true' }]).catch(
      ignored,
    )
  }
  if (own.length > 0) {
    for (const { error } of await deleteTopics(cluster, own)) if (error !== null) throw error
  }
  for (const group of shopGroups) await removeGroup(cluster, group)
  if (failing.length > 0) {
    const settings = ['retry.max.times', 'retry.delay.levels'].map((name) => ({ name, value: null }))
    await alterConfigs(cluster, { type: 'group', name: FAILING_GROUP }, settings).catch(ignored)
  }
}

/** The retry and dead-letter topics of the group that fails; none where the cluster does not retry. */
async function topicsOfFailing(cluster: Cluster): Promise<string[]> {
  try {
    const { retry, deadLetters } = await groupTopics(cluster, FAILING_GROUP)
    return [retry, deadLetters]
  } catch {
    return []
  }
}

/** It is gone already, or was never set. */
function ignored(error: unknown): void {
  if (!(error instanceof KafkaError)) throw error
}

/** Whether nobody but the shop keeps schemas here. */
async function holdsOnlyOurs(options: ClusterOptions, cluster: Cluster): Promise<boolean> {
  const source = new MessageSource(options, cluster)
  const ours = new Set(schemaRecords.map(({ key }) => key))
  let foreign = 0
  await scan(
    source,
    {
      topic: SCHEMAS_TOPIC,
      from: { kind: 'earliest' },
      to: { kind: 'now' },
      filter: {},
      decoders: { key: 'text', value: 'hex' },
      readCommitted: true,
      limit: 1_000,
    },
    {
      rows: (rows) => {
        foreign += rows.filter(({ key }) => !ours.has(key.text)).length
      },
      progress: () => {},
    },
    new AbortController().signal,
  )
  return foreign === 0
}

async function forgetSchemas(cluster: Cluster): Promise<void> {
  const timestamp = Date.now()
  const tombstones = schemaRecords.map(({ key }) => ({
    topic: SCHEMAS_TOPIC,
    key,
    value: null,
    headers: [],
    timestamp,
  }))
  await new RecordWriter(cluster).write(tombstones)
}

/** Members that were told to go may take a moment. */
async function removeGroup(cluster: Cluster, group: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await deleteGroup(cluster, group)
      return
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      if (error.errorName === 'GROUP_ID_NOT_FOUND') return
      if (error.errorName !== 'NON_EMPTY_GROUP' || attempt >= GROUP_ATTEMPTS_MAX) throw error
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}
