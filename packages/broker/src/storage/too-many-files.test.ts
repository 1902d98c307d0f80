/** As many files open as the system allows: that passes, and ends no log. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { encodeBatch, errors } from '@odradek/protocol'
import { createSimHost } from '../host/sim/index.ts'
import { LogDirectory } from './log-directory.ts'
import { append, appendRecords, quiet, readAll, TOPIC_ID } from './testing/log-kit.ts'

/** A log of several segments as a start finds it: nothing of it is open, and nothing known of its producers. */
function foundLog() {
  const host = createSimHost(5)
  const open = () => {
    const config = resolveBrokerConfig()
    const directory = LogDirectory.open({ host, path: '/data', nodeId: 1, config, logger: quiet })
    directory.setClusterId('c')
    return { directory, log: directory.openLog('t', 0, TOPIC_ID, resolveTopicConfig({ 'segment.bytes': '500' })) }
  }
  const { directory, log } = open()
  for (let at = 0; at < 10; at++) appendRecords(log, [{ value: 'x'.repeat(200), timestamp: at }])
  directory.close()
  return { host, ...open() }
}

test('a log that cannot be read for now, as too many files are open, is read later', () => {
  const { host, directory, log } = foundLog()
  const { endOffset } = log
  assert.ok(log.segments().length > 3)
  host.disk.failNext('open', 'EMFILE')
  assert.equal(log.read(0, 1e6, endOffset, true).errorCode, errors.KAFKA_STORAGE_ERROR.code)
  host.disk.failNext('open', 'EMFILE')
  assert.throws(() => log.offsetForTimestamp(5, endOffset), /EMFILE/)
  host.disk.failNext('exists', 'EMFILE')
  assert.throws(() => log.abortedTransactions(0, endOffset), /EMFILE/)
  assert.equal(log.failed, null)
  assert.equal(log.offsetForTimestamp(5, endOffset)!.offset, 5)
  assert.deepEqual(log.abortedTransactions(0, endOffset), [])
  assert.equal(readAll(log).length, endOffset)
  directory.close()
})

test('where too many files are open to know the producers nothing is appended, and nothing counts as committed', async () => {
  const { host, directory, log } = foundLog()
  const { endOffset } = log
  const records = [{ value: 'once' }]
  const sequenced = () => encodeBatch({ records, producerId: 3, producerEpoch: 0, baseSequence: 0 })
  host.disk.failNext('list', 'EMFILE')
  assert.equal(append(log, sequenced()).errorCode, errors.NOT_ENOUGH_REPLICAS.code)
  host.disk.failNext('list', 'EMFILE')
  assert.deepEqual([log.lastStableOffset(endOffset), log.isLastStableOffsetKnown], [log.startOffset, false])
  assert.deepEqual([log.failed, log.endOffset, log.undone], [null, endOffset, 0])
  assert.deepEqual([log.lastStableOffset(endOffset), log.isLastStableOffsetKnown], [endOffset, true])
  await host.world.runFor(1500)
  assert.deepEqual([append(log, sequenced()).errorCode, log.endOffset], [0, endOffset + 1])
  assert.equal(append(log, sequenced()).duplicate, true)
  directory.close()
})

test('a look-up of a producer ends no log where too many files are open to know the producers', () => {
  for (const call of ['list', 'open'] as const) {
    const { host, directory, log } = foundLog()
    host.disk.failNext(call, 'EMFILE')
    assert.equal(log.producer(3), null, call)
    host.disk.failNext(call, 'EMFILE')
    assert.throws(() => log.producers(), /EMFILE/)
    assert.deepEqual([log.failed, directory.offline, directory.lacksFiles], [null, null, true])
    assert.equal(log.producer(3), undefined)
    assert.deepEqual([...log.producers()], [])
    directory.close()
  }
})

test('a range whose file cannot be opened any more is cut off', () => {
  const { host, directory, log } = foundLog()
  const { range } = log.read(0, 1e6, log.endOffset, true)
  const segment = log.segments()[0]!
  segment.release()
  host.disk.failNext('open', 'EMFILE', 2)
  const reader = segment.reader
  assert.equal(range!.file, reader)
  assert.equal(reader.hold(), false)
  host.disk.failNext('open', 'EMFILE', 2)
  assert.equal(reader.readCached(Buffer.alloc(10), 0, 10, 0), 0)
  directory.close()
})
