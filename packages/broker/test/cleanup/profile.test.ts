/** The profile of RocketMQ: what is over goes in the hours that are set, which may change while the broker runs. */
import { deepEqual, equal } from 'node:assert/strict'
import { after, test } from 'node:test'
import { DescribeConfigs, IncrementalAlterConfigs } from '@odradek/protocol'
import type { CleanupPlanView } from '../../src/index.ts'
import { LogLines } from '../log-lines.ts'
import { Subject } from '../protocol/subject.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { boundsOf } from './flood.ts'

const HOUR_MS = 3_600_000
const BROKER = 4
const TOPIC = 2
const SET = 0
const hour = (hours: number) => String(new Date(Date.now() + hours * HOUR_MS).getUTCHours())

const lines = new LogLines()
const subject = await Subject.start(
  {
    'admin.listener': '127.0.0.1:0',
    'cleanup.profile': 'rocketmq',
    'delete.when': hour(12),
    'delete.when.timezone': 'UTC',
    'disk.check.interval.ms': 50,
    'log.retention.check.interval.ms': 50,
    'log.segment.bytes': 1024,
  },
  lines.logger,
)
after(() => subject.close())
const client = await subject.connect()

/** Sets a key of the broker; returns what it says to that. */
async function set(name: string, value: string): Promise<readonly [number, string | null]> {
  const { responses } = await client.send(IncrementalAlterConfigs, 1, {
    resources: [{ resourceType: BROKER, resourceName: '1', configs: [{ name, configOperation: SET, value }] }],
    validateOnly: false,
  })
  return [responses[0]!.errorCode, responses[0]!.errorMessage]
}

test('what is over stays until the hour comes, and the active segment stays then too', async () => {
  const topic = await WireTopic.create(client, { configs: { 'retention.ms': '1000' } })
  for (let at = 0; at < 5; at++) {
    const record = { value: 'x'.repeat(900), timestamp: Date.now() - HOUR_MS }
    equal((await topic.produce({ records: [record] })).errorCode, 0)
  }
  const response = await fetch(`http://${subject.broker.adminAddress}/v1/cleanup/plan?topic=${topic.name}`)
  const plan = (await response.json()) as CleanupPlanView
  const [step] = plan.topics[0]!.steps
  deepEqual(
    [plan.profile, step!.segments, step!.startOffsets[0], new Date(step!.at).getUTCHours()],
    ['rocketmq', 4, 4, Number(plan.deleteWhen!.hours[0])],
  )
  // What is too much goes at any hour: when it does all logs were looked at.
  const large = await WireTopic.create(client, { configs: { 'retention.bytes': '500' } })
  for (let look = 0; look < 3; look++) {
    const from = lines.all.length
    for (let at = 0; at < 2; at++)
      equal((await large.produce({ records: [{ value: 'x'.repeat(900), timestamp: Date.now() }] })).errorCode, 0)
    await lines.said('Old segments were let go.', large.name, from)
  }
  equal((await boundsOf(topic, 0)).start, 0)
  deepEqual(await set('delete.when', `${hour(0)},${hour(1)}`), [0, null])
  await lines.said('Old segments were let go.', topic.name)
  deepEqual(await boundsOf(topic, 0), { start: 4, end: 5 })
})

test('72 hours are kept unless something else is set', async () => {
  const topic = await WireTopic.create(client)
  const { results } = await client.send(DescribeConfigs, 1, {
    resources: [{ resourceType: TOPIC, resourceName: topic.name, configurationKeys: ['retention.ms'] }],
    includeSynonyms: false,
  })
  equal(results[0]!.configs[0]!.value, String(72 * HOUR_MS))
})

test('hours and zones that are none are refused', async () => {
  const [code, text] = await set('delete.when', '24')
  deepEqual([code, text], [40, 'delete.when must be hours of the day, 00 to 23, separated by commas, not "24"'])
  equal((await set('delete.when.timezone', 'Mars/Olympus'))[0], 40)
})
