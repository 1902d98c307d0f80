/**
 * A broker process that is killed while members of a group come, go and join again: afterwards they find each other, share
 * the partitions out and read on from what was committed.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SimRandom } from '../../src/host/sim/index.ts'
import { WireClient } from '../wire-client.ts'
import { BrokerProcess, freePort } from './broker-process.ts'
import { checkProduced } from './check-produced.ts'
import { CommittingMember, GroupLedger } from './committing-member.ts'
import { createTopics } from './create-topics.ts'
import { SequencedProducer } from './sequenced-producer.ts'

const KILLS = 8
const TIMEOUT_MS = 120_000
const SEED = Number(process.env.CRASH_SEED ?? 1)
const PARTITIONS = 4
const SESSION_TIMEOUT_MS = 600

const config = { 'offsets.topic.num.partitions': '1', 'group.min.session.timeout.ms': '100' }

describe(`a broker that is killed while a group rebalances (seed ${SEED})`, () => {
  it(`lets its members find each other again, over ${KILLS} kills`, { timeout: TIMEOUT_MS }, async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'odradek-kill-'))
    after(() => rm(scratch, { recursive: true, force: true }))
    const options = { scratch, port: await freePort(), config }
    const { port } = options
    const random = new SimRandom(SEED)
    let broker = new BrokerProcess(options)
    await broker.listening
    await createTopics(port, [{ name: 'shared', partitions: PARTITIONS, configs: { 'segment.bytes': '8000' } }])
    const targets = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: 'shared', partition }))
    const draw = (bound: number) => random.below(bound)
    const producer = new SequencedProducer({ name: 'ann', port, targets, random: draw, pauseMs: 20 })
    const ledger = new GroupLedger('restless', 'shared', PARTITIONS)
    // Each of them leaves and comes again every few rounds, so that hardly a moment passes without a rebalance.
    const restless = [5, 7, 9].map(
      (rounds) => new CommittingMember(ledger, port, { sessionTimeoutMs: SESSION_TIMEOUT_MS, restlessRounds: rounds }),
    )
    const rebalance = async () => {
      for (let kill = 0; kill < KILLS; kill++) {
        await broker.listening
        await sleep(random.below(400))
        await broker.kill()
        broker = new BrokerProcess(options)
      }
      await broker.listening
      joinedBefore = ledger.joined
      await Promise.all([producer.end(), ...restless.map((member) => member.end())])
    }
    const settle = async (members: readonly CommittingMember[]) => {
      const owned = () => members.flatMap(({ partitions }) => partitions).sort()
      const generations = () => new Set(members.map(({ generation }) => generation))
      const all = targets.map(({ partition }) => partition)
      while (generations().size > 1 || owned().join() !== all.join()) await sleep(5)
      using client = await WireClient.connect(port)
      await ledger.caughtUp(client)
      assert.ok((await checkProduced(client, [producer])) > 0)
      await Promise.all(members.map((member) => member.end()))
    }
    let joinedBefore = 0
    try {
      await Promise.race([rebalance(), producer.failed, ...restless.map(({ failed }) => failed)])
      const options = { sessionTimeoutMs: SESSION_TIMEOUT_MS }
      const members = [1, 2, 3].map(() => new CommittingMember(ledger, port, options))
      await Promise.race([settle(members), ...members.map(({ failed }) => failed)])
    } finally {
      await broker.kill()
    }
    assert.ok(joinedBefore >= KILLS / 2, `only ${joinedBefore} joins`)
  })
})
