/** What a runner left that died: a claim, and a batch that is or is not in the target. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { Cluster, createTopic, deleteRecords, planDeleteRecords, runResendJob } from '@odradek/client'
import { encodeBatch, InitProducerId } from '@odradek/protocol'
import { jobsLogOf } from '../../src/dead-letters/jobs/jobs-log.ts'
import { writeSteps } from '../../src/dead-letters/jobs/place-list.ts'
import { produceBatch } from '../../src/dead-letters/jobs/produce-batch.ts'
import { arrived, jobOf, writeLetters } from './letters.ts'

const broker = await startBroker()
const cluster = new Cluster({ bootstrap: [broker.address] })
after(async () => {
  await cluster.close()
  await broker.close()
})

const LETTERS = 20
const CLAIMED = Array.from({ length: 10 }, (_, number) => number)

/** A job of which a runner claimed the first ten letters at a time, and sent them or not, before it died. */
async function leftBehind(name: string, atMs: number, isSent: boolean) {
  const dead = `${name}.DLT`
  await createTopic(cluster, { name, partitions: 1 })
  await writeLetters(cluster, dead, name, { letters: LETTERS })
  const { id } = await jobOf(cluster, dead, { target: { kind: 'origin' } })
  const { producerId, producerEpoch } = await cluster.request(InitProducerId, {
    transactionalId: null,
    transactionTimeoutMs: 1000,
  })
  const of = { job: id, epoch: 1, runner: 'dead#00000000' }
  const batches = [{ topic: name, partition: 0, sequence: 0, letters: writeSteps(CLAIMED) }]
  await jobsLogOf(cluster).append([
    { kind: 'lease', ...of, producerId, producerEpoch, leaseMs: 0 },
    { kind: 'claim', ...of, chunk: 0, batches, atMs },
  ])
  const records = CLAIMED.map((number) => {
    const headers = [
      { key: 'x-redrive-job', value: id },
      { key: 'x-redrive-from', value: `${dead}-0@${number}` },
    ]
    return { key: `key ${number}`, value: 'sent', headers, timestamp: Date.now() }
  })
  const batch = encodeBatch({ records, producerId, producerEpoch, baseSequence: 0 })
  if (isSent) {
    const answer = await produceBatch(cluster, { topic: name, partition: 0, leader: 1, batch })
    assert.equal(answer.errorCode, 0)
  }
  return { id, dead, name }
}

const LONG_AGO = Date.now() - 7_200_000
const all = (dead: string, from = 0) =>
  Array.from({ length: LETTERS - from }, (_, number) => `${dead}-0@${from + number}`).sort()

for (const [name, atMs] of [
  ['just-now', Date.now()],
  ['long-ago', LONG_AGO],
] as const) {
  for (const isSent of [true, false]) {
    test(`claimed ${name}, ${isSent ? 'and' : 'not'} sent: each is there once`, async () => {
      const { id, dead, name: target } = await leftBehind(`${name}-${isSent}`, atMs, isSent)
      const job = await runResendJob(cluster, id)
      assert.deepEqual([job.state, job.sent], ['done', LETTERS])
      assert.deepEqual(await arrived(cluster, target), all(dead))
    })
  }
}

for (const isSent of [true, false]) {
  test(`claimed, ${isSent ? 'sent' : 'not sent'}, and half of the letters gone since: what is known is told`, async () => {
    const { id, dead, name } = await leftBehind(`gone-${isSent}`, Date.now(), isSent)
    await deleteRecords(cluster, await planDeleteRecords(cluster, dead, { kind: 'offsets', offsets: { 0: 5 } }))
    const job = await runResendJob(cluster, id)
    assert.deepEqual([job.state, job.sent, job.skipped], ['done', isSent ? 20 : 15, isSent ? 0 : 5])
    assert.deepEqual(await arrived(cluster, name), all(dead, isSent ? 0 : 5))
  })
}
