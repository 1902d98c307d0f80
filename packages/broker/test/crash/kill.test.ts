/**
 * A broker process that is killed at random moments, fifty times over the same data directory, while three producers write in
 * both flush modes, a group reads and commits, and topics come and go. After each kill the files are checked. The moments are drawn from a seed; what is on the way then is not.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SimRandom } from '../../src/host/sim/index.ts'
import { WireClient } from '../wire-client.ts'
import { BrokerProcess, dataDirOf, freePort } from './broker-process.ts'
import { checkLogs } from './check-logs.ts'
import { checkProduced } from './check-produced.ts'
import { CommittingMember, GroupLedger } from './committing-member.ts'
import { createTopics } from './create-topics.ts'
import { SequencedProducer } from './sequenced-producer.ts'
import { TopicMaker } from './topic-maker.ts'

const KILLS = 50
const TIMEOUT_MS = 300_000
const SEED = Number(process.env.CRASH_SEED ?? 1)
/** Of four kills one comes so long after the process began, at the latest: while it starts, mostly. */
const START_MS_MAX = 400
/** The others come so long after it began to serve. */
const SERVING_MS_MAX = 200

const CONFIG = {
  'offsets.topic.num.partitions': '2',
  // So that its files are used again between two kills.
  'journal.bytes.max': '8000',
}

const targets = [
  { topic: 'async', partition: 0 },
  { topic: 'async', partition: 1 },
  { topic: 'sync', partition: 0 },
  // Of these the journal has what is acknowledged.
  ...[0, 1, 2, 3].map((partition) => ({ topic: 'together', partition })),
]

describe(`a broker that is killed (seed ${SEED})`, () => {
  it(`keeps every acknowledged record exactly once, and groups where they were, over ${KILLS} kills`, {
    timeout: TIMEOUT_MS,
  }, async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'odradek-kill-'))
    after(() => rm(scratch, { recursive: true, force: true }))
    const options = { scratch, port: await freePort(), config: CONFIG }
    const { port } = options
    const random = new SimRandom(SEED)

    let broker = new BrokerProcess(options)
    await broker.listening
    await createTopics(port, [
      { name: 'async', partitions: 2, configs: { 'segment.bytes': '4000', 'flush.mode': 'async' } },
      { name: 'sync', partitions: 1, configs: { 'segment.bytes': '1500', 'flush.mode': 'sync' } },
      { name: 'together', partitions: 4, configs: { 'flush.mode': 'sync' } },
    ])
    const producers = ['ann', 'bob', 'cyd'].map((name) => {
      const own = random.fork()
      return new SequencedProducer({ name, port, targets, random: (bound) => own.below(bound), pauseMs: 5 })
    })
    const ledger = new GroupLedger('readers', 'async', 2)
    const members = [new CommittingMember(ledger, port), new CommittingMember(ledger, port)]
    const maker = new TopicMaker(port)

    const live = async () => {
      for (let kill = 1; kill <= KILLS; kill++) {
        if (kill % 4 === 0) await sleep(random.below(START_MS_MAX))
        else {
          await broker.listening
          await sleep(random.below(SERVING_MS_MAX))
        }
        await broker.kill()
        checkLogs(dataDirOf(scratch))
        broker = new BrokerProcess(options)
      }
      await broker.listening
      await Promise.all(producers.map((producer) => producer.end()))
      await maker.end()
      using client = await WireClient.connect(port)
      count = await checkProduced(client, producers)
      await maker.check(client)
      await ledger.caughtUp(client)
      await Promise.all(members.map((member) => member.end()))
    }
    let count = 0
    try {
      await Promise.race([live(), ...[...producers, ...members, maker].map(({ failed }) => failed)])
    } finally {
      await broker.kill()
    }
    assert.equal(
      count,
      producers.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    )
    assert.ok(count > 10 * KILLS, `only ${count} records were written`)
    assert.ok(ledger.resumed > KILLS / 2, `the group resumed only ${ledger.resumed} times`)
    assert.ok(maker.made.size + maker.deleted.length > KILLS / 5, `only ${maker.made.size} topics were made`)
  })
})
