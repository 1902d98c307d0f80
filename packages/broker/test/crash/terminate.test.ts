/** A broker process that is asked to stop, under load: it answers what it was asked, and leaves nothing to recover. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeBatch, Produce, sliceOf } from '@odradek/protocol'
import { SimRandom } from '../../src/host/sim/index.ts'
import { WireClient } from '../wire-client.ts'
import { BrokerProcess, dataDirOf, freePort } from './broker-process.ts'
import { checkProduced } from './check-produced.ts'
import { CommittingMember, GroupLedger } from './committing-member.ts'
import { createTopics } from './create-topics.ts'
import { readPartition } from './read-partition.ts'
import { SequencedProducer } from './sequenced-producer.ts'

const STOPS = 4
const TIMEOUT_MS = 120_000
const CLEAN_SHUTDOWN = '.kafka_cleanshutdown'

describe('a broker that is asked to stop', () => {
  let scratch = ''
  let port = 0
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'odradek-stop-'))
    port = await freePort()
  })
  after(() => rm(scratch, { recursive: true, force: true }))

  it('stops under load with nothing lost and nothing to recover', { timeout: TIMEOUT_MS }, async () => {
    let broker = new BrokerProcess({ scratch, port })
    await broker.listening
    await createTopics(port, [
      { name: 'async', partitions: 2, configs: { 'segment.bytes': '4000' } },
      { name: 'sync', partitions: 1, configs: { 'flush.mode': 'sync' } },
    ])
    const targets = [
      { topic: 'async', partition: 0 },
      { topic: 'async', partition: 1 },
      { topic: 'sync', partition: 0 },
    ]
    const random = new SimRandom(1)
    const draw = (bound: number) => random.below(bound)
    const producers = ['ann', 'bob', 'cyd'].map(
      (name) => new SequencedProducer({ name, port, targets, random: draw, pauseMs: 2 }),
    )
    const ledger = new GroupLedger('readers', 'async', 2)
    const member = new CommittingMember(ledger, port)
    const live = async () => {
      for (let stop = 0; stop < STOPS; stop++) {
        await sleep(100 + random.below(200))
        assert.equal(await broker.stop(), 0, broker.log)
        assert.ok(existsSync(join(dataDirOf(scratch), CLEAN_SHUTDOWN)))
        broker = new BrokerProcess({ scratch, port })
        await broker.listening
        assert.equal(broker.log, '', 'the next start finds nothing amiss')
      }
      await Promise.all(producers.map((producer) => producer.end()))
      using client = await WireClient.connect(port)
      assert.ok((await checkProduced(client, producers)) > 100)
      await ledger.caughtUp(client)
      await member.end()
      assert.equal(await broker.stop(), 0)
    }
    try {
      await Promise.race([live(), ...[...producers, member].map(({ failed }) => failed)])
    } finally {
      await broker.kill()
    }
  })

  it('answers every write that it makes', { timeout: TIMEOUT_MS }, async () => {
    await using broker = new BrokerProcess({ scratch, port })
    await broker.listening
    await createTopics(port, [{ name: 'asked', partitions: 1, configs: { 'flush.mode': 'sync' } }])
    using producer = await WireClient.connect(port)
    const answers = Array.from({ length: 200 }, (_, at) => {
      const records = sliceOf(encodeBatch({ records: [{ value: `v${at}`, timestamp: Date.now() }] }))
      const topicData = [{ name: 'asked', partitionData: [{ index: 0, records }] }]
      return producer.send(Produce, 9, { acks: -1, timeoutMs: 10_000, topicData })
    })
    await answers[20]
    const [code] = await Promise.all([broker.stop(), Promise.allSettled(answers)])
    assert.equal(code, 0, broker.log)
    const settled = await Promise.allSettled(answers)
    const acknowledged = settled.filter((answer) => answer.status === 'fulfilled')
    for (const { value } of acknowledged) assert.equal(value.responses[0]!.partitionResponses[0]!.errorCode, 0)

    await using next = new BrokerProcess({ scratch, port })
    await next.listening
    using client = await WireClient.connect(port)
    const records = await readPartition(client, 'asked', 0)
    assert.equal(records.length, acknowledged.length)
  })
})
