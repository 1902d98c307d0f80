/** A broker of three that stops in order: its clients are told where to turn to, and none is cut off with a request open. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { encodeBatch, errors, Fetch, FindCoordinator, JoinGroup, Metadata, Produce, sliceOf } from '@odradek/protocol'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { LocalCluster } from './local-cluster.ts'

const IDS = [1, 2, 3]
/** Requests that a producer has under way at a time. */
const DEPTHS = [1, 4, 16]
/** Acknowledged before the stop begins. */
const ACKNOWLEDGED = 20
const NOT_LEADER = errors.NOT_LEADER_OR_FOLLOWER.code
const NOT_COORDINATOR = errors.NOT_COORDINATOR.code

describe('a broker of three that stops in order', { timeout: 180_000 }, () => {
  let cluster: LocalCluster

  before(async () => {
    cluster = await LocalCluster.start({
      'auto.leader.rebalance.enable': 'false',
      'offsets.topic.num.partitions': '12',
      'broker.session.timeout.ms': '30000',
    })
  })
  after(() => cluster[Symbol.asyncDispose]())

  const connect = (id: number) => WireClient.connect(Number(cluster.address(id).split(':').at(-1)))

  /** Produces with acks=all, `depth` requests at a time, until it hears of another leader; then asks there who that is. */
  function produceTo(client: WireClient, name: string, depth: number) {
    const codes: number[] = []
    const begun = Promise.withResolvers<void>()
    const value = () => sliceOf(encodeBatch({ records: [{ value: 'v', timestamp: Date.now() }] }))
    const produce = async () => {
      while (!codes.includes(NOT_LEADER)) {
        const topicData = [{ name, partitionData: [{ index: 0, records: value() }] }]
        const { responses } = await client.send(Produce, 9, { acks: -1, timeoutMs: 60_000, topicData })
        codes.push(responses[0]!.partitionResponses[0]!.errorCode)
        if (codes.length === ACKNOWLEDGED) begun.resolve()
      }
    }
    const done = Promise.all(Array.from({ length: depth }, produce)).then(async () => {
      begun.reject(new Error(`it was not the leader to begin with: ${codes}`))
      const metadata = await client.send(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
      return { codes: new Set(codes), metadata }
    })
    done.catch(begun.reject)
    begun.promise.catch(() => {})
    return { begun: begun.promise, done }
  }

  /** A member that waits for the other of its group, which does not come. */
  async function waitInGroup(client: WireClient, id: number): Promise<{ answer: Promise<number> }> {
    const groupId = await groupOf(id)
    const join = {
      groupId,
      sessionTimeoutMs: 60_000,
      rebalanceTimeoutMs: 60_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    }
    assert.equal((await cluster.to(id).send(JoinGroup, 3, join)).errorCode, 0)
    return { answer: client.send(JoinGroup, 3, join).then(({ errorCode }) => errorCode) }
  }

  /** A group whose coordinator is that broker, and has loaded it. */
  async function groupOf(id: number): Promise<string> {
    for (let attempt = 0; ; attempt++) {
      const coordinatorKeys = Array.from({ length: 200 }, (_, index) => `group-${index}-${id}-${attempt}`)
      const { coordinators } = await cluster.to(id).send(FindCoordinator, 4, { keyType: 0, coordinatorKeys })
      const found = coordinators!.find(({ errorCode, nodeId }) => errorCode === 0 && nodeId === id)
      if (found) return found.key
      assert.ok(attempt < 3000, `no group is coordinated by ${id}: ${JSON.stringify(coordinators![0])}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  for (const round of [1, 2]) {
    for (const id of IDS) {
      it(`answers all that was asked: broker ${id}, round ${round}`, async () => {
        const others = IDS.filter((other) => other !== id)
        const topic = await cluster.createTopic(`stopped-${id}-${round}`, [[id, ...others]])
        const single = await cluster.createTopic(`alone-${id}-${round}`, [[id]])
        const clients = await Promise.all([...DEPTHS, 'poll', 'member', 'silent'].map(() => connect(id)))
        const [polling, member, silent] = clients.slice(DEPTHS.length) as [WireClient, WireClient, WireClient]
        const producers = DEPTHS.map((depth, index) => produceTo(clients[index]!, topic.name, depth))
        const joined = await waitInGroup(member, id)
        // Nobody else can lead it: the poll has nobody to turn to, and is answered all the same.
        const alone = new WireTopic(polling, single.name, single.topicId)
        const polled = polling.send(Fetch, 12, alone.fetchRequest(0, { maxWaitMs: 120_000 }))
        await Promise.all(producers.map(({ begun }) => begun))

        const stopped = cluster.stop(id)
        for (const { done } of producers) {
          const { codes, metadata } = await done
          assert.deepEqual([...codes].sort(), [0, NOT_LEADER])
          const { leaderId } = metadata.topics[0]!.partitions[0]!
          assert.ok(others.includes(leaderId), `led by ${leaderId}`)
          const named = metadata.brokers.map(({ nodeId }) => nodeId).sort()
          assert.deepEqual(named, metadata.controllerId === id ? IDS : others)
        }
        assert.equal(await joined.answer, NOT_COORDINATOR)
        assert.equal((await polled).responses[0]?.partitions[0]?.errorCode ?? 0, 0)
        await stopped
        await silent.ended()
        for (const client of clients) client.close()
        await cluster.start(id)
        await cluster.until(topic.name, ({ isrNodes }) => isrNodes.length === IDS.length)
      })
    }
  }
})
