import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  CreateTopics,
  DescribeGroups,
  encodeSubscription,
  errors,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  type JoinGroupRequest,
  OffsetCommit,
  OffsetFetch,
  SyncGroup,
} from '@odradek/protocol'
import { type Broker, startBroker } from '../src/index.ts'
import { WireClient } from './wire-client.ts'

const groupId = 'survivors'
const CLEAN_SHUTDOWN = '.kafka_cleanshutdown'

const joining: JoinGroupRequest = {
  groupId,
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 30_000,
  memberId: '',
  groupInstanceId: null,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: encodeSubscription({ topics: ['orders'] }) }],
  reason: null,
}

const commit = (generationId: number, memberId: string, committedOffset: number) => ({
  groupId,
  generationIdOrMemberEpoch: generationId,
  memberId,
  topics: [
    {
      name: 'orders',
      partitions: [{ partitionIndex: 0, committedOffset, committedLeaderEpoch: 0, committedMetadata: 'so far' }],
    },
  ],
})

async function connect(broker: Broker): Promise<WireClient> {
  const client = await WireClient.connect(broker.port)
  // The offsets topic is made, or loaded, before anything else is asked.
  for (;;) {
    const { coordinators } = await client.send(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] })
    const { groups } = await client.send(DescribeGroups, 5, { groups: [groupId] })
    const codes = [coordinators[0]!.errorCode, groups[0]!.errorCode]
    if (codes.every((code) => code === errors.NONE.code)) return client
    const passing: number[] = [
      errors.NONE.code,
      errors.COORDINATOR_NOT_AVAILABLE.code,
      errors.COORDINATOR_LOAD_IN_PROGRESS.code,
    ]
    assert.ok(
      codes.every((code) => passing.includes(code)),
      `errors ${codes}`,
    )
  }
}

/** A member alone in its group, with an assignment and a committed offset. */
async function settle(client: WireClient): Promise<{ memberId: string; generationId: number }> {
  const topics = [{ name: 'orders', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
  await client.send(CreateTopics, 7, { topics, timeoutMs: 5_000, validateOnly: false })
  const first = await client.send(JoinGroup, 9, joining)
  assert.equal(first.errorCode, errors.MEMBER_ID_REQUIRED.code)
  const { memberId, generationId, errorCode } = await client.send(JoinGroup, 9, {
    ...joining,
    memberId: first.memberId,
  })
  assert.equal(errorCode, 0)
  const assignments = [{ memberId, assignment: Buffer.from('all of it') }]
  const sync = await client.send(SyncGroup, 5, { groupId, generationId, memberId, assignments })
  assert.equal(sync.assignment.toString(), 'all of it')
  const committed = await client.send(OffsetCommit, 9, commit(generationId, memberId, 41))
  assert.equal(committed.topics[0]!.partitions[0]!.errorCode, 0)
  await client.send(OffsetCommit, 9, commit(generationId, memberId, 42))
  return { memberId, generationId }
}

describe('a group survives its broker', () => {
  for (const isClean of [true, false]) {
    test(`that is restarted after ${isClean ? 'a clean stop' : 'a crash'}`, async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'group-restart-'))
      try {
        const before = await startBroker({ dataDir })
        const first = await connect(before)
        const { memberId, generationId } = await settle(first)
        first.close()
        await before.close()
        // Without the marker the broker reads its logs as after a crash.
        if (!isClean) await rm(join(dataDir, CLEAN_SHUTDOWN))

        await using after = await startBroker({ dataDir })
        using client = await connect(after)
        const heartbeat = await client.send(Heartbeat, 4, { groupId, generationId, memberId })
        assert.equal(heartbeat.errorCode, 0, 'the member goes on without a rebalance')
        const sync = await client.send(SyncGroup, 5, { groupId, generationId, memberId, assignments: [] })
        assert.equal(sync.assignment.toString(), 'all of it')
        const fetch = { groupId, topics: [{ name: 'orders', partitionIndexes: [0] }] }
        const { topics } = await client.send(OffsetFetch, 7, fetch)
        const { committedOffset, committedLeaderEpoch, metadata } = topics[0]!.partitions[0]!
        assert.deepEqual([committedOffset, committedLeaderEpoch, metadata], [42, 0, 'so far'])
        const committed = await client.send(OffsetCommit, 9, commit(generationId, memberId, 43))
        assert.equal(committed.topics[0]!.partitions[0]!.errorCode, 0)
        const { groups } = await client.send(DescribeGroups, 5, { groups: [groupId] })
        assert.equal(groups[0]!.groupState, 'Stable')
        assert.equal(groups[0]!.members[0]!.clientHost, '/127.0.0.1')
      } finally {
        await rm(dataDir, { recursive: true, force: true })
      }
    })
  }
})
