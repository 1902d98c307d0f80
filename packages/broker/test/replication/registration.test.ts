/** Three brokers whose polls last for ten minutes: what is to happen sooner must not wait for one. */
import { equal, ok } from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { clusterEventsTopic, errorName, Metadata } from '@odradek/protocol'
import { brokerKey } from '../../src/metadata/keys.ts'
import { LocalCluster } from './local-cluster.ts'

const WAIT_MS_MAX = 60_000

it('a follower without traffic that loses its registration is in sync again as soon as it has another', {
  timeout: 120_000,
}, async () => {
  await using cluster = await LocalCluster.start({ 'replica.fetch.wait.max.ms': '600000' })
  const { controllerId: leader } = await cluster.to(1).send(Metadata, 12, { topics: [] })
  const [follower, other] = [1, 2, 3].filter((id) => id !== leader) as [number, number]
  // The history of the cluster is written elsewhere: what the leader appends to it would end the poll.
  await cluster.createTopic(clusterEventsTopic, [[other]])
  const topic = await cluster.createTopic('idle', [[leader, follower]])
  const write = async () => {
    const { errorCode } = await cluster.at(leader, topic).produce({ records: [{ value: 'v' }] }, { acks: -1 })
    return errorName(errorCode)
  }
  equal(await write(), 'NONE')
  const registration = async () => (await cluster.store.get(brokerKey(follower))).entry
  const before = await registration()
  ok(before?.lease)
  await cluster.store.revoke(before.lease)
  // Its process has not heard of that yet, and goes on asking in the name of the registration that is over.
  const waitsUntil = performance.now() + WAIT_MS_MAX
  for (let said = ''; said !== 'NONE'; await sleep(10)) {
    ok(performance.now() < waitsUntil, `It does not come in sync again: ${said}`)
    const epoch = (await registration())?.createRevision ?? 0
    said = epoch > before.createRevision ? await write() : 'it is not registered'
  }
  await cluster.until('idle', ({ isrNodes }) => isrNodes.length === 2, { told: [leader] })
})
