import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { Cluster } from '@odradek/client'
import { CreateTopics, encodeBatch, Produce, sliceOf } from '@odradek/protocol'
import { odradek, runOdradek } from './odradek.ts'

const broker = await startBroker({ config: { 'admin.listener': '127.0.0.1:0' } })
const cluster = new Cluster({ bootstrap: [broker.address] })
after(async () => {
  await cluster.close()
  await broker.close()
})

async function run(...words: string[]): Promise<string> {
  await using command = odradek(words)
  const lines: string[] = []
  for (let line = await command.stdout.next(); !line.done; line = await command.stdout.next()) lines.push(line.value)
  assert.equal(await command.ended(), 0, command.stderr())
  return lines.join('\n')
}

const addresses = ['--bootstrap', broker.address, '--admin', broker.adminAddress!]

test('delayed list, recall and deliver', async () => {
  const configs = [{ name: 'message.type', value: 'DELAY' }]
  const topics = [{ name: 'timed', numPartitions: 1, replicationFactor: 1, assignments: [], configs }]
  await cluster.request(CreateTopics, { topics, timeoutMs: 5000 })
  const records = ['a', 'b', 'c'].map((key) => ({
    key,
    value: key,
    headers: [{ key: 'TIMER_DELAY_SEC', value: '3600' }],
  }))
  const topicData = [{ name: 'timed', partitionData: [{ index: 0, records: sliceOf(encodeBatch({ records })) }] }]
  await cluster.request(Produce, { acks: -1, timeoutMs: 5000, topicData }, 'any', { atMost: 12 })
  assert.match(await run('delayed', 'list', ...addresses), /^timed-0: 3 wait, the next due 2/)
  const listed = await run('delayed', 'list', '--topic', 'timed', '--key', 'b', '--json', ...addresses)
  const { partition, offset, key } = JSON.parse(listed) as { partition: number; offset: number; key: string }
  assert.deepEqual([partition, offset, key], [0, 1, 'b'])
  const one = ['--topic', 'timed', '--partition', '0', '--offset', '1']
  assert.equal(await run('delayed', 'recall', ...one, ...addresses), '1 matched: 1 recalled, 0 skipped, 0 failed')
  await using again = odradek(['delayed', 'recall', ...one, ...addresses])
  assert.equal(await again.ended(), 1, 'nobody shall believe that it was recalled')
  assert.match(again.stderr(), /no record waits in timed-0 at offset 1: /)
  const later = Date.now() + 7_200_000
  const other = ['--topic', 'timed', '--partition', '0', '--offset', '2', '--at', String(later)]
  assert.match(await run('delayed', 'reschedule', ...other, ...addresses), /^it is due at 2.*Z, under offset \d+$/)
  const moved = await run('delayed', 'list', '--topic', 'timed', '--key', 'c', '--json', ...addresses)
  assert.equal((JSON.parse(moved) as { due: number }).due, later)
  const all = ['--topic', 'timed', ...addresses]
  assert.equal(
    await run('delayed', 'recall', '--limit', '1', ...all),
    '1 record of the 2 that wait and more, which --limit leaves out. Nothing has been recalled. Add --apply to do it.',
  )
  assert.equal(await run('delayed', 'deliver', '--apply', ...all), '2 matched: 2 delivered, 0 skipped, 0 failed')
})

test('topics delete takes what waits with it where that is said, and not otherwise', async () => {
  const configs = [{ name: 'message.type', value: 'DELAY' }]
  const topics = [{ name: 'holding', numPartitions: 1, replicationFactor: 1, assignments: [], configs }]
  await cluster.request(CreateTopics, { topics, timeoutMs: 5000 })
  const headers = [{ key: 'TIMER_DELAY_SEC', value: '3600' }]
  const records = sliceOf(encodeBatch({ records: [{ value: 'x', headers, timestamp: Date.now() }] }))
  const topicData = [{ name: 'holding', partitionData: [{ index: 0, records }] }]
  await cluster.request(Produce, { acks: -1, timeoutMs: 5000, topicData }, 'any', { atMost: 12 })
  const words = ['topics', 'delete', 'holding', '--apply', '--bootstrap', broker.address]
  await using refused = odradek(words)
  assert.equal(await refused.ended(), 1)
  assert.match(refused.stderr(), /1 record waits in "holding".* Add --with-waiting to delete/)
  assert.match(await run('topics', 'delete', 'holding', ...addresses), /^ {2}1 record waits in it$/m)
  const silent = ['--admin', `${broker.adminAddress},127.0.0.1:1`]
  const partly = await runOdradek(['topics', 'delete', 'holding', '--bootstrap', broker.address, ...silent])
  assert.match(partly.stdout, /^ {2}at least 1 record waits in it$/m)
  assert.match(partly.stderr, /not all is known: .*127\.0\.0\.1:1/)
  assert.match(await run(...words, '--with-waiting'), /^Deleted\.$/m)
})

test('groups config prints, sets and unsets', async () => {
  const words = ['groups', 'config', 'payments', '--bootstrap', broker.address]
  assert.match(await run(...words), /^retry\.max\.times = 16$/m)
  assert.match(await run(...words), /^retry\.topic\.name = retry\.payments \(told by the broker\)$/m)
  assert.match(await run(...words, '--set', 'retry.max.times=5'), /^retry\.max\.times = 5 \(set\)$/m)
  assert.match(await run(...words, '--unset', 'retry.max.times'), /^retry\.max\.times = 16$/m)
})
