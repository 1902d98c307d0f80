/** Three broker processes: what becomes of what clients were promised when brokers are killed. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { FindCoordinator, OffsetCommit, OffsetFetch } from '@odradek/protocol'
import { WireTopic } from '../protocol/wire-topic.ts'
import { readRecords } from '../protocol-cross-check/read-records.ts'
import { BROKER_IDS, BrokerCluster, type BrokerId } from './broker-cluster.ts'
import { ClusterClient } from './cluster-client.ts'
import { FailoverProducer } from './failover-producer.ts'

const KILLS = 4
const GROUP = 'readers'

describe('three brokers', { timeout: 240_000 }, () => {
  let cluster: BrokerCluster
  let client: ClusterClient

  before(async () => {
    cluster = await BrokerCluster.start()
    client = new ClusterClient(cluster)
  })
  after(async () => {
    client.close()
    await cluster.close()
  })

  /** All records of a topic, as its leader shows them, once it shows `count`. */
  async function readAll(topic: string, count: number): Promise<{ offset: number; value: string }[]> {
    for (;;) {
      const { leaderId, topicId } = {
        topicId: '',
        ...(await client.partitionOnce(topic, (each) => each.leaderId >= 0)),
      }
      const found = await readAs(new WireTopic(await client.to(leaderId), topic, topicId))
      if (found.length >= count) return found
      await sleep(20)
    }
  }

  async function readAs(topic: WireTopic): Promise<{ offset: number; value: string }[]> {
    const found: { offset: number; value: string }[] = []
    for (let next = 0; ; ) {
      const { errorCode, records } = await topic.fetch(next)
      const read = errorCode === 0 ? readRecords(records) : []
      if (read.length === 0) return found
      for (const { offset, value } of read) found.push({ offset, value: String(value) })
      next = found.at(-1)!.offset + 1
    }
  }

  async function kill(id: number): Promise<void> {
    await cluster.kill(id)
    client.drop(id)
  }

  it(`keep every acknowledged record once and in order, over ${KILLS} kills of its leader`, async () => {
    await client.createTopic('killed', { 'segment.bytes': '20000' })
    const producer = new FailoverProducer(client, 'killed', 'ann')
    for (let kills = 0; kills < KILLS; kills++) {
      await producer.acknowledges(50)
      const { leaderId } = await client.partitionOnce('killed', ({ leaderId }) => leaderId >= 0)
      await kill(leaderId)
      await producer.acknowledges(20)
      await cluster.begin(leaderId as BrokerId)
      await client.partitionOnce('killed', ({ isrNodes }) => isrNodes.length === 3)
    }
    await producer.end()
    const found = await readAll('killed', producer.offsets.length)
    assert.deepEqual(
      found.slice(0, producer.offsets.length).map(({ offset, value }) => `${value} at ${offset}`),
      producer.offsets.map((offset, sequence) => `ann ${sequence} at ${offset}`),
    )
    assert.ok(found.length <= producer.offsets.length + 1, 'one may be there that was not acknowledged any more')
  })

  it('take no acks=all while too few are in sync, and go on when they are again', async () => {
    await client.createTopic('lonely')
    const producer = new FailoverProducer(client, 'lonely', 'bob')
    await producer.acknowledges(10)
    const { leaderId, replicaNodes } = await client.partitionOnce('lonely', ({ isrNodes }) => isrNodes.length === 3)
    const others = replicaNodes.filter((id) => id !== leaderId)
    for (const id of others) await kill(id)
    await client.partitionOnce('lonely', ({ isrNodes }) => isrNodes.length === 1)
    const topic = new WireTopic(await client.to(leaderId), 'lonely', '')
    // A machine that stands still may make it a leader anew.
    const settled = async (acks: number) => {
      for (;;) {
        const answer = await topic.produce({ records: [{ value: `acks=${acks}` }] }, { acks })
        if (answer.errorCode !== 6) return answer
        await sleep(20)
      }
    }
    const refused = await settled(-1)
    assert.equal(refused.errorCode, 19)
    assert.match(refused.errorMessage ?? '', /min\.insync\.replicas is 2/)
    const one = await settled(1)
    assert.equal(one.errorCode, 0)
    const shown = await readAs(topic)
    assert.ok(!shown.some(({ value }) => value === 'acks=1'), 'what one replica alone has is not shown')
    for (const id of others) await cluster.begin(id as BrokerId)
    await client.partitionOnce('lonely', ({ isrNodes }) => isrNodes.length === 3)
    await producer.acknowledges(10)
    await producer.end()
    const found = await readAll('lonely', producer.offsets.length + 1)
    assert.ok(found.some(({ value }) => value === 'acks=1'))
  })

  it('let a group go on where it was when its coordinator is killed', async () => {
    await client.createTopic('grouped')
    const coordinator = async () => {
      for (;;) {
        for (const id of cluster.running) {
          try {
            const any = await client.to(id)
            const { coordinators } = await any.send(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [GROUP] })
            const found = coordinators?.[0]
            if (found?.errorCode === 0 && cluster.running.includes(found.nodeId as BrokerId)) return found.nodeId
          } catch {
            client.drop(id)
          }
        }
        await sleep(20)
      }
    }
    const commit = async (offset: number) => {
      for (;;) {
        const id = await coordinator()
        const { topics } = await (await client.to(id)).send(OffsetCommit, 8, {
          groupId: GROUP,
          generationIdOrMemberEpoch: -1,
          memberId: '',
          topics: [{ name: 'grouped', partitions: [{ partitionIndex: 0, committedOffset: offset }] }],
        })
        if (topics[0]!.partitions[0]!.errorCode === 0) return id
        await sleep(20)
      }
    }
    const committed = async () => {
      for (;;) {
        const id = await coordinator()
        const { errorCode, topics } = await (await client.to(id)).send(OffsetFetch, 7, {
          groupId: GROUP,
          topics: [{ name: 'grouped', partitionIndexes: [0] }],
          requireStable: false,
        })
        const partition = topics?.[0]?.partitions[0]
        if (errorCode === 0 && partition?.errorCode === 0) return partition.committedOffset
        await sleep(20)
      }
    }
    for (const offset of [7, 12]) {
      const id = await commit(offset)
      await kill(id)
      assert.equal(await committed(), offset)
      await cluster.begin(id as BrokerId)
      await client.partitionOnce('__consumer_offsets', ({ isrNodes }) => isrNodes.length === 3)
      await client.partitionOnce('__consumer_offsets', ({ isrNodes }) => isrNodes.length === 3, 1)
    }
  })

  it('deliver each timed record once, whoever leads when it is due', async () => {
    await client.createTopic('timed', { 'message.type': 'DELAY' })
    const producer = new FailoverProducer(client, 'timed', 'cyd', (sequence) => [
      { key: 'TIMER_DELAY_MS', value: String((sequence % 5) * 700) },
    ])
    await producer.acknowledges(60)
    const { leaderId } = await client.partitionOnce('timed', ({ leaderId }) => leaderId >= 0)
    await kill(leaderId)
    await producer.acknowledges(60)
    await cluster.begin(leaderId as BrokerId)
    await producer.end()
    const count = producer.offsets.length
    const found = (await readAll('timed', count)).map(({ value }) => value)
    assert.equal(new Set(found).size, found.length, 'none is there twice')
    for (let sequence = 0; sequence < count; sequence++) assert.ok(found.includes(`cyd ${sequence}`), `cyd ${sequence}`)
  })

  it('bring dead letters to whoever leads their partition, once each', async () => {
    // As large as what is sent, and so is what the dead letters' topic takes: the broker's own headers are beyond it.
    const configs = { 'message.type': 'RETRY', 'retry.group': 'team', 'max.message.bytes': '160' }
    await client.createTopic('retry.team', configs, 3)
    // Retried so often that there is no further time.
    const headers = () => [{ key: 'RECONSUME_TIME', value: '16' }]
    const producers = [0, 1, 2].map((index) => new FailoverProducer(client, 'retry.team', `e${index}`, headers, index))
    await Promise.all(producers.map((producer) => producer.acknowledges(10)))
    const { leaderId } = await client.partitionOnce('dlq.team', ({ leaderId }) => leaderId >= 0)
    const leaders = await Promise.all([0, 1, 2].map((index) => client.partition('retry.team', index)))
    assert.ok(
      leaders.some((partition) => partition!.leaderId !== leaderId),
      'one is led elsewhere',
    )
    await kill(leaderId)
    await Promise.all(producers.map((producer) => producer.acknowledges(10)))
    await cluster.begin(leaderId as BrokerId)
    await Promise.all(producers.map((producer) => producer.end()))
    const sent = producers.flatMap(({ name, offsets }) => offsets.map((_, sequence) => `${name} ${sequence}`))
    const found = (await readAll('dlq.team', sent.length)).map(({ value }) => value)
    assert.equal(new Set(found).size, found.length, 'none is there twice')
    for (const value of sent) assert.ok(found.includes(value), value)
  })

  it('lead on without a gap when one is stopped in good order', async () => {
    await client.createTopic('handed')
    const producer = new FailoverProducer(client, 'handed', 'dee')
    await producer.acknowledges(20)
    const { leaderId } = await client.partitionOnce('handed', ({ leaderId }) => leaderId >= 0)
    assert.equal(await cluster.stop(leaderId), 0)
    client.drop(leaderId)
    await producer.acknowledges(20)
    await cluster.begin(leaderId as BrokerId)
    await producer.end()
    const found = await readAll('handed', producer.offsets.length)
    assert.equal(found.length, producer.offsets.length)
    assert.deepEqual(cluster.running, [...BROKER_IDS])
  })
})
