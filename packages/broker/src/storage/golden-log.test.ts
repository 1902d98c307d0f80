import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { dumpLog } from './dump.ts'
import { goldenConfig, writeGoldenLog } from './testing/golden-log.ts'
import { append, nodeBench, openLog, readAll, sampleBatch } from './testing/log-kit.ts'
import { verifyLog } from './verify.ts'

/** Base64 by file name. Recorded once; Kafka's own DumpLogSegments read every one of these files and found no fault. */
const recorded: Record<string, string> = JSON.parse(
  readFileSync(new URL('./testing/golden-log.json', import.meta.url), 'utf8'),
)

function filesOf(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory).map((name) => [name, readFileSync(`${directory}/${name}`, 'base64')]),
  )
}

function restore(directory: string): string {
  mkdirSync(directory)
  for (const [name, bytes] of Object.entries(recorded))
    writeFileSync(`${directory}/${name}`, Buffer.from(bytes, 'base64'))
  return directory
}

describe('the golden log', () => {
  it('is written byte for byte as recorded, every kind of file', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config: goldenConfig })
    writeGoldenLog(log)
    log.close(true)
    assert.deepEqual(filesOf(`${bench.directory}/t-0`), recorded)
    const kinds = new Set(Object.keys(recorded).map((name) => name.replace(/^\d+/, '')))
    assert.deepEqual([...kinds].sort(), [
      '.index',
      '.log',
      '.snapshot',
      '.timeindex',
      '.txnindex',
      'leader-epoch-checkpoint',
      'partition.metadata',
    ])
  })

  it('is the same after a recovery that reads all of it', () => {
    using bench = nodeBench()
    const path = restore(`${bench.directory}/t-0`)
    const log = openLog(bench, { config: goldenConfig, clean: false })
    assert.equal(log.endOffset, 24)
    assert.equal(log.lastStableOffset(24), 23)
    assert.deepEqual(log.abortedTransactions(0, 24), [{ producerId: 4001, firstOffset: 7 }])
    log.close(true)
    assert.deepEqual(filesOf(path), recorded)
  })

  it('is read by a broker that did not write it', () => {
    using bench = nodeBench()
    restore(`${bench.directory}/t-0`)
    const log = openLog(bench, { config: goldenConfig })
    assert.deepEqual(log.epochs, [
      { epoch: 0, startOffset: 0 },
      { epoch: 2, startOffset: 3 },
      { epoch: 5, startOffset: 13 },
    ])
    assert.equal(readAll(log).length, 24)
    assert.equal(log.offsetForTimestamp(1_700_000_000_049, 24)?.offset, 13)
    assert.deepEqual(
      [...log.producers()].map(({ producerId, epoch, lastSequence, transactionStartOffset, coordinatorEpoch }) => {
        return { producerId, epoch, lastSequence, transactionStartOffset, coordinatorEpoch }
      }),
      [
        { producerId: 4000, epoch: 1, lastSequence: 3, transactionStartOffset: -1, coordinatorEpoch: -1 },
        { producerId: 4001, epoch: 0, lastSequence: 3, transactionStartOffset: 23, coordinatorEpoch: 3 },
      ],
    )
  })

  it('is dumped: batches, records, indexes, producers, epochs', () => {
    using bench = nodeBench()
    const path = restore(`${bench.directory}/t-0`)
    const entries = [...dumpLog(bench.disk, path, { records: true, indexes: true })]
    const count = (kind: string) => entries.filter((entry) => entry.kind === kind).length
    assert.deepEqual(
      [
        'segment',
        'batch',
        'record',
        'offsetIndexEntry',
        'timeIndexEntry',
        'abortedTransaction',
        'producer',
        'epoch',
        'problem',
      ].map((kind) => [kind, count(kind)]),
      [
        ['segment', 3],
        ['batch', 17],
        ['record', 24],
        ['offsetIndexEntry', 6],
        ['timeIndexEntry', 8],
        ['abortedTransaction', 1],
        ['producer', 6],
        ['epoch', 3],
        ['problem', 0],
      ],
    )
    const markers = entries.flatMap((entry) => (entry.kind === 'record' && entry.control ? [entry.control] : []))
    assert.deepEqual(markers, ['ABORT', 'COMMIT'])
    const some = [...dumpLog(bench.disk, path, { from: 11, to: 14 })].filter((entry) => entry.kind === 'batch')
    assert.deepEqual(
      some.map((entry) => entry.kind === 'batch' && entry.baseOffset),
      [10, 12, 13],
    )
  })
})

describe('verifying a log', () => {
  it('finds nothing in a sound one', () => {
    using bench = nodeBench()
    const path = restore(`${bench.directory}/t-0`)
    assert.deepEqual(verifyLog(bench.disk, path, { deep: true }), {
      segments: 3,
      batches: 17,
      records: 24,
      sizeInBytes: 1733,
      startOffset: 0,
      endOffset: 24,
      findings: [],
    })
  })

  it('finds every kind of damage, and changes nothing', () => {
    const cases: [name: string, severity: string, damage: (bytes: Buffer) => Buffer][] = [
      ['00000000000000000000.log', 'error', (bytes) => flip(bytes, 300)],
      ['00000000000000000009.log', 'error', (bytes) => bytes.subarray(0, bytes.length - 3)],
      ['00000000000000000009.log', 'error', (bytes) => flip(bytes, 7)],
      ['00000000000000000000.index', 'warning', (bytes) => flip(bytes, 3)],
      ['00000000000000000000.index', 'warning', (bytes) => flip(bytes, 15)],
      ['00000000000000000009.index', 'warning', (bytes) => bytes.subarray(1)],
      ['00000000000000000009.timeindex', 'warning', (bytes) => flip(bytes, 0)],
      ['00000000000000000009.timeindex', 'warning', () => Buffer.alloc(0)],
      ['00000000000000000009.txnindex', 'error', (bytes) => bytes.subarray(1)],
      ['00000000000000000023.snapshot', 'warning', (bytes) => flip(bytes, 40)],
      ['leader-epoch-checkpoint', 'warning', () => Buffer.from('0\n1\nzero 0\n')],
      ['leader-epoch-checkpoint', 'warning', () => Buffer.from('0\n2\n0 0\n2 5\n')],
      [
        '00000000000000000099.snapshot',
        'warning',
        () => Buffer.from(recorded['00000000000000000009.snapshot']!, 'base64'),
      ],
      ['00000000000000000099.index', 'warning', () => Buffer.alloc(8)],
      ['00000000000000000000.log.swap', 'warning', () => Buffer.alloc(8)],
    ]
    for (const [name, severity, damage] of cases) {
      using bench = nodeBench()
      const path = restore(`${bench.directory}/t-0`)
      writeFileSync(`${path}/${name}`, damage(Buffer.from(recorded[name] ?? '', 'base64')))
      const before = filesOf(path)
      const { findings } = verifyLog(bench.disk, path)
      assert.ok(
        findings.some((finding) => finding.severity === severity && finding.file.endsWith(name)),
        `${name}: ${JSON.stringify(findings)}`,
      )
      assert.deepEqual(filesOf(path), before)
    }
  })

  it('finds segments that overlap', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config: { 'segment.bytes': '600' } })
    for (let index = 0; index < 9; index++) append(log, sampleBatch(index + 1))
    log.close(true)
    const path = `${bench.directory}/t-0`
    assert.deepEqual(verifyLog(bench.disk, path).findings, [])
    const first = readdirSync(path).find((name) => name.endsWith('.log'))!
    cpSync(`${path}/${first}`, `${path}/00000000000000000002.log`)
    assert.ok(verifyLog(bench.disk, path).findings.some(({ severity }) => severity === 'error'))
  })
})

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 0x10
  return bytes
}

describe('records that are gone', () => {
  /** A log of several segments, and the data files of its directory in order. */
  function rolledLog(bench: ReturnType<typeof nodeBench>): { directory: string; files: string[] } {
    const log = openLog(bench, { config: { 'segment.bytes': '4096' } })
    for (let index = 0; index < 40; index++) append(log, sampleBatch(index))
    log.close(true)
    const directory = `${bench.directory}/t-0`
    const files = readdirSync(directory).filter((name) => name.endsWith('.log'))
    assert.ok(files.length > 3)
    return { directory, files: files.sort() }
  }
  const missing = (verification: ReturnType<typeof verifyLog>) =>
    verification.findings.filter(({ severity, problem }) => severity === 'error' && problem.includes('are missing'))

  it('are found where a segment was removed or emptied', () => {
    for (const damage of [rmSync, (path: string) => writeFileSync(path, '')]) {
      using bench = nodeBench()
      const { directory, files } = rolledLog(bench)
      assert.deepEqual(missing(verifyLog(bench.disk, directory)), [])
      damage(`${directory}/${files[1]}`)
      const first = Number.parseInt(files[1]!, 10)
      const next = Number.parseInt(files[2]!, 10)
      const [finding] = missing(verifyLog(bench.disk, directory))
      assert.equal(finding?.problem, `offsets ${first} to ${next - 1} are missing`)
    }
  })

  it('are no error below the offset up to which the log was compacted', () => {
    using bench = nodeBench()
    const { directory, files } = rolledLog(bench)
    rmSync(`${directory}/${files[1]}`)
    const compactedTo = Number.parseInt(files[2]!, 10)
    writeFileSync(`${bench.directory}/cleaner-offset-checkpoint`, `0\n1\nt 0 ${compactedTo}\n`)
    assert.deepEqual(missing(verifyLog(bench.disk, directory)), [])
  })

  it('cannot be told where there is no log', () => {
    using bench = nodeBench()
    mkdirSync(`${bench.directory}/dbus-1`)
    const { findings } = verifyLog(bench.disk, `${bench.directory}/dbus-1`)
    assert.match(findings[0]!.problem, /^is no log/)
    assert.equal(findings[0]!.severity, 'error')
  })
})
