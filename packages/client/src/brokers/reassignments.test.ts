import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { type Api, CreateTopics, type Decoded, type Encodable, errors, type Shape } from '@odradek/protocol'
import { Cluster, type Target } from '../cluster.ts'
import { UnreachableError } from '../cluster-errors.ts'
import { alterReassignments } from './reassignments.ts'

const { NONE, REQUEST_TIMED_OUT, UNKNOWN_TOPIC_OR_PARTITION } = errors

/** More than one request may name, each with two elements besides its own. */
const count = 10_001
const moves = Array.from({ length: count }, (_, at) => ({ topic: `t${at}`, partition: 0, replicas: [1] }))

test('more moves than one request may name are asked for by several, and each partition has its outcome', async () => {
  await using broker = await startBroker({ config: { 'request.elements.max': 20_000 } })
  await using cluster = new Cluster({ bootstrap: [broker.address] })
  const topics = [{ name: `t${count - 1}`, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
  await cluster.request(CreateTopics, { topics }, 'controller')
  const outcomes = await alterReassignments(cluster, moves)
  assert.deepEqual(
    outcomes.map(({ topic, partition, errorCode }) => [topic, partition, errorCode]),
    moves.map(({ topic }, at) => [topic, 0, at === count - 1 ? NONE.code : UNKNOWN_TOPIC_OR_PARTITION.code]),
  )
  assert.deepEqual(await alterReassignments(cluster, []), [])
})

test('where the cluster goes away meanwhile, the outcomes say which moves were not answered', async () => {
  await using broker = await startBroker()
  /** Those that were answered. */
  let requests = 0
  class Leaving extends Cluster {
    override forget(): void {
      super.forget()
      requests += 1
    }
    override async request<Q extends Shape, A extends Shape>(
      api: Api<Q, A>,
      input: Encodable<Q>,
      target?: Target,
    ): Promise<Decoded<A>> {
      if (requests === 2) await broker.close()
      return await super.request(api, input, target)
    }
  }
  await using cluster = new Leaving({ bootstrap: [broker.address] })
  const outcomes = await alterReassignments(cluster, moves.slice(0, 3500))
  assert.deepEqual(
    outcomes.map(({ topic }) => topic),
    moves.slice(0, 3500).map(({ topic }) => topic),
  )
  const codes = outcomes.map(({ errorCode }) => errorCode)
  assert.equal(codes.lastIndexOf(UNKNOWN_TOPIC_OR_PARTITION.code), 1999)
  assert.equal(codes.indexOf(REQUEST_TIMED_OUT.code), 2000)
  await assert.rejects(alterReassignments(cluster, moves), UnreachableError)
})
