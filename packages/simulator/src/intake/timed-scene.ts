import assert from 'node:assert/strict'
import type { BrokerCore } from '@odradek/broker/src/broker-core.ts'
import { createSimHost, type SimHost, SimWorld } from '@odradek/broker/src/host/sim/index.ts'
import { CreateTopics, encodeBatch, ListOffsets, Produce, sliceOf } from '@odradek/protocol'
import { BrokerLife } from '../broker-life.ts'
import { SimClient } from '../sim-client.ts'

export const TOPIC = 't'

/** A broker on a sound machine with a topic of timed messages. */
export interface TimedScene {
  readonly host: SimHost
  readonly core: BrokerCore
  /** Sends a record that is due so much later. */
  send(delayMs: number): Promise<void>
  /** How many are to be seen, so much later. */
  delivered(afterMs: number): Promise<number>
}

/** Plays `run`; the broker may log no errors in it. */
export async function timedScene(run: (scene: TimedScene) => Promise<void>): Promise<void> {
  const world = new SimWorld(1)
  const host = createSimHost(world, { name: 'broker', address: '10.0.0.1' })
  const life = new BrokerLife(host, {}, (same) => same)
  assert.ok((await life.open()) && (await life.listen()))
  const client = new SimClient(createSimHost(world, { name: 'client', address: '10.0.0.2' }), life.address!)
  const configs = [{ name: 'message.type', value: 'DELAY' }]
  const topics = [{ name: TOPIC, numPartitions: 1, replicationFactor: 1, assignments: [], configs }]
  await world.complete(client.request(CreateTopics, 7, { topics, timeoutMs: 1000 }))
  const send = async (delayMs: number) => {
    const headers = [{ key: 'TIMER_DELAY_MS', value: String(delayMs) }]
    const records = sliceOf(encodeBatch({ records: [{ value: 'x', headers, timestamp: host.clock.now() }] }))
    const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records }] }]
    const { responses } = await world.complete(client.request(Produce, 12, { acks: -1, timeoutMs: 1000, topicData }))
    assert.equal(responses[0]!.partitionResponses[0]!.errorCode, 0)
  }
  const delivered = async (afterMs: number) => {
    await world.runFor(afterMs)
    const asked = [{ name: TOPIC, partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
    const answer = await world.complete(client.request(ListOffsets, 1, { topics: asked }))
    return answer.topics[0]!.partitions[0]!.offset!
  }
  await run({ host, core: life.core!, send, delivered })
  assert.deepEqual(life.errors, [])
}
