/** Three brokers: which replica serves whom, and what becomes of replicas whose disk or log fails. */
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { existsSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeleteRecords, ElectLeaders, errorName, Fetch } from '@odradek/protocol'
import { topicKey } from '../../src/metadata/keys.ts'
import { formatTopic, parseTopic } from '../../src/metadata/values.ts'
import { needsKcat, startKcat } from '../clients/tools.ts'
import { readRecords } from '../protocol-cross-check/read-records.ts'
import { LocalCluster } from './local-cluster.ts'

type Topic = Awaited<ReturnType<LocalCluster['createTopic']>>

const RACK_AWARE = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

describe('the replicas of three brokers', { timeout: 120_000 }, () => {
  let cluster: LocalCluster

  before(async () => {
    cluster = await LocalCluster.start({ 'replica.selector.class': RACK_AWARE })
  })
  after(() => cluster[Symbol.asyncDispose]())

  /** Writes records one by one to whoever leads. */
  async function write(leader: number, topic: Topic, count: number, name = 'v', partition = 0): Promise<void> {
    for (let at = 0; at < count; at++) {
      const records = [{ value: `${name} ${at}`.padEnd(100, '.'), timestamp: Date.now() }]
      const answer = await cluster.at(leader, topic).produce({ records }, { partition })
      deepEqual([errorName(answer.errorCode), answer.errorMessage], ['NONE', null])
    }
  }

  /** Fetches from a broker, for a consumer that says where it stands. */
  async function fetchFrom(
    id: number,
    { name: topic, topicId }: Topic,
    fetchOffset: number,
    rackId = '',
    version = 13,
  ) {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }]
    const topics = [{ topic, topicId, partitions }]
    const answer = await cluster.to(id).send(Fetch, version, { maxWaitMs: 0, minBytes: 1, topics, rackId })
    return answer.responses[0]!.partitions[0]!
  }

  /** Cuts the end off a closed segment of a broker's log, until who reads it there has noticed. Returns its file. */
  async function damage(id: number, topic: Topic): Promise<string> {
    const directory = ['a', 'b'].map((name) => join(cluster.directory(id, name), `${topic.name}-0`)).find(existsSync)!
    const [, , victim] = readdirSync(directory).filter((name) => name.endsWith('.log'))
    const file = join(directory, victim!)
    truncateSync(file, 300)
    const states = new Set<string>()
    for (;;) {
      const found = await fetchFrom(id, topic, Number(victim!.slice(0, 20)) + 2)
      states.add(errorName(found.errorCode))
      if (states.has('KAFKA_STORAGE_ERROR') || !existsSync(file)) return file
      await sleep(10)
    }
  }

  /** Elects whoever lives, as an operator may. */
  async function electUnclean(topic: string, index: number): Promise<void> {
    const request = { electionType: 1, topicPartitions: [{ topic, partitions: [index] }], timeoutMs: 60_000 }
    const elected = new Set<string>()
    for (const id of [1, 2, 3]) {
      const answer = await cluster.to(id).send(ElectLeaders, 2, request)
      for (const { partitionResult } of answer.replicaElectionResults)
        for (const { errorCode } of partitionResult) elected.add(errorName(errorCode))
    }
    ok(elected.has('NONE'), [...elected].join())
  }

  const offsetsOf = (records: Parameters<typeof readRecords>[0]) => readRecords(records).map(({ offset }) => offset)

  it('send a consumer to the one in its rack, which shows what is committed as soon as it is', async () => {
    const topic = await cluster.createTopic('near', [[1, 2, 3]])
    await write(1, topic, 5)
    const sent = await fetchFrom(1, topic, 0, 'rack-2')
    deepEqual([sent.errorCode, sent.preferredReadReplica, offsetsOf(sent.records)], [0, 2, []])
    for (const rack of ['rack-1', 'elsewhere', '']) {
      const kept = await fetchFrom(1, topic, 0, rack)
      deepEqual([kept.preferredReadReplica, offsetsOf(kept.records)], [-1, [0, 1, 2, 3, 4]], rack)
    }
    // It is told of the high watermark without waiting for more records.
    let near = await fetchFrom(2, topic, 0, 'rack-2')
    while (near.highWatermark < 5) near = await fetchFrom(2, topic, 0, 'rack-2')
    deepEqual([near.preferredReadReplica, offsetsOf(near.records)], [-1, [0, 1, 2, 3, 4]])
    equal(errorName((await fetchFrom(1, topic, 6)).errorCode), 'OFFSET_OUT_OF_RANGE')
    const beyond = await fetchFrom(2, topic, 6)
    deepEqual([errorName(beyond.errorCode), beyond.currentLeader?.leaderId], ['NOT_LEADER_OR_FOLLOWER', 1])
    equal(errorName((await fetchFrom(2, topic, 0, '', 10)).errorCode), 'NOT_LEADER_OR_FOLLOWER', 'older clients')
    // One that waits there hears of the next record when that is committed.
    const waiting = cluster.at(2, topic).fetch(5, { maxWaitMs: 60_000, version: 13 })
    await write(1, topic, 1, 'next')
    const [next] = readRecords((await waiting).records)
    match(String(next!.value), /^next 0/)
  })

  it('send librdkafka there too', needsKcat, async () => {
    const topic = await cluster.createTopic('near-kcat', [[1, 2, 3]])
    await write(1, topic, 3)
    const args = ['-C', '-q', '-t', 'near-kcat', '-o', 'beginning', '-c', '3', '-f', '%o %s\n']
    await using running = startKcat(cluster.address(1), [...args, '-X', 'client.rack=rack-3', '-d', 'fetch'])
    equal(await running.ended, 0)
    equal(running.stdout.split('\n').filter((line) => /^\d v \d/.test(line)).length, 3)
    match(running.stderr, /migrating from broker 1 to 3 .*preferred replica/)
  })

  it('have let go of deleted records, all that are alive, when that is answered', async () => {
    const topic = await cluster.createTopic('deleted', [[1, 2, 3]])
    await write(1, topic, 6)
    const request = { topics: [{ name: 'deleted', partitions: [{ partitionIndex: 0, offset: 4 }] }], timeoutMs: 60_000 }
    const answer = await cluster.to(1).send(DeleteRecords, 2, request)
    const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!
    deepEqual([errorName(errorCode), lowWatermark], ['NONE', 4])
    for (const id of [1, 2, 3]) {
      const found = await fetchFrom(id, topic, 3)
      const expected = id === 1 ? 'OFFSET_OUT_OF_RANGE' : 'NOT_LEADER_OR_FOLLOWER'
      deepEqual([errorName(found.errorCode), found.logStartOffset], [expected, 4], `broker ${id}`)
    }
  })

  it('let the client of a deletion know where one does not come to it, which goes on all the same', async () => {
    const topic = await cluster.createTopic('held', [[1, 2, 3]], { 'flush.mode': 'sync' })
    await write(1, topic, 6)
    const deleteBelow = async (timeoutMs: number) => {
      const topics = [{ name: 'held', partitions: [{ partitionIndex: 0, offset: 4 }] }]
      const answer = await cluster.to(1).send(DeleteRecords, 2, { topics, timeoutMs })
      const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!
      return [errorName(errorCode), lowWatermark]
    }
    // It has a record that is not durable, and asks for nothing before it is.
    cluster.disk(3).hold(/held-0/)
    equal((await cluster.at(1, topic).produce({ records: [{ value: 'x' }] }, { acks: 1 })).errorCode, 0)
    deepEqual(await deleteBelow(50), ['REQUEST_TIMED_OUT', -1])
    cluster.disk(3).release()
    deepEqual(await deleteBelow(60_000), ['NONE', 4])
  })

  it('hand over what a directory had that fails, and the others go on', async () => {
    const topic = await cluster.createTopic(
      'moved',
      [
        [1, 2, 3],
        [1, 3, 2],
      ],
      { 'flush.mode': 'sync' },
    )
    await write(1, topic, 3, 'a', 0)
    await write(1, topic, 3, 'b', 1)
    const lost = existsSync(join(cluster.directory(1, 'b'), 'moved-0')) ? 0 : 1
    ok(existsSync(join(cluster.directory(1, 'b'), `moved-${lost}`)), 'partitions are spread')
    cluster.disk(1).fail(/broker-1\/b\/moved-/)
    const refused = await cluster.at(1, topic).produce({ records: [{ value: 'x' }] }, { partition: lost })
    match(errorName(refused.errorCode), /^(KAFKA_STORAGE_ERROR|NOT_LEADER_OR_FOLLOWER)$/)
    const heir = lost === 0 ? 2 : 3
    const moved = await cluster.until('moved', ({ leaderId }) => leaderId === heir, { index: lost })
    deepEqual([moved.isrNodes.toSorted(), moved.offlineReplicas], [[2, 3], [1]])
    await write(heir, topic, 2, 'more', lost)
    await write(1, topic, 2, 'more', 1 - lost)
    // The leader takes it back for what it asked before it withdrew: it withdraws again.
    const key = topicKey('moved')
    const stored = async () => {
      const { entry } = await cluster.store.get(key)
      const value = parseTopic(key, entry!.value)
      return { value, revision: entry!.modRevision, partition: value.partitions[lost]! }
    }
    const before = await stored()
    const { offline: _, ...fields } = before.partition
    const taken = { ...fields, isr: [...fields.isr, 1], partitionEpoch: fields.partitionEpoch + 1 }
    const partitions = before.value.partitions.with(lost, taken)
    const { succeeded } = await cluster.store.transact({
      compares: [{ key, target: 'modRevision', revision: before.revision }],
      success: [{ kind: 'put', key, value: formatTopic({ ...before.value, partitions }) }],
    })
    ok(succeeded)
    let now = await stored()
    for (; now.partition.partitionEpoch <= taken.partitionEpoch; now = await stored()) await sleep(10)
    deepEqual([now.partition.isr.toSorted(), now.partition.offline], [[2, 3], [1]])
    // With its disk it is in sync again after a restart.
    cluster.disk(1).fail(/^$/)
    await cluster.stop(1)
    await cluster.start(1)
    const back = await cluster.until('moved', ({ isrNodes }) => isrNodes.length === 3, { index: lost })
    deepEqual(back.offlineReplicas, [])
  })

  it('fetch anew what is damaged, from the one that leads then', async () => {
    const topic = await cluster.createTopic('hurt', [[2, 1, 3]], { 'segment.bytes': '1024' })
    await write(2, topic, 30)
    // A closed segment of the leader's loses its end, and then one of a follower's.
    for (const [id, leader] of [
      [2, 1],
      [3, 1],
    ] as const) {
      await damage(id, topic)
      await cluster.until('hurt', ({ isrNodes, leaderId, offlineReplicas }) => {
        return isrNodes.length === 3 && leaderId === leader && offlineReplicas.length === 0
      })
      let whole = await fetchFrom(id, topic, 0)
      while (whole.errorCode !== 0 || whole.highWatermark < 30) whole = await fetchFrom(id, topic, 0)
      const offsets: number[] = []
      for (let next = 0; next < 30; next = offsets.length)
        offsets.push(...offsetsOf((await fetchFrom(id, topic, next)).records))
      deepEqual(
        offsets,
        Array.from({ length: 30 }, (_, at) => at),
        `broker ${id}`,
      )
    }
  })

  it('are led by others where the disk cannot read what the leader has, until its next start', async () => {
    const topic = await cluster.createTopic('unread', [[2, 1, 3]], { 'segment.bytes': '1024' })
    await write(2, topic, 30)
    cluster.disk(2).failReads(/unread-0\/.*\.log$/)
    let refused = await fetchFrom(2, topic, 1)
    while (refused.errorCode === 0) refused = await fetchFrom(2, topic, 1)
    match(errorName(refused.errorCode), /^(KAFKA_STORAGE_ERROR|NOT_LEADER_OR_FOLLOWER)$/)
    const moved = await cluster.until('unread', ({ leaderId }) => leaderId === 1)
    deepEqual([moved.isrNodes.toSorted(), moved.offlineReplicas], [[1, 3], [2]])
    await write(1, topic, 1, 'more')
    // The others that it has go on.
    await write(2, await cluster.createTopic('read', [[2, 1, 3]]), 1)
    cluster.disk(2).failReads(null)
    await cluster.stop(2)
    await cluster.start(2)
    await cluster.until(
      'unread',
      ({ isrNodes, offlineReplicas }) => isrNodes.length === 3 && offlineReplicas.length === 0,
    )
  })

  it('are kept, though damaged, where what they have may be nowhere else', async () => {
    const topic = await cluster.createTopic('kept', [[2, 1, 3]], {
      'segment.bytes': '1024',
      'min.insync.replicas': '1',
    })
    for (const id of [1, 3]) await cluster.stop(id)
    await cluster.until('kept', ({ isrNodes }) => isrNodes.length === 1)
    await write(2, topic, 30)
    const file = await damage(2, topic)
    await cluster.until('kept', ({ leaderId }) => leaderId === -1)
    for (const id of [1, 3]) await cluster.start(id)
    await electUnclean('kept', 0)
    // It knows of another leader, and that all who can be in sync are.
    await cluster.until('kept', ({ leaderId, isrNodes }) => leaderId !== -1 && isrNodes.length === 2, { told: [2] })
    ok(existsSync(file))
    await cluster.stop(2)
    await cluster.start(2)
    await cluster.until('kept', ({ isrNodes }) => isrNodes.length === 3)
    ok(!existsSync(file))
    const beside = readdirSync(dirname(dirname(file)))
    ok(
      beside.some((name) => /^kept-0\.[0-9a-f]{32}-damaged$/.test(name)),
      `what it had is kept beside it: ${beside}`,
    )
  })

  it('are not led by one whose disk was replaced, though it was the last in sync', async () => {
    const replicas = [3, 1, 2]
    const topic = await cluster.createTopic('wiped', [replicas, replicas], {
      'min.insync.replicas': '1',
      'flush.mode': 'sync',
    })
    for (const index of [0, 1]) await write(3, topic, 5, 'v', index)
    const lost = existsSync(join(cluster.directory(3, 'b'), 'wiped-0')) ? 0 : 1
    for (const id of [1, 2]) {
      await cluster.stop(id)
      await cluster.until('wiped', ({ isrNodes }) => !isrNodes.includes(id), { index: lost, told: [3] })
    }
    await cluster.stop(3)
    rmSync(cluster.directory(3, 'b'), { recursive: true })
    rmSync(join(cluster.directory(3, 'a'), 'log-directories.json'))
    for (const id of [3, 1, 2]) await cluster.start(id)
    const { isrNodes, leaderId } = await cluster.until('wiped', ({ leaderId }) => leaderId === -1, { index: lost })
    deepEqual([leaderId, isrNodes], [-1, []])
    await cluster.until('wiped', ({ leaderId, isrNodes }) => leaderId === 3 && isrNodes.length === 3, {
      index: 1 - lost,
    })
    // An operator says that the others' will do.
    await electUnclean('wiped', lost)
    const led = await cluster.until('wiped', ({ isrNodes }) => isrNodes.length === 3, { index: lost })
    const found = await cluster.at(led.leaderId, topic).read(0, { partition: lost, version: 13 })
    deepEqual(
      found.map(({ offset }) => offset),
      [0, 1, 2, 3, 4],
    )
  })
})
