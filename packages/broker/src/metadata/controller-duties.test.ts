import { deepEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig } from '@odradek/config'
import { pino } from 'pino'
import { ManualTime } from '../../test/manual-time.ts'
import { ControllerDuties, imbalancedPartitions } from './controller-duties.ts'
import { clusterImage } from './testing/cluster-image.ts'
import { withTopic } from './testing/topic-under-test.ts'

/** Broker 1 is preferred by ten partitions, of which it leads all but two; broker 2 leads what it should. */
const image = withTopic(clusterImage(1, 2), 't', [
  ...Array.from({ length: 8 }, () => ({ replicas: [1, 2] })),
  ...Array.from({ length: 2 }, () => ({ replicas: [1, 2], leader: 2 })),
  { replicas: [2, 1] },
])

/** What is given back in so many milliseconds. */
function givenBack(settings: Record<string, string>, isController: boolean, ms: number): unknown[] {
  const time = new ManualTime()
  const config = resolveBrokerConfig({ static: settings })
  const asked: unknown[] = []
  const duties = new ControllerDuties({
    timers: time,
    logger: pino({ level: 'silent' }),
    image: () => image,
    config: () => config,
    isController: () => isController,
    settle: () => Promise.resolve(),
    rebalance: (partitions) => {
      asked.push(Object.fromEntries(partitions))
      return Promise.resolve()
    },
  })
  time.advance(ms)
  duties.close()
  return asked
}

describe('partitions that their preferred leaders do not lead', () => {
  it('are found where a broker lost more than so many per cent of what it is preferred for', () => {
    deepEqual([...imbalancedPartitions(image, 10)], [['t', [8, 9]]])
    deepEqual([...imbalancedPartitions(image, 20)], [])
    const away = withTopic(clusterImage(2), 't', [{ replicas: [1, 2], isr: [2], leader: 2 }])
    deepEqual([...imbalancedPartitions(away, 0)], [], 'who is away cannot lead')
    const behind = withTopic(clusterImage(1, 2), 't', [{ replicas: [1, 2], isr: [2], leader: 2 }])
    deepEqual([...imbalancedPartitions(behind, 0)], [], 'who is not in sync cannot either')
  })

  it('are given back by the controller every few minutes, where that is wanted', () => {
    deepEqual(givenBack({}, true, 299_000), [])
    deepEqual(givenBack({}, true, 301_000), [{ t: [8, 9] }])
    deepEqual(givenBack({ 'leader.imbalance.check.interval.seconds': '10' }, true, 11_000), [{ t: [8, 9] }])
    deepEqual(givenBack({}, false, 301_000), [])
    deepEqual(givenBack({ 'auto.leader.rebalance.enable': 'false' }, true, 301_000), [])
    deepEqual(givenBack({ 'leader.imbalance.per.broker.percentage': '20' }, true, 301_000), [])
  })
})
