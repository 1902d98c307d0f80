import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errors } from '@odradek/protocol'
import type { MetadataImage } from '../image.ts'
import { intakeTopicName } from '../intake-topic.ts'
import { brokerConfigKey, brokerKey, knownBrokerKey } from '../keys.ts'
import { after, clusterImage } from '../testing/cluster-image.ts'
import { idOf, withTopic } from '../testing/topic-under-test.ts'
import { formatBroker } from '../values.ts'
import { forgetBrokerConfigs, unregisterBroker } from './unregister-broker.ts'

const listeners = [{ name: 'PLAINTEXT', host: 'h', port: 3 }]
/** Brokers 1 and 2 live; 3 is known, with settings of its own. */
const image = [
  { key: knownBrokerKey(3), value: formatBroker({ listeners, rack: 'c' }), base: 0 },
  { key: brokerConfigKey('3'), value: '{"log.retention.ms":"1"}', base: 0 },
].reduce<MetadataImage>(after, clusterImage(1, 2))

describe('a broker', () => {
  it('that is gone is forgotten, with its settings', () => {
    deepEqual(
      image.goneBrokers().map(({ id, rack }) => [id, rack]),
      [[3, 'c']],
    )
    const decision = unregisterBroker(image, 3)
    deepEqual(decision.result, { errorCode: errors.NONE.code, errorMessage: null })
    const forgotten = after(image, decision)
    deepEqual(forgotten.goneBrokers(), [])
    deepEqual([...after(forgotten, forgetBrokerConfigs(forgotten, 3)).brokerConfigs], [])
    equal(
      unregisterBroker(after(forgotten, forgetBrokerConfigs(forgotten, 3)), 3).result.errorCode,
      errors.BROKER_ID_NOT_REGISTERED.code,
    )
  })

  it('with replicas is not, and it is said what to do', () => {
    const names = ['a', 'b', 'c', 'd']
    const held = names.reduce(
      (before, name) => withTopic(before, name, [{ replicas: [1, 3] }, { replicas: [2] }]),
      image,
    )
    const { result, change } = unregisterBroker(held, 3)
    deepEqual([result.errorCode, change], [errors.POLICY_VIOLATION.code, null])
    match(
      result.errorMessage!,
      /replicas of 4 partition\(s\): a-0, b-0, c-0, …\. .*cluster reassign --brokers 1,2 --apply/,
    )
  })

  it('with replicas of what waits for a topic is not either', () => {
    const visible = withTopic(image, 'd', [{ replicas: [1, 2] }])
    const held = withTopic(visible, intakeTopicName(idOf('d')), [{ replicas: [1, 2, 3], removing: [3], adding: [] }])
    const { result, change } = unregisterBroker(held, 3)
    deepEqual([result.errorCode, change], [errors.POLICY_VIOLATION.code, null])
    match(result.errorMessage!, /replicas of 1 partition\(s\): d-0\./)
  })

  it('is forgotten only if it does not come back meanwhile', () => {
    deepEqual(unregisterBroker(image, 3).change?.compares, [
      { key: brokerKey(3), target: 'createRevision', revision: 0 },
    ])
  })

  it('that lives is not: it would come back', () => {
    const { result, change } = unregisterBroker(image, 2)
    deepEqual([result.errorCode, change], [errors.POLICY_VIOLATION.code, null])
    match(result.errorMessage!, /alive.*Stop it first/)
    equal(forgetBrokerConfigs(image, 2).change, null)
  })
})
