import assert from 'node:assert/strict'
import { it } from 'node:test'
import { encodeBatch } from '@odradek/protocol'
import type { Disk, DiskFile } from '../host/disk.ts'
import { START_OFFSETS } from './checkpointed-offset.ts'
import { encodePartitionMetadata } from './partition-metadata.ts'
import { nodeBench, TOPIC_ID } from './testing/log-kit.ts'
import { verifyLog } from './verify.ts'

const batch = (baseOffset: number) => encodeBatch({ baseOffset, leaderEpoch: 0, records: [{ value: 'x'.repeat(50) }] })
const nameOf = (offset: number) => `${String(offset).padStart(20, '0')}.log`

/** `disk`, but that `opened` may do something to a file as it is opened. */
function watched(disk: Disk, opened: (path: string, open: () => DiskFile) => DiskFile): Disk {
  return new Proxy(disk, {
    get(target, name) {
      if (name === 'open') return (path: string) => opened(path, () => target.open(path, 'read'))
      const value: unknown = target[name as keyof Disk]
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

it('takes the end of a log that is being written for no damage, and an end that stays torn for some', () => {
  using bench = nodeBench()
  const { disk, directory } = bench
  const path = `${directory}/t-0`
  disk.makeDirectory(path)
  disk.replaceFile(`${path}/partition.metadata`, encodePartitionMetadata(TOPIC_ID))
  const bytes = Buffer.concat([batch(0), batch(1)])
  disk.replaceFile(`${path}/${nameOf(0)}`, bytes)
  const live = watched(disk, (_path, open) => {
    const file = open()
    const size = file.size.bind(file)
    let looks = 0
    file.size = () => (looks++ === 0 ? size() - 20 : size())
    return file
  })
  const { findings, endOffset } = verifyLog(live, path, { deep: true })
  assert.deepEqual([findings.filter(({ severity }) => severity === 'error'), endOffset], [[], 1])
  disk.replaceFile(`${path}/${nameOf(0)}`, bytes.subarray(0, -20))
  const errors = verifyLog(disk, path, { deep: true }).findings.filter(({ severity }) => severity === 'error')
  assert.equal(errors.length, 1)
  assert.match(errors[0]!.problem, /nothing that can be read follows/)
})

it('misses nothing that retention takes while it reads', () => {
  using bench = nodeBench()
  const { disk, directory } = bench
  const path = `${directory}/t-0`
  disk.makeDirectory(path)
  disk.replaceFile(`${path}/partition.metadata`, encodePartitionMetadata(TOPIC_ID))
  for (const offset of [0, 1, 2, 3]) disk.replaceFile(`${path}/${nameOf(offset)}`, batch(offset))
  const snapshot = `${path}/${nameOf(2).replace('.log', '.snapshot')}`
  disk.replaceFile(snapshot, 'no snapshot')
  const live = watched(disk, (opened, open) => {
    disk.remove(snapshot)
    if (opened.endsWith(nameOf(1)) || opened.endsWith(nameOf(2))) disk.remove(opened)
    return open()
  })
  const { findings, endOffset } = verifyLog(live, path, { deep: true })
  assert.deepEqual([findings.filter(({ severity }) => severity === 'error'), endOffset], [[], 4])
  const errors = verifyLog(disk, path).findings.filter(({ severity }) => severity === 'error')
  assert.match(errors[0]?.problem ?? '', /offsets 1 to 2 are missing/, 'gone before it looked')
})

it('takes a start in the midst of a segment for no wrong epoch, where the checkpoint has it', () => {
  using bench = nodeBench()
  const { disk, directory } = bench
  const path = `${directory}/t-0`
  disk.makeDirectory(path)
  disk.replaceFile(`${path}/partition.metadata`, encodePartitionMetadata(TOPIC_ID))
  disk.replaceFile(`${path}/${nameOf(0)}`, Buffer.concat([batch(0), batch(1), batch(2)]))
  disk.replaceFile(`${path}/leader-epoch-checkpoint`, '0\n1\n0 2\n')
  disk.replaceFile(`${directory}/${START_OFFSETS}`, '0\n1\nt 0 2\n')
  assert.deepEqual(verifyLog(disk, path, { deep: true }).findings, [])
  disk.replaceFile(`${directory}/${START_OFFSETS}`, '0\n1\nt 0 1\n')
  const [finding] = verifyLog(disk, path, { deep: true }).findings
  assert.match(finding?.problem ?? '', /epoch 0 begins at 2, but a batch at 0 has it/)
})
