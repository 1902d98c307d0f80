import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { type BrokerConfig, resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { errors } from '@odradek/protocol'
import { createSimHost } from '../host/sim/index.ts'
import { type Machine, machines } from '../host/testing/machines.ts'
import { LogDirectory } from './log-directory.ts'
import { LogDirectoryError } from './log-directory-error.ts'
import { appendRecords, quiet, readAll, TOPIC_ID } from './testing/log-kit.ts'

const OTHER_ID = 'BBBBBBBBQACAAAAAAAAAAQ'
const config = resolveTopicConfig({ 'segment.bytes': '200', 'file.delete.delay.ms': '20' })

function open(machine: Machine, options: { nodeId?: number; config?: BrokerConfig } = {}): LogDirectory {
  const path = `${machine.directory}/data`
  const { nodeId = 1 } = options
  return LogDirectory.open({ host: machine.host, path, nodeId, config: resolveBrokerConfig(), logger: quiet })
}

for (const { name, open: openMachine } of machines) {
  describe(`a data directory (${name})`, () => {
    it('belongs to one broker at a time, to one node and one cluster', async () => {
      await using machine = openMachine()
      const directory = open(machine)
      assert.equal(directory.clusterId, null)
      directory.setClusterId('cluster-one')
      assert.throws(
        () => open(machine),
        (error: Error) => error instanceof LogDirectoryError && /in use/.test(error.message),
      )
      directory.close()
      assert.throws(() => open(machine, { nodeId: 2 }), /belongs to node 1, not to 2/)
      const again = open(machine)
      assert.equal(again.clusterId, 'cluster-one')
      assert.throws(() => again.setClusterId('cluster-two'), /belongs to cluster cluster-one/)
      again.setClusterId('cluster-one')
      again.release()
      const text = machine.host.disk.readFile(`${machine.directory}/data/meta.properties`)!.toString()
      assert.match(text, /^#\ncluster\.id=cluster-one\ndirectory\.id=[\w-]{22}\nnode\.id=1\nversion=1\n$/)
    })

    it('is not what belongs to something else, and nothing of that is touched', async () => {
      await using machine = openMachine()
      const { disk } = machine.host
      const path = `${machine.directory}/data`
      const names = () => disk.list(path).map((entry) => entry.name)
      disk.makeDirectory(`${path}/report-2025`)
      disk.makeDirectory(`${path}/to-delete`)
      disk.replaceFile(`${path}/report-2025/thesis.txt`, 'precious')
      disk.replaceFile(`${path}/to-delete/thesis.txt`, 'precious')
      assert.throws(
        () => open(machine),
        (error: Error) =>
          error instanceof LogDirectoryError && /data is no data directory.*report-2025/.test(error.message),
      )
      assert.deepEqual(names(), ['.lock', 'report-2025', 'to-delete'])
      assert.ok(disk.exists(`${path}/report-2025/thesis.txt`))
      // What has another's name is no matter: it stays beside the logs.
      disk.rename(`${path}/report-2025`, `${path}/report`)
      const directory = open(machine)
      assert.deepEqual([...directory.unclaimed], [])
      directory.setClusterId('cluster-one')
      await directory.deletedFiles.removeNow()
      assert.equal(disk.readFile(`${path}/to-delete/thesis.txt`)?.toString(), 'precious')
      directory.close()
      // Nor is anybody's folder set aside that comes to stand among logs later.
      disk.makeDirectory(`${path}/backup-2026`)
      disk.replaceFile(`${path}/backup-2026/notes.txt`, 'kept')
      const again = open(machine)
      again.started(new Set())
      again.close()
      assert.ok(disk.exists(`${path}/backup-2026/notes.txt`))
      // A broker of Kafka has been here.
      disk.replaceFile(`${path}/bootstrap.checkpoint`, '')
      assert.throws(() => open(machine), /data is a data directory of Kafka \(bootstrap\.checkpoint\)/)
      assert.ok(names().includes('.kafka_cleanshutdown'), 'its stop was clean, and remains so')
    })

    it('opens logs that were never written to without writing its checkpoints', async () => {
      await using machine = openMachine()
      const directory = open(machine)
      for (let partition = 0; partition < 20; partition++) directory.openLog('a', partition, TOPIC_ID, config)
      directory.close()
      const again = open(machine)
      const { disk } = machine.host
      const replaceFile = disk.replaceFile.bind(disk)
      const written: string[] = []
      disk.replaceFile = (path, contents) => {
        if (path.endsWith('-checkpoint')) written.push(path)
        replaceFile(path, contents)
      }
      for (let partition = 0; partition < 20; partition++) again.openLog('a', partition, TOPIC_ID, config)
      assert.deepEqual(written, [])
      again.release()
    })

    it('tells a clean stop from a crash', async () => {
      await using machine = openMachine()
      let directory = open(machine)
      assert.equal(directory.wasClean, false)
      appendRecords(directory.openLog('a', 0, TOPIC_ID, config), [{ value: 'x' }])
      directory.close()
      directory = open(machine)
      assert.equal(directory.wasClean, true)
      directory.release()
      directory = open(machine)
      assert.equal(directory.wasClean, true, 'a start that did nothing leaves it as it was')
      directory.openLog('a', 0, TOPIC_ID, config)
      directory.release()
      directory = open(machine)
      assert.equal(directory.wasClean, false)
      assert.equal(directory.openLog('a', 0, TOPIC_ID, config).endOffset, 1)
      directory.fail(new Error('disk'))
      directory.close()
      assert.equal(open(machine).wasClean, false, 'what failed is never clean')
    })

    it('keeps recovery points, start offsets and high watermarks', async () => {
      await using machine = openMachine()
      let directory = open(machine)
      directory.setClusterId('c')
      const a = directory.openLog('a.b', 0, TOPIC_ID, config)
      const b = directory.openLog('b-c', 12, OTHER_ID, config)
      for (let index = 0; index < 9; index++) appendRecords(a, [{ value: 'x'.repeat(60) }])
      appendRecords(b, [{ value: 'y' }])
      a.flushNow()
      a.advanceStartOffset(4)
      directory.checkpointNow(new Map([[a, 7]]))
      const read = (file: string) => machine.host.disk.readFile(`${machine.directory}/data/${file}`)!.toString()
      assert.equal(read('recovery-point-offset-checkpoint'), '0\n2\na.b 0 9\nb-c 12 0\n')
      assert.equal(read('log-start-offset-checkpoint'), '0\n1\na.b 0 4\n')
      assert.equal(read('replication-offset-checkpoint'), '0\n1\na.b 0 7\n')
      appendRecords(b, [{ value: 'z' }])
      b.flushNow()
      directory.checkpoint(new Map([[a, 8]]))
      directory.checkpoint(new Map([[a, 9]]))
      await machine.untilTrue(() => read('replication-offset-checkpoint').includes('a.b 0 9'))
      await machine.untilTrue(() => read('recovery-point-offset-checkpoint').includes('b-c 12 2'))
      directory.checkpointNow(new Map([[a, 7]]))
      directory.close(new Map([[b, 1]]))
      directory = open(machine)
      const reopened = directory.openLog('a.b', 0, TOPIC_ID, config)
      assert.deepEqual([reopened.startOffset, reopened.endOffset], [4, 9])
      assert.equal(directory.highWatermark('a.b', 0), 7)
      assert.equal(directory.highWatermark('b-c', 12), 1)
      assert.equal(directory.highWatermark('c', 0), undefined)
      assert.deepEqual([...directory.unclaimed], ['b-c-12'])
    })

    it('writes recovery points when enough was flushed since they were, without being asked', async () => {
      await using machine = openMachine()
      const { host } = machine
      const path = `${machine.directory}/data`
      const settings = resolveBrokerConfig()
      const directory = LogDirectory.open({
        host,
        path,
        nodeId: 1,
        config: settings,
        logger: quiet,
        checkpointBytes: 1000,
      })
      directory.setClusterId('c')
      const log = directory.openLog('a', 0, TOPIC_ID, config)
      const read = () => host.disk.readFile(`${path}/recovery-point-offset-checkpoint`)?.toString() ?? ''
      appendRecords(log, [{ value: 'x'.repeat(100) }])
      log.flushNow()
      assert.equal(read(), '', 'not for a little')
      for (let at = 0; at < 20; at++) appendRecords(log, [{ value: 'x'.repeat(100) }])
      log.flushNow()
      await machine.untilTrue(() => read().includes('a 0 21'))
      directory.close()
    })

    it('removes deleted logs, and sets aside those of other topics', async () => {
      await using machine = openMachine()
      const path = `${machine.directory}/data`
      const names = () =>
        machine.host.disk
          .list(path)
          .filter((entry) => entry.isDirectory)
          .map((entry) => entry.name)
      let directory = open(machine)
      const log = directory.openLog('a', 0, TOPIC_ID, config)
      appendRecords(log, [{ value: 'x' }])
      log.write()
      directory.deleteLogs([log])
      assert.ok(names().every((one) => /^a-0\.[0-9a-f]{32}-delete$/.test(one)))
      const unwritten = directory.openLog('a', 1, TOPIC_ID, config)
      directory.deleteLogs([unwritten])
      await machine.untilTrue(() => names().length === 0)
      for (const partition of [0, 1, 2])
        appendRecords(directory.openLog('a', partition, TOPIC_ID, config), [{ value: 'old' }])
      directory.checkpoint()
      directory.close()
      directory = open(machine)
      const made = directory.openLog('a', 0, OTHER_ID, config)
      assert.deepEqual([made.startOffset, made.endOffset], [0, 0], 'another topic of that name')
      directory.openLog('a', 1, TOPIC_ID, config)
      directory.removeStrays(new Set([TOPIC_ID]))
      assert.deepEqual([...directory.unclaimed], ['a-2'])
      directory.removeStrays(new Set([OTHER_ID]))
      assert.deepEqual([...directory.unclaimed], [])
      assert.equal(names().filter((one) => /^a-[02]\.[0-9a-f]{32}-stray$/.test(one)).length, 2)
    })

    it('sets damaged replicas aside that are fetched anew: the newest of each log, until their room is needed', async () => {
      await using machine = openMachine()
      const { disk } = machine.host
      const path = `${machine.directory}/data`
      const aside = () => disk.list(path).filter(({ name }) => /^a-0\.[0-9a-f]{32}-damaged$/.test(name))
      let directory = open(machine)
      disk.makeDirectory(`${path}/a-0.1-damaged`)
      for (const value of ['first', 'second']) {
        const log = directory.openLog('a', 0, TOPIC_ID, config)
        assert.deepEqual([log.failed, log.endOffset], [null, 0])
        appendRecords(log, [{ value }])
        log.write()
        directory.damaged(log, { file: 'x', position: 0, problem: 'x', foundMs: 0 })
        directory.setDamagedAside(log)
      }
      await machine.untilTrue(() => aside().length === 1)
      const kept = `${path}/${aside()[0]!.name}`
      assert.ok(disk.readFile(`${kept}/00000000000000000000.log`)!.includes('second'))
      directory.close()
      directory = open(machine)
      assert.equal(directory.openLog('a', 0, TOPIC_ID, config).endOffset, 0)
      assert.deepEqual(
        aside().map(({ name }) => `${path}/${name}`),
        [kept],
      )
      const removed = directory.deletedFiles.removeNow()
      await machine.untilTrue(() => aside().length === 0)
      await removed
      assert.ok(disk.exists(`${path}/a-0.1-damaged`), 'a repair set that aside, for a person')
      directory.close()
    })

    it('keeps the newest of damaged replicas of which a killed broker left several', async () => {
      await using machine = openMachine()
      const { disk } = machine.host
      const path = `${machine.directory}/data`
      const aside = () => disk.list(path).filter(({ name }) => /^a-0\.[0-9a-f]{32}-damaged$/.test(name))
      const removeDirectory = disk.removeDirectory.bind(disk)
      disk.removeDirectory = async () => {}
      let directory = open(machine)
      const values = ['1st', '2nd', '3rd', '4th', '5th', '6th']
      for (const value of values) {
        const log = directory.openLog('a', 0, TOPIC_ID, config)
        appendRecords(log, [{ value }])
        log.write()
        directory.setDamagedAside(log)
      }
      directory.release()
      assert.equal(aside().length, values.length)
      disk.removeDirectory = removeDirectory
      directory = open(machine)
      await machine.untilTrue(() => aside().length === 1)
      const [kept] = aside()
      assert.ok(disk.readFile(`${path}/${kept!.name}/00000000000000000000.log`)!.includes(values.at(-1)!))
      directory.close()
    })

    it('holds nothing against a log that its predecessor of the same name had, not even after a crash', async () => {
      await using machine = openMachine()
      let directory = open(machine)
      const crash = () => {
        directory.fail(new Error('gone'))
        directory.close()
        directory = open(machine)
      }
      const old = directory.openLog('a', 0, TOPIC_ID, config)
      for (let index = 0; index < 9; index++) appendRecords(old, [{ value: 'old' }])
      old.flushNow()
      directory.checkpointNow(new Map([[old, 9]]))
      directory.deleteLogs([old])
      let log = directory.openLog('a', 0, OTHER_ID, config)
      appendRecords(log, [{ value: 'new' }])
      log.write()
      crash()
      log = directory.openLog('a', 0, OTHER_ID, config)
      assert.deepEqual([log.failed, log.endOffset, directory.highWatermark('a', 0)], [null, 1, undefined])
      log.flushNow()
      directory.checkpointNow(new Map([[log, 1]]))
      crash()
      log = directory.openLog('a', 0, TOPIC_ID, config)
      log.write()
      crash()
      log = directory.openLog('a', 0, TOPIC_ID, config)
      assert.deepEqual([log.failed, log.endOffset, directory.highWatermark('a', 0)], [null, 0, undefined])
      directory.close()
    })

    it('removes the files of deleted segments after a while, off the loop', async () => {
      await using machine = openMachine()
      const directory = open(machine)
      const log = directory.openLog('a', 0, TOPIC_ID, config)
      for (let index = 0; index < 9; index++) appendRecords(log, [{ value: 'x'.repeat(60) }])
      const { range } = log.read(0, 1000, 9, true)
      log.deleteSegments(log.segments().slice(0, 2))
      const deleted = () =>
        machine.host.disk.list(log.directory).filter((entry) => entry.name.endsWith('.deleted')).length
      assert.ok(deleted() > 0)
      assert.ok(log.readBatches(range!).length > 0, 'who was reading reads on')
      await machine.untilTrue(() => deleted() === 0)
      assert.equal(readAll(log)[0]!.offset, log.startOffset)
    })

    it('opens a log that is damaged below its recovery point offline, and leaves its files as they are', async () => {
      await using machine = openMachine()
      let directory = open(machine)
      const fill = (partition: number) => {
        const log = directory.openLog('a', partition, TOPIC_ID, config)
        for (let at = 0; at < 9; at++)
          appendRecords(log, [{ value: 'x'.repeat(60) }], { producerId: 1, producerEpoch: 0, baseSequence: at })
        log.flushNow()
        return log
      }
      const damaged = fill(0)
      fill(1)
      const path = damaged.segments()[1]!.path('.log')
      directory.checkpointNow()
      directory.release()
      const { disk } = machine.host
      for (const { name } of disk.list(damaged.directory))
        if (/\.(snapshot|index|timeindex)$/.test(name)) disk.remove(`${damaged.directory}/${name}`)
      const bytes = disk.readFile(path)!
      bytes[16] = 9
      disk.replaceFile(path, bytes)
      for (let start = 0; start < 2; start++) {
        directory = open(machine)
        const log = directory.openLog('a', 0, TOPIC_ID, config)
        assert.ok(log.failed !== null)
        assert.equal(log.read(0, 1000, 9, true).errorCode, errors.KAFKA_STORAGE_ERROR.code)
        assert.equal(appendRecords(log, [{ value: 'x' }]).errorCode, errors.KAFKA_STORAGE_ERROR.code)
        assert.equal(readAll(directory.openLog('a', 1, TOPIC_ID, config)).length, 9)
        directory.checkpointNow()
        directory.close()
        assert.deepEqual(disk.readFile(path), bytes)
      }
      assert.equal(open(machine).wasClean, true, 'the damage is noted: the others need not be checked')
    })

    it('takes damaged checkpoints for empty', async () => {
      await using machine = openMachine()
      let directory = open(machine)
      const log = directory.openLog('a', 0, TOPIC_ID, config)
      for (let index = 0; index < 9; index++) appendRecords(log, [{ value: 'x' }])
      log.write()
      directory.release()
      for (const file of [
        'recovery-point-offset-checkpoint',
        'log-start-offset-checkpoint',
        'replication-offset-checkpoint',
      ])
        machine.host.disk.replaceFile(`${machine.directory}/data/${file}`, '0\n2\na 0 5\n')
      directory = open(machine)
      assert.equal(directory.openLog('a', 0, TOPIC_ID, config).endOffset, 9)
    })
  })
}

describe('a data directory', () => {
  it('opens many logs after a clean stop by reading little more than names', () => {
    const host = createSimHost(1)
    const openIt = (on: typeof host) => {
      const directory = LogDirectory.open({
        host: on,
        path: '/data',
        nodeId: 1,
        config: resolveBrokerConfig(),
        logger: quiet,
      })
      directory.setClusterId('c')
      return directory
    }
    const directory = openIt(host)
    const partitions = 50
    for (let index = 0; index < partitions; index++) {
      const log = directory.openLog('t', index, TOPIC_ID, config)
      for (let at = 0; at < 5; at++)
        appendRecords(log, [{ value: 'x'.repeat(70) }], { producerId: 4, producerEpoch: 0, baseSequence: at })
    }
    directory.close()
    const next = host.reboot()
    const again = openIt(next)
    const before = next.disk.calls
    for (let index = 0; index < partitions; index++) {
      const log = again.openLog('t', index, TOPIC_ID, config)
      log.assignEpoch(2)
      assert.equal(log.endOffset, 5)
      assert.equal(log.flushedOffset, 5)
    }
    // partition.metadata: exists, open, size, read; the directory: exists, list.
    assert.ok(next.disk.calls - before <= 6 * partitions, `${(next.disk.calls - before) / partitions} calls a log`)
  })

  it('closes files and goes on when the system has no more of them to open', () => {
    const host = createSimHost(7)
    const directory = LogDirectory.open({
      host,
      path: '/data',
      nodeId: 1,
      config: resolveBrokerConfig(),
      logger: quiet,
    })
    const logs = [0, 1, 2].map((partition) => directory.openLog('t', partition, TOPIC_ID, config))
    for (const log of logs) {
      for (let at = 0; at < 9; at++) appendRecords(log, [{ value: 'x'.repeat(60) }])
      log.flushNow()
    }
    directory.close()
    const next = host.reboot()
    const again = LogDirectory.open({
      host: next,
      path: '/data',
      nodeId: 1,
      config: resolveBrokerConfig(),
      logger: quiet,
    })
    const log = again.openLog('t', 0, TOPIC_ID, config)
    assert.equal(log.read(0, 10, 9, true).errorCode, 0)
    // The index is read, the next data file cannot be opened at first.
    const reader = log.segments()[2]!
    next.disk.failNext('open', 'EMFILE')
    assert.equal(reader.size > 0, true)
    assert.equal(log.failed, null)
  })

  it('is refused with a reason when its meta.properties cannot be used', async () => {
    const machine = machines[0]!.open()
    await using _ = machine
    open(machine).close()
    for (const [text, problem] of [
      ['version=0\nbroker.id=1\n', /version is 0/],
      ['version=1\nnode.id=1\n', /cluster\.id is missing/],
      ['version=1\ncluster.id=c\nnode.id=x\n', /node\.id is x/],
      ['', /version is missing/],
    ] as const) {
      writeFileSync(`${machine.directory}/data/meta.properties`, text)
      assert.throws(() => open(machine), problem)
    }
    writeFileSync(
      `${machine.directory}/data/meta.properties`,
      '# by Kafka\n#Sat\nversion=1\r\ncluster.id : c\nnode.id = 1\n',
    )
    assert.equal(open(machine).clusterId, 'c')
    assert.ok(existsSync(`${machine.directory}/data/.lock`))
    assert.ok(readdirSync(`${machine.directory}/data`).length > 0)
    assert.equal(readFileSync(`${machine.directory}/data/.lock`).length, 0)
  })
})
