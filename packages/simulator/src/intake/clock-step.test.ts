/** Due times are wall clock, timers are not: what happens when the wall clock steps while records wait. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createSimHost, SimWorld } from '@odradek/broker/src/host/sim/index.ts'
import { CreateTopics, encodeBatch, ListOffsets, Produce, sliceOf } from '@odradek/protocol'
import { BrokerLife } from '../broker-life.ts'
import { SimClient } from '../sim-client.ts'

const DELAY_MS = 60_000

async function scene(
  run: (step: (ms: number) => void, delivered: (afterMs: number) => Promise<number>) => Promise<void>,
) {
  const world = new SimWorld(1)
  const host = createSimHost(world, { name: 'broker', address: '10.0.0.1' })
  const life = new BrokerLife(host, {}, (same) => same)
  assert.ok((await life.open()) && (await life.listen()))
  const client = new SimClient(createSimHost(world, { name: 'client', address: '10.0.0.2' }), life.address!)
  const settled = async <T>(request: Promise<T>): Promise<T> => {
    let isDone = false
    const mark = () => {
      isDone = true
    }
    request.then(mark, mark)
    await world.runUntil(() => isDone)
    return await request
  }
  const configs = [{ name: 'message.type', value: 'DELAY' }]
  const topics = [{ name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs }]
  await settled(client.request(CreateTopics, 7, { topics, timeoutMs: 1000 }))
  const headers = [{ key: 'TIMER_DELAY_MS', value: String(DELAY_MS) }]
  const records = sliceOf(encodeBatch({ records: [{ value: 'x', headers, timestamp: host.clock.now() }] }))
  const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }]
  const { responses } = await settled(client.request(Produce, 12, { acks: -1, timeoutMs: 1000, topicData }))
  assert.equal(responses[0]!.partitionResponses[0]!.errorCode, 0)
  const delivered = async (afterMs: number) => {
    await world.runFor(afterMs)
    const asked = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
    const answer = await settled(client.request(ListOffsets, 1, { topics: asked }))
    return answer.topics[0]!.partitions[0]!.offset!
  }
  await run((ms) => host.clock.step(ms), delivered)
  assert.deepEqual(life.errors, [])
}

it('a step forward makes due what the new time has passed, at once', () =>
  scene(async (step, delivered) => {
    assert.equal(await delivered(DELAY_MS / 2), 0)
    step(DELAY_MS)
    assert.equal(await delivered(1_000), 1)
    assert.equal(await delivered(2 * DELAY_MS), 1, 'once')
  }))

it('a step back makes it wait for the new time', () =>
  scene(async (step, delivered) => {
    step(-DELAY_MS)
    assert.equal(await delivered(1.5 * DELAY_MS), 0)
    assert.equal(await delivered(0.5 * DELAY_MS + 100), 1)
    step(-DELAY_MS)
    assert.equal(await delivered(3 * DELAY_MS), 1, 'once')
  }))
