import { encodeBatch, Fetch, IncrementalAlterConfigs, Metadata, sliceOf } from '@odradek/protocol'
import { ControlClient, check, FETCH_VERSION } from '../load/control-client.ts'
import { LoadError } from '../load/load.ts'
import { ServerProcess } from '../server-process.ts'
import { type Spread, spreadOf } from '../spread.ts'

const GROUP = 32
const GROUPS = 5
const DELAY_MS = 1_000
const SILENCE_MS_MAX = 60_000

/**
 * How much later than its delay the first retry of a group comes that the broker has never heard of: milliseconds from when
 * the group's retry topic is asked for to when a waiting consumer has the record, less the delay.
 */
export async function measureFirstRetry(): Promise<Spread> {
  await using broker = await ServerProcess.broker()
  const late: number[] = []
  for (let number = 0; number < GROUPS; number++) late.push(await firstRetry(broker, `group-${number}`))
  return spreadOf(late)
}

async function firstRetry(broker: ServerProcess, group: string): Promise<number> {
  const client = await ControlClient.connect(broker.host, broker.port)
  const configs = [{ name: 'retry.delay.levels', value: `${DELAY_MS}ms`, configOperation: 0 }]
  const resources = [{ resourceType: GROUP, resourceName: group, configs }]
  const altered = await client.send(IncrementalAlterConfigs, 1, { resources })
  check('IncrementalAlterConfigs', altered.responses[0]?.errorCode ?? -1)
  const topic = `retry.${group}`
  const begun = performance.now()
  const made = await client.send(Metadata, 4, { topics: [{ name: topic }], allowAutoTopicCreation: true })
  check('Metadata', made.topics[0]?.errorCode ?? -1)
  await client.produce(topic, 0, sliceOf(encodeBatch({ records: [{ value: 'failed', timestamp: Date.now() }] })))
  for (;;) {
    const { responses } = await client.send(Fetch, FETCH_VERSION, {
      maxWaitMs: 500,
      minBytes: 1,
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000 }] }],
    })
    const took = performance.now() - begun
    if (responses[0]!.partitions[0]!.records !== null && responses[0]!.partitions[0]!.highWatermark > 0) {
      client.close()
      return took - DELAY_MS
    }
    if (took > SILENCE_MS_MAX) throw new LoadError(`The first retry of ${group} has not come`)
  }
}
