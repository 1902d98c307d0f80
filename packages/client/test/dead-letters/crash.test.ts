/** Jobs whose runners and brokers are killed: every letter reaches the target once. Of any Kafka, as jobs.test.ts, but for its own kills. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { Cluster, controlResendJob, resendJob, runResendJob } from '@odradek/client'
import { BrokerProcess, freePort } from '../../../broker/test/crash/broker-process.ts'
import { assertEachOnce, assertSums, comeback, jobOf, makeTopic, produce, writeLetters } from './letters.ts'
import { RunnerProcess } from './runner-process.ts'

const LEASE_MS = 1000
/** A machine under load lets a process be silent for a while that is well. */
const HELD_LEASE_MS = 4000
const { ODRADEK_TEST_KAFKA: addresses } = process.env
const broker = addresses === undefined ? await startBroker() : null
const bootstrap = addresses?.split(',') ?? [broker!.address]
const cluster = new Cluster({ bootstrap })
const run = `odradek-test-${randomUUID().slice(0, 8)}`
after(async () => {
  await cluster.close()
  await broker?.close()
})

test('runners killed in the middle: the next settles what they left, and every letter arrives once', async () => {
  const letters = 10_000
  await makeTopic(cluster, { name: `${run}-a`, partitions: 3 })
  await writeLetters(cluster, `${run}-a.DLT`, `${run}-a`, { letters, partitions: 2 })
  // Slow enough that each is in the middle of it.
  const { id } = await jobOf(cluster, `${run}-a.DLT`, {
    target: { kind: 'topic', topic: `${run}-a` },
    recordsPerSecond: 5000,
  })
  let kills = 0
  for (const sent of [1, 2000, 4000]) {
    await using runner = new RunnerProcess(bootstrap[0]!, id, LEASE_MS)
    // On a machine that stood still for seconds it has come to the end.
    if (!(await runner.hasSent(sent))) break
    await runner.kill()
    kills++
    assertSums(await resendJob(cluster, id))
    // Dead men are waited for.
    while ((await resendJob(cluster, id)).runner!.isAlive);
  }
  assert.ok(kills > 0)
  const job = await runResendJob(cluster, id)
  assertSums(job)
  assert.deepEqual([job.state, job.sent], ['done', letters])
  await assertEachOnce(cluster, `${run}-a`, letters)
})

test('two runners at once: the second is refused; one that is held up loses the job, and sends nothing more', async () => {
  const letters = 3000
  await makeTopic(cluster, { name: `${run}-b`, partitions: 2 })
  await writeLetters(cluster, `${run}-b.DLT`, `${run}-b`, { letters })
  // Its runner waits for the canary: nobody knows for how long.
  const canary = { records: 500, waitMs: 3_600_000, percentMax: 0 }
  const { id } = await jobOf(cluster, `${run}-b.DLT`, { target: { kind: 'topic', topic: `${run}-b` }, canary })
  await using held = new RunnerProcess(bootstrap[0]!, id, HELD_LEASE_MS)
  assert.ok(await held.hasSent(500))
  await assert.rejects(runResendJob(cluster, id), /runs it/)
  held.child.kill('SIGSTOP')
  while ((await resendJob(cluster, id)).runner!.isAlive);
  const stop = new AbortController()
  const taken = await runResendJob(cluster, id, { signal: stop.signal, onProgress: () => stop.abort() })
  assert.deepEqual([taken.state, taken.sent], ['running', 500])
  held.child.kill('SIGCONT')
  assert.match(await held.ending(), /^refused/)
  await produce(cluster, `${run}-b.DLT`, 0, [comeback(id, `${run}-b.DLT-0@0`)])
  assert.equal((await runResendJob(cluster, id)).state, 'stopped')
  await controlResendJob(cluster, id, 'resume', 'test')
  const job = await runResendJob(cluster, id)
  assertSums(job)
  assert.deepEqual([job.state, job.sent], ['done', letters])
  await assertEachOnce(cluster, `${run}-b`, letters)
})

test('the broker killed in the middle: the runner waits for it, and every letter arrives once', async () => {
  const letters = 10_000
  const scratch = await mkdtemp(join(tmpdir(), 'odradek-jobs-'))
  const port = await freePort()
  let life = new BrokerProcess({ scratch, port })
  await life.listening
  await using away = new Cluster({ bootstrap: [`127.0.0.1:${port}`], connectTimeoutMs: 1000 })
  await makeTopic(away, { name: 'c', partitions: 2 })
  await writeLetters(away, 'c.DLT', 'c', { letters })
  const { id } = await jobOf(away, 'c.DLT', { target: { kind: 'topic', topic: 'c' } })
  let kills = 0
  let killing: Promise<void> = Promise.resolve()
  const job = await runResendJob(away, id, {
    onProgress: ({ sent }) => {
      if (sent < (kills + 1) * 3000 || kills >= 2) return
      kills++
      killing = killing.then(async () => {
        await life.kill()
        life = new BrokerProcess({ scratch, port })
        await life.listening
      })
    },
  })
  await killing
  assert.equal(kills, 2)
  assertSums(job)
  assert.deepEqual([job.state, job.sent], ['done', letters])
  await assertEachOnce(away, 'c', letters)
  await life.kill()
  await rm(scratch, { recursive: true, force: true })
})
